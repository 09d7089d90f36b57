"""The phone's process: opens connections, takes calls, and stops in the reverse order."""

import random
import sys
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import switchyard_common.calm_forks  # noqa: F401
import structlog
from prometheus_client import CollectorRegistry
from switchyard_common.clock import SystemClock
from switchyard_common.errors import StartError
from switchyard_common.grpc_channel import open_channel
from switchyard_common.http_post import HttpPost
from switchyard_common.http_server import HttpServer
from switchyard_common.ids import IdFactory
from switchyard_common.lifecycle import Lifecycle, run
from switchyard_common.logs import configure_logging
from switchyard_common.metrics_http import MetricsServer
from switchyard_common.settings import load_settings
from switchyard_common.tracing import configure_tracing
from switchyard_platform.names import Names
from switchyard_platform.node import PlatformNode

from switchyard_phone.adapters.audiosocket.exchange import AudioSocketExchange, AudioSocketLine
from switchyard_phone.adapters.menu_files import BadMenus
from switchyard_phone.adapters.metrics import PhoneMetrics
from switchyard_phone.adapters.redis.connection import open_store
from switchyard_phone.adapters.sip.exchange import LineDead, SipExchange
from switchyard_phone.adapters.speech_metrics import SpeechMetrics
from switchyard_phone.adapters.voices.choice import open_voice
from switchyard_phone.adapters.voices.known_texts import BadTextFile
from switchyard_phone.domain.timeline import Timelines
from switchyard_phone.entrypoints.http.app import build_app
from switchyard_phone.service.bot_account import BotEvents, Unreported
from switchyard_phone.service.calls import Calls
from switchyard_phone.service.drain import Drain
from switchyard_phone.service.leg import Exchange
from switchyard_phone.service.recognition import Recognizer
from switchyard_phone.service.voices import VoiceFailed
from switchyard_phone.settings import PhoneSettings
from switchyard_phone.speech_wiring import open_recognizer
from switchyard_phone.wiring import (
    Outside,
    bot_events,
    call_tools,
    kokoro_files,
    router_node,
    sip_line,
    survey_tools,
)

