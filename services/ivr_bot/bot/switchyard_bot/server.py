"""Builds and runs the Rasa server: settings in, a listening process out."""

import functools
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
from rasa.server import create_ssl_context
from rasa.utils.common import update_sanic_log_level
from rasa.utils.endpoints import EndpointConfig
from sanic import Sanic

from switchyard_bot import patches
from switchyard_bot.channel import SwitchyardChannel
from switchyard_bot.metrics import BotMetrics
from switchyard_bot.project import here
from switchyard_bot.settings import RedisAddress, Settings
from switchyard_bot.shelf import ModelShelf

_LOG = structlog.get_logger()


class CannotStart(Exception):
    """Whoever starts the bot can mend it; the text says how."""


def serve(settings: Settings) -> None:
    """Runs until SIGTERM or SIGINT.

    Raises:
        CannotStart: no model, or a busy port.
    """
    model = find_model(settings)
    patches.apply()
    registry = CollectorRegistry()
    app = build(settings, model, SwitchyardChannel(BotMetrics(registry)))
    _serve_metrics(settings, registry)
    update_sanic_log_level()
    _LOG.info("bot_starting", model=model.name, bind=settings.bind, port=settings.port)
    tls = _tls(settings)
    try:
        app.run(host=settings.bind, port=settings.port, ssl=tls, workers=1, access_log=False)
    except OSError as error:
        raise CannotStart(f"cannot listen on {settings.bind}:{settings.port}: {error}") from error


def find_model(settings: Settings) -> Path:
    """The model to serve: the one named, else the one trained from the folder as it is."""
    model = settings.model or ModelShelf(settings.models_dir).take(here().model_name())
    if model is None:
        raise CannotStart(
            f"there is no model of the bot as it is in {settings.models_dir}; "
            "run train.py first, or set BOT_MODEL"
        )
    return model


def build(settings: Settings, model: Path, channel: SwitchyardChannel) -> Sanic:
    """The application, which loads the model when it starts."""
    app: Sanic = configure_app(
        input_channels=[channel],
        enable_api=settings.api_token is not None,
        auth_token=settings.api_token,
        port=settings.port,
        endpoints=endpoints(settings),
    )
    load = functools.partial(load_agent_on_start, str(model), endpoints(settings), None)
    app.register_listener(load, "before_server_start")
    app.register_listener(_warm_up, "before_server_start")
    app.register_listener(close_resources, "after_server_stop")
    return app


async def _warm_up(app: Sanic, _: Any) -> None:
    """Loads what the first message would have to wait for, before the port opens."""
    await app.ctx.agent.parse_message("hello 你好")


def endpoints(settings: Settings) -> AvailableEndpoints:
    """Where Rasa keeps conversations and finds the actions."""
    return AvailableEndpoints(
        # The actions need no domain, and it is most of what would be sent to them.
        action=EndpointConfig(settings.actions_url, enable_selective_domain=True),
        tracker_store=_redis(settings, record_exp=settings.record_seconds),
        lock_store=_redis(settings),
    )


def _redis(settings: Settings, **options: Any) -> EndpointConfig | None:
    address: RedisAddress | None = settings.redis
    if address is None:
        return None  # Rasa's word for "in memory"
    return EndpointConfig(
        url=address.host,
        type="redis",
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


def _tls(settings: Settings) -> Any:
    if settings.tls_cert is None or settings.tls_key is None:
        return None
    return create_ssl_context(str(settings.tls_cert), str(settings.tls_key))
