"""Builds and runs the Rasa server: settings in, a listening process out."""

import functools
import gc
from pathlib import Path
from typing import Any

import structlog
from prometheus_client import (
    CollectorRegistry,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    start_http_server,
)
from rasa.core.run import close_resources, configure_app, load_agent_on_start
from rasa.core.utils import AvailableEndpoints
from rasa.utils.common import update_sanic_log_level
from rasa.utils.endpoints import EndpointConfig
from sanic import Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from switchyard_bot import patches, store
from switchyard_bot.action_server import ActionServer
from switchyard_bot.certificate import Certificate, CertificateMetrics
from switchyard_bot.channel import SwitchyardChannel
from switchyard_bot.metrics import BotMetrics
from switchyard_bot.project import here
from switchyard_bot.settings import RedisAddress, Settings
from switchyard_bot.shelf import ModelShelf
from switchyard_bot.tracing import TracingMetrics

_LOG = structlog.get_logger()
_PROBED = ("/", "/webhooks/switchyard/ready")


class CannotStart(Exception):
    """Whoever starts the bot can mend it; the text says how."""


def serve(settings: Settings) -> None:
    """Runs until SIGTERM or SIGINT.

    Raises:
        CannotStart: no model, or a busy port.
    """
    model = find_model(settings)
    if not settings.stock:
        patches.apply()
    registry = CollectorRegistry()
    certificate = _certificate(settings)
    app = build(settings, model, SwitchyardChannel(BotMetrics(registry)), certificate)
    if certificate is not None:
        CertificateMetrics(registry, certificate)
    TracingMetrics(registry)
    _serve_metrics(settings, registry)
    update_sanic_log_level()
    _LOG.info("bot_starting", model=model.name, bind=settings.bind, port=settings.port)
    tls = certificate.listening if certificate else None
    try:
        app.run(host=settings.bind, port=settings.port, ssl=tls, workers=1, access_log=False)
    except OSError as error:
        raise CannotStart(f"cannot listen on {settings.bind}:{settings.port}: {error}") from error


def find_model(settings: Settings) -> Path:
    """The model to serve: the one named, else the one trained from the folder as it is.

    If that one was refused: the one shipped last.

    Raises:
        CannotStart: there is none.
    """
    name, shelf = here().model_name(), ModelShelf(settings.models_dir)
    model = settings.model or shelf.serving(name)
    if model is None and shelf.refused(name):
        raise CannotStart(
            "the model of the bot as it is was refused, and the one shipped before is gone from "
            f"{settings.models_dir}; mend the data, run ship.py --force, or set BOT_MODEL"
        )
    if model is None:
        raise CannotStart(
            f"there is no model of the bot as it is in {settings.models_dir}; "
            "run train.py first, or set BOT_MODEL"
        )
    return model


def build(
    settings: Settings,
    model: Path,
    channel: SwitchyardChannel,
    certificate: Certificate | None = None,
) -> Sanic:
    """The application, which loads the model when it starts."""
    reached = endpoints(settings, certificate)
    app: Sanic = configure_app(
        input_channels=[channel],
        enable_api=settings.api_token is not None,
        auth_token=settings.api_token,
        port=settings.port,
        endpoints=reached,
    )
    load = functools.partial(load_agent_on_start, str(model), reached, None)
    app.register_listener(load, "before_server_start")
    if not settings.stock:
        in_redis = settings.redis is not None
        app.register_listener(functools.partial(_fail_openly, in_redis), "before_server_start")
    app.register_listener(_warm_up, "before_server_start")
    if not settings.stock:
        app.register_listener(_settle, "before_server_start")
    if settings.tls_ca is not None:
        app.register_middleware(_refuse_strangers, "request")
    app.register_listener(close_resources, "after_server_stop")
    app.register_listener(_close_actions, "after_server_stop")
    return app


async def _fail_openly(in_redis: bool, app: Sanic, _: Any) -> None:
    store.fail_openly(app.ctx.agent, in_redis)


async def _warm_up(app: Sanic, _: Any) -> None:
    """Loads what the first message would have to wait for, before the port opens."""
    await app.ctx.agent.parse_message("hello 你好")


async def _settle(_: Sanic, __: Any) -> None:
    """What was loaded stays: the garbage collector need not look through it in mid-message."""
    gc.collect()
    gc.freeze()


async def _close_actions(app: Sanic, _: Any) -> None:
    server = app.ctx.agent.action_endpoint
    if isinstance(server, ActionServer):
        await server.close()


async def _refuse_strangers(request: Request) -> HTTPResponse | None:
    """Probes show no certificate; whoever else does not is turned away."""
    secured = request.transport.get_extra_info("ssl_object")
    if request.path in _PROBED or (secured is not None and secured.getpeercert()):
        return None
    return response.text("show a client certificate of this server's CA", status=401)


def endpoints(settings: Settings, certificate: Certificate | None = None) -> AvailableEndpoints:
    """Where Rasa keeps conversations and finds the actions."""
    kept = _redis(settings, settings.tracker_store, record_exp=settings.record_seconds)
    if settings.stock:
        actions = EndpointConfig(settings.actions_url, enable_selective_domain=True)
        return AvailableEndpoints(
            action=actions, tracker_store=kept, lock_store=_redis(settings, "redis")
        )
    # Locks are this process's own: the gateway leases a conversation's turn, and the channel has
    # its messages wait for each other.
    return AvailableEndpoints(
        action=ActionServer(settings.actions_url, certificate), tracker_store=kept
    )


def _redis(settings: Settings, kind: str, **options: Any) -> EndpointConfig | None:
    address: RedisAddress | None = settings.redis
    if address is None:
        return None  # Rasa's word for "in memory"
    return EndpointConfig(
        url=address.host,
        type=kind,
        port=address.port,
        db=address.db,
        username=address.username,
        password=address.password,
        use_ssl=address.tls,
        key_prefix=settings.redis_prefix,
        **options,
    )


def _serve_metrics(settings: Settings, registry: CollectorRegistry) -> None:
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    try:
        start_http_server(settings.metrics_port, settings.bind, registry)
    except OSError as error:
        raise CannotStart(
            f"BOT_METRICS_PORT: cannot listen on {settings.bind}:{settings.metrics_port}: {error}"
        ) from error


def _certificate(settings: Settings) -> Certificate | None:
    if settings.tls_cert is None or settings.tls_key is None:
        return None
    try:
        return Certificate(settings.tls_cert, settings.tls_key, settings.tls_ca)
    except (OSError, ValueError) as error:
        raise CannotStart(
            f"BOT_TLS_CERT, BOT_TLS_KEY and BOT_TLS_CA cannot be used: {error}; give a "
            "certificate, its key and the CA as PEM"
        ) from error