_SERVICE = "phone"
_KIND = "switchyard-phone"
_PROBED = ("/healthz", "/readyz")
_LAST_REPORTS_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the phone is reached; `audiosocket` is 0 where there is none."""

    sip: int
    http: int
    metrics: int
    audiosocket: int = 0


@asynccontextmanager
async def running(
    lifecycle: Lifecycle, settings: PhoneSettings, recognizer: Recognizer | None = None
) -> AsyncGenerator[Ports]:
    """A phone that takes calls for the length of the block. StartError.

    With this `recognizer`, else with what the settings name, or without any.

    Leaving it lets nobody in any more, and brings the calls to an end as Drain does.
    """
    registry = CollectorRegistry()
    metrics = PhoneMetrics(registry)
    clock = SystemClock()
    new_id = IdFactory(clock).new
    async with AsyncExitStack() as stack:
        served = await stack.enter_async_context(
            MetricsServer(
                registry,
                settings.bind,
                settings.metrics_port,
                setting=settings.env_name("metrics_port"),
                tls=settings.tls,
            )
        )
        if recognizer is None:
            recognizer = await stack.enter_async_context(
                open_recognizer(settings, SpeechMetrics(registry))
            )
        outside = await _outside(settings, stack, recognizer)
        names = Names(settings.tenant)
        platform = PlatformNode(
            outside.router, names, settings.node, clock, random.Random(), kind=_KIND
        )
        node = router_node(settings, platform, outside, clock, new_id)
        told = await _bot_events(settings, outside, metrics, lifecycle, stack)
        try:
            tools = call_tools(settings, outside, node, metrics, clock, new_id, told)
        except (BadMenus, BadTextFile, OSError) as error:
            raise StartError(f"menus or texts cannot be read: {error}") from error
        timelines = Timelines()
        calls = Calls(tools, timelines, survey_tools(settings, outside, platform, tools))
        metrics.watch(lambda: calls.active, lambda: float(node.attached))
        attached = lifecycle.supervise(node.run(), "router-node")
        stack.push_async_callback(lifecycle.end, attached)
        stack.push_async_callback(node.settle, _LAST_REPORTS_SECONDS)
        stack.push_async_callback(calls.stop)
        lines: list[Exchange] = []
        drain = Drain(lines, calls, settings.drain_seconds, settings.drain_waiting_seconds)
        app = build_app(timelines, lambda: {"line": not drain.begun, "router": node.attached})
        http = await stack.enter_async_context(HttpServer(app, settings, lifecycle, _PROBED))
        sip = await _take_sip(settings, metrics, calls, lifecycle, stack)
        audiosocket = await _take_audiosocket(settings, metrics, calls, lifecycle, stack)
        lines += [line for line in (sip, audiosocket) if line is not None]
        stack.push_async_callback(drain.execute)
        yield Ports(
            sip.port, http.port, served.port, 0 if audiosocket is None else audiosocket.port
        )


async def _bot_events(
    settings: PhoneSettings,
    outside: Outside,
    metrics: PhoneMetrics,
    lifecycle: Lifecycle,
    stack: AsyncExitStack,
) -> BotEvents:
    told = bot_events(settings, outside, metrics)
    if told is None:
        return Unreported()
    writing = lifecycle.supervise(told.run(), "bot-events")
    stack.push_async_callback(lifecycle.end, writing)
    stack.push_async_callback(told.settle, _LAST_REPORTS_SECONDS)
    return told


async def _outside(
    settings: PhoneSettings, stack: AsyncExitStack, recognizer: Recognizer | None
) -> Outside:
    bot = await stack.enter_async_context(
        HttpPost(
            settings.bot_url,
            settings.bot_deadline_seconds,
            settings.calls_at_once,
            tls=settings.tls,
            traced_as="bot.message",
        )
    )
    router = await stack.enter_async_context(
        open_channel(settings.router_target, settings.tls, settings.token_file)
    )
    crm = await stack.enter_async_context(
        open_channel(settings.crm_target, settings.tls, settings.token_file)
    )
    try:
        voice = await stack.enter_async_context(open_voice(kokoro_files(settings)))
    except VoiceFailed as error:
        raise StartError(str(error)) from error
    url = settings.redis_url.get_secret_value()
    store = await stack.enter_async_context(open_store(url)) if url else None
    return Outside(bot, router, crm, voice, store, recognizer)


async def _take_sip(
    settings: PhoneSettings,
    metrics: PhoneMetrics,
    calls: Calls,
    lifecycle: Lifecycle,
    stack: AsyncExitStack,
) -> SipExchange:
    """Calls by SIP. A line that dies takes the process down: it must be started anew."""
    exchange = SipExchange(sip_line(settings), metrics)
    await exchange.start()
    _serve(exchange, calls, lifecycle, stack, "sip")
    structlog.stdlib.get_logger().info("sip_listening", port=exchange.port)
    return exchange


async def _take_audiosocket(
    settings: PhoneSettings,
    metrics: PhoneMetrics,
    calls: Calls,
    lifecycle: Lifecycle,
    stack: AsyncExitStack,
) -> AudioSocketExchange | None:
    if settings.audiosocket_port is None:
        return None
    line = AudioSocketLine(
        host=str(settings.sip_host),
        port=settings.audiosocket_port,
        may_call=settings.may_call,
        calls_at_once=settings.calls_at_once,
        calls_per_second=settings.calls_per_second,
        silence_seconds=settings.silence_seconds or float("inf"),
    )
    exchange = AudioSocketExchange(line, metrics.refused)
    await exchange.start()
    _serve(exchange, calls, lifecycle, stack, "audiosocket")
    return exchange


def _serve(
    exchange: Exchange, calls: Calls, lifecycle: Lifecycle, stack: AsyncExitStack, name: str
) -> None:
    taking = lifecycle.supervise(_take(exchange, calls, name), name)

    async def leave() -> None:
        await lifecycle.end(taking)
        await exchange.close()

    stack.push_async_callback(leave)


async def _take(exchange: Exchange, calls: Calls, name: str) -> None:
    try:
        await calls.take(exchange)
    except LineDead:
        structlog.stdlib.get_logger().error(
            "line_dead", line=name, calls=calls.active, then="exit code 1: start the process anew"
        )
        raise


async def _serve_until_stopped(lifecycle: Lifecycle) -> None:
    settings = load_settings(PhoneSettings)
    configure_logging(_SERVICE, settings.log_level)
    configure_tracing(_SERVICE)
    async with running(lifecycle, settings):
        await lifecycle.stopped()


def main() -> None:
    """Entry point of the process."""
    sys.exit(run(_serve_until_stopped))


if __name__ == "__main__":
    main()
