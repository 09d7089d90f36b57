"""The gRPC servicers."""

from collections.abc import Callable
from typing import Any

from switchyard.router.v1 import (
    agent_service_pb2_grpc,
    config_service_pb2_grpc,
    contact_service_pb2_grpc,
    routing_service_pb2_grpc,
    supervision_service_pb2_grpc,
)

from switchyard_router.adapters.simulation_process import SimulationProcess
from switchyard_router.entrypoints.advice import AdviceDesk
from switchyard_router.entrypoints.agent_service import AgentServicer
from switchyard_router.entrypoints.config_service import ConfigServicer
from switchyard_router.entrypoints.config_world import ConfigWorld
from switchyard_router.entrypoints.contact_changes import ContactChanges
from switchyard_router.entrypoints.contact_service import ContactServicer
from switchyard_router.entrypoints.decision_reader import DecisionReader
from switchyard_router.entrypoints.draining import Drain
from switchyard_router.entrypoints.hypothetical import Hypotheticals
from switchyard_router.entrypoints.plan_checks import PlanChecks
from switchyard_router.entrypoints.routing_service import RoutingServicer
from switchyard_router.entrypoints.simulation import SimulationDesk
from switchyard_router.entrypoints.supervision_service import SupervisionServicer
from switchyard_router.service.contact_changes import UpdateContact
from switchyard_router.service.contacts import CreateContact
from switchyard_router.service.context import ContextLookup
from switchyard_router.service.known_skills import KnownSkills
from switchyard_router.service.projection import Projection
from switchyard_router.service.ranking import RankAgents
from switchyard_router.service.reception import Reception
from switchyard_router.wiring.basis import Basis
from switchyard_router.wiring.deciding import Deciding
from switchyard_router.wiring.store import Stores
from switchyard_router.wiring.streams import Streams
from switchyard_router.wiring.waiting import Waiting

_PACKAGE = "switchyard.router.v1"
SERVICES = tuple(
    f"{_PACKAGE}.{name}Service" for name in ("Contact", "Routing", "Agent", "Config", "Supervision")
)


class Servicers:
    """Makes the five servicers and adds them to servers."""

    def __init__(
        self,
        base: Basis,
        stores: Stores,
        chosen: Deciding,
        waits: Waiting,
        told: Streams,
        context: ContextLookup,
        projection: Projection,
        drain: Drain,
    ) -> None:
        self._base, self._stores, self._chosen = base, stores, chosen
        self._waits, self._told, self._context = waits, told, context
        self._projection = projection
        self._world = ConfigWorld(stores.config, base.board.agents)
        self._plan_checks = PlanChecks(base.cel, base.tenant)
        self._hypotheticals = Hypotheticals(base.board, base.ids, base.clock, base.tenant)
        agents = AgentServicer(
            told.sessions, told.answers, stores.contacts, told.agents, base.board,
            projection.catch_up, base.clock, base.tenant,
        )  # fmt: skip
        config = ConfigServicer(
            stores.config, self._world, self._plan_checks, told.agents, base.tenant
        )
        supervision = SupervisionServicer(
            base.board, waits.figures, stores.log, projection, drain, base.tenant
        )
        self._adders: tuple[tuple[Callable[..., None], Any], ...] = (
            (contact_service_pb2_grpc.add_ContactServiceServicer_to_server, self._contacts()),
            (agent_service_pb2_grpc.add_AgentServiceServicer_to_server, agents),
            (config_service_pb2_grpc.add_ConfigServiceServicer_to_server, config),
            (routing_service_pb2_grpc.add_RoutingServiceServicer_to_server, self._routing()),
            (supervision_service_pb2_grpc.add_SupervisionServiceServicer_to_server, supervision),
        )

    def add(self, server: Any) -> None:
        """Add all to a server."""
        for adder, servicer in self._adders:
            adder(servicer, server)

    def _contacts(self) -> ContactServicer:
        base, stores = self._base, self._stores
        reception = Reception(base.board, base.doors, base.clock)
        skills = KnownSkills(base.board.agents, self._world, base.clock)
        update = UpdateContact(stores.changes, self._context)
        return ContactServicer(
            CreateContact(stores.contacts, reception, skills, self._context),
            stores.contacts,
            self._waits.figures,
            self._told.fanout,
            self._told.nodes,
            ContactChanges(update, stores.changes, base.board, base.ids, base.tenant),
            self._hypotheticals,
            self._projection.catch_up,
            base.ids,
            base.tenant,
        )

    def _routing(self) -> RoutingServicer:
        base, chosen, settings = self._base, self._chosen, self._base.settings
        up_to_date, catch_up = self._projection.caught_up.is_set, self._projection.catch_up
        rank = RankAgents(
            base.board, chosen.decider, chosen.facts, chosen.records, base.ids, base.clock,
            up_to_date,
        )  # fmt: skip
        figures, url = self._waits.figures, settings.redis_url.get_secret_value()
        return RoutingServicer(
            AdviceDesk(rank, base.board, figures, self._hypotheticals, catch_up, base.tenant),
            DecisionReader(self._stores.decisions, base.tenant),
            SimulationDesk(SimulationProcess(url, settings.tenant), self._plan_checks, base.tenant),
            base.tenant,
        )
