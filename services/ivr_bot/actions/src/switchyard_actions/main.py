"""The action server's composition root: `python -m switchyard_actions.main`."""

import sys
from contextlib import AsyncExitStack

from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from switchyard_common.grpc_channel import open_channel
from switchyard_common.lifecycle import Lifecycle, run
from switchyard_common.logs import configure_logging
from switchyard_common.metrics_http import MetricsServer
from switchyard_common.settings import load_settings

from switchyard_actions.adapters.crm.order_directory import CrmOrderDirectory
from switchyard_actions.entrypoints.http_server import HttpServer
from switchyard_actions.entrypoints.rasa.actions import BotActions
from switchyard_actions.entrypoints.rasa.executor import Executor
from switchyard_actions.entrypoints.rasa.http import build_app
from switchyard_actions.metrics import ActionsMetrics
from switchyard_actions.service.check_details import CheckDetails
from switchyard_actions.service.ports import OrderDirectory
from switchyard_actions.settings import ActionsSettings


def build(orders: OrderDirectory, metrics: ActionsMetrics) -> Starlette:
    """The application over a source of orders."""
    actions = BotActions(CheckDetails(orders), metrics)
    return build_app(Executor(actions.by_name(), metrics))


async def serve(settings: ActionsSettings, lifecycle: Lifecycle) -> None:
    """Runs until the process is to stop. Raises StartError."""
    registry = CollectorRegistry()
    metrics = ActionsMetrics(registry)
    async with AsyncExitStack() as stack:
        channel = open_channel(settings.crm_target, settings.tls)
        await stack.enter_async_context(channel)
        orders = CrmOrderDirectory(channel, settings.tenant, settings.crm_timeout_seconds, metrics)
        await stack.enter_async_context(
            MetricsServer(
                registry,
                settings.bind,
                settings.metrics_port,
                setting=settings.env_name("metrics_port"),
            )
        )
        await stack.enter_async_context(HttpServer(build(orders, metrics), settings, lifecycle))
        await lifecycle.stopped()


def main() -> int:
    """Returns the process's exit code."""
    settings = load_settings(ActionsSettings)
    configure_logging("actions", settings.log_level)
    return run(lambda lifecycle: serve(settings, lifecycle))


if __name__ == "__main__":
    sys.exit(main())
