"""What is told to desktops, platform nodes and watchers."""

from dataclasses import dataclass

from switchyard_router.entrypoints.agent_reader import AgentReader
from switchyard_router.entrypoints.answers import Answers
from switchyard_router.entrypoints.attach import NodeStreams
from switchyard_router.entrypoints.fanout import Fanout
from switchyard_router.entrypoints.sessions import DesktopSessions
from switchyard_router.entrypoints.wait_news import WaitNews
from switchyard_router.service.leases import LeaseKeeper
from switchyard_router.wiring.basis import Basis
from switchyard_router.wiring.store import Stores
from switchyard_router.wiring.waiting import Waiting


@dataclass(frozen=True, slots=True)
class Streams:
    """The streams, and what they share."""

    fanout: Fanout
    leases: LeaseKeeper
    answers: Answers
    agents: AgentReader
    nodes: NodeStreams
    sessions: DesktopSessions


def streams(base: Basis, stores: Stores, waits: Waiting) -> Streams:
    """Wire them."""
    board, clock, tenant, contacts = base.board, base.clock, base.tenant, stores.contacts
    fanout, leases = (
        Fanout(board, contacts, tenant, clock, base.metrics),
        LeaseKeeper(stores.agents),
    )
    answers = Answers(stores.agents, contacts, tenant)
    reader = AgentReader(stores.config, stores.agents, clock, tenant)
    news = WaitNews(board, waits.figures, base.system, tenant)
    return Streams(
        fanout=fanout,
        leases=leases,
        answers=answers,
        agents=reader,
        nodes=NodeStreams(
            contacts, contacts, stores.agents, board, news, fanout, leases, clock, tenant
        ),
        sessions=DesktopSessions(
            stores.agents, contacts, reader, answers, fanout, leases, clock, tenant
        ),
    )
