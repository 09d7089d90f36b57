"""The action server's composition root: `python -m switchyard_actions.main`."""

import sys
from contextlib import AsyncExitStack

import grpc
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from switchyard_common.clock import SystemClock
from switchyard_common.errors import StartError
from switchyard_common.grpc_channel import open_channel
from switchyard_common.http_server import HttpServer
from switchyard_common.lifecycle import Lifecycle, run
from switchyard_common.logs import configure_logging
from switchyard_common.metrics_http import MetricsServer
from switchyard_common.settings import load_settings
from switchyard_common.tracing import configure_tracing

from switchyard_actions.adapters.crm.accounts import CrmAccounts
from switchyard_actions.adapters.crm.calls import CrmCalls
from switchyard_actions.adapters.crm.cases import CrmCases
from switchyard_actions.adapters.crm.permissions import CrmCallPermissions
from switchyard_actions.adapters.crm.verifier import CrmVerifier
from switchyard_actions.adapters.crm.visits import CrmVisits
from switchyard_actions.adapters.knowledge import load_knowledge
from switchyard_actions.adapters.router.callbacks import RouterCallbacks
from switchyard_actions.adapters.texts import load_texts
from switchyard_actions.domain.knowledge import BadKnowledge
from switchyard_actions.domain.texts import BadTexts
from switchyard_actions.entrypoints.rasa.executor import Executor
from switchyard_actions.entrypoints.rasa.http import build_app
from switchyard_actions.entrypoints.rasa.turn_action import ACTION, TurnAction
from switchyard_actions.flows.registry import all_flows
from switchyard_actions.flows.systems import Systems
from switchyard_actions.metrics import ActionsMetrics
from switchyard_actions.service.engine import Engine
from switchyard_actions.service.flows import Flows
from switchyard_actions.service.limits import Limits
from switchyard_actions.settings import ActionsSettings


def build(systems: Systems, metrics: ActionsMetrics, limits: Limits | None = None) -> Starlette:
    """The application that leads customers through all flows."""
    limits = limits or Limits()
    engine = Engine(Flows(all_flows(systems), limits.likeness), systems.texts, limits)
    return build_app(Executor({ACTION: TurnAction(engine, systems.texts, metrics)}, metrics))


def systems_over(
    crm: grpc.aio.Channel,
    router: grpc.aio.Channel,
    settings: ActionsSettings,
    metrics: ActionsMetrics,
) -> Systems:
    """The real systems behind the ports. Raises BadTexts and BadKnowledge."""
    calls = CrmCalls(crm, settings.tenant, settings.crm_timeout_seconds, metrics)
    clock = SystemClock()
    return Systems(
        verifier=CrmVerifier(calls),
        accounts=CrmAccounts(calls, settings.time_zone),
        cases=CrmCases(calls),
        visits=CrmVisits(calls),
        callbacks=RouterCallbacks(
            router,
            settings.tenant,
            {"": settings.callback_queue, **settings.callback_queues},
            settings.callback_node,
            settings.router_timeout_seconds,
            metrics,
        ),
        permissions=CrmCallPermissions(calls),
        knowledge=load_knowledge(settings.knowledge_dir),
        texts=load_texts(),
        now=lambda: clock.now().astimezone(settings.time_zone),
        country=settings.country,
    )


async def serve(settings: ActionsSettings, lifecycle: Lifecycle) -> None:
    """Runs until the process is to stop. Raises StartError."""
    registry = CollectorRegistry()
    metrics = ActionsMetrics(registry)
    async with AsyncExitStack() as stack:
        crm = open_channel(settings.crm_target, settings.tls, settings.token_file)
        await stack.enter_async_context(crm)
        router = open_channel(settings.router_target, settings.tls, settings.token_file)
        await stack.enter_async_context(router)
        await stack.enter_async_context(
            MetricsServer(
                registry,
                settings.bind,
                settings.metrics_port,
                setting=settings.env_name("metrics_port"),
                tls=settings.tls,
            )
        )
        limits = Limits(anger=settings.anger, likeness=settings.likeness)
        try:
            systems = systems_over(crm, router, settings, metrics)
        except (BadTexts, BadKnowledge) as error:
            raise StartError(f"{error}; mend the file and start again") from error
        app = build(systems, metrics, limits)
        await stack.enter_async_context(HttpServer(app, settings, lifecycle, ("/health",)))
        await lifecycle.stopped()


def main() -> int:
    """Returns the process's exit code."""
    settings = load_settings(ActionsSettings)
    configure_logging("actions", settings.log_level)
    configure_tracing("actions")
    return run(lambda lifecycle: serve(settings, lifecycle))


if __name__ == "__main__":
    sys.exit(main())
