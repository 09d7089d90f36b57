"""Composition root of the demo: `python -m switchyard_demo.main load` or `… floor`."""

import argparse
import random
import sys

import switchyard_common.calm_forks  # noqa: F401
from prometheus_client import CollectorRegistry
from switchyard_common.clock import SystemClock
from switchyard_common.grpc_channel import open_channel
from switchyard_common.lifecycle import Lifecycle, run
from switchyard_common.logs import configure_logging
from switchyard_common.metrics_http import MetricsServer
from switchyard_common.settings import load_settings
from switchyard_platform.names import Names

from switchyard_demo.company.generate import generate
from switchyard_demo.company.model import Company
from switchyard_demo.company.tickets import LOCAL_TIME
from switchyard_demo.floor.company_floor import CompanyFloor, FloorChannels
from switchyard_demo.floor.configure import Configurator
from switchyard_demo.floor.load import import_customers, write_files
from switchyard_demo.floor.metrics import FloorMetrics
from switchyard_demo.floor.telephones import AgentTelephones, with_telephones
from switchyard_demo.floor.voice import greeting
from switchyard_demo.settings import DemoSettings


async def load(settings: DemoSettings) -> None:
    """Write the company's files, fill the CRM, tell the router. Doing it again changes nothing."""
    company = _company(settings)
    customers = write_files(company, settings.state_dir)
    if settings.crm_database_url is not None:
        await import_customers(customers, settings.tenant, settings.crm_database_url)
    async with open_channel(settings.router_target, settings.tls, settings.token_file) as channel:
        reached = with_telephones(company, str(settings.sip_host), settings.sip_port)
        await Configurator(channel, Names(settings.tenant)).company(reached)


async def floor(lifecycle: Lifecycle, settings: DemoSettings) -> None:
    """Let the company live until asked to stop."""
    registry = CollectorRegistry()
    name = settings.env_name("metrics_port")
    async with (
        open_channel(settings.router_target, settings.tls, settings.token_file) as router,
        open_channel(settings.conversation_target, settings.tls) as conversations,
        MetricsServer(
            registry, settings.bind, settings.metrics_port, setting=name, tls=settings.tls
        ),
    ):
        living = CompanyFloor(
            _company(settings),
            FloorChannels(router, conversations),
            settings,
            FloorMetrics(registry),
            SystemClock(),
            random.Random(),
        )
        telephones = AgentTelephones(living.extensions, greeting, living.hung_up)
        await telephones.open(str(settings.sip_host), settings.sip_port)
        work = lifecycle.supervise(living.run(), "floor")
        await lifecycle.stopped()
        await telephones.close()
        await living.leave()
        await lifecycle.end(work)


def _company(settings: DemoSettings) -> Company:
    # The company's own day: who ordered "today" means that one.
    return generate(settings.seed, SystemClock().now().astimezone(LOCAL_TIME).date())


def main() -> None:
    """Entry point of the process."""
    parser = argparse.ArgumentParser(prog="switchyard_demo.main", description=__doc__)
    parser.add_argument("what", choices=("load", "floor"))
    what = parser.parse_args().what
    settings = load_settings(DemoSettings)
    configure_logging(what if what == "floor" else "company", settings.log_level)
    if what == "load":
        sys.exit(run(lambda _: load(settings)))
    sys.exit(run(lambda lifecycle: floor(lifecycle, settings)))


if __name__ == "__main__":
    main()
