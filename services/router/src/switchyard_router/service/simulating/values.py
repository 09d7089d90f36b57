"""What a simulation is asked for and what it answers."""

from dataclasses import dataclass

from switchyard_common.errors import DomainError, ErrorKind

from switchyard_router.domain.agents import AgentProfile
from switchyard_router.domain.plans import Plan
from switchyard_router.domain.queues import QueueProfile
from switchyard_router.service.simulating.assumptions import Assumption

MOST_CONTACTS = 20_000
MOST_EVENTS = 1_000_000


@dataclass(frozen=True, slots=True)
class SimulationOrder:
    """What to replay: [from, to) in store's ms. `plans`: (id, encoded plan) in place of today's.

    `queues`: ids, empty: all. `policy`: of all queues, empty: their own.
    `time_zone`: whose clock cuts the time into days. `tried_queues`, `tried_agents`: as `plans`.
    """

    from_ms: int
    to_ms: int
    plans: tuple[tuple[str, bytes], ...]
    policy: str
    queues: tuple[str, ...]
    replications: int
    seed: int
    time_zone: str = "UTC"
    tried_queues: tuple[tuple[str, bytes], ...] = ()
    tried_agents: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class Regime:
    """A configuration under which contacts are routed."""

    agents: tuple[AgentProfile, ...]
    queues: tuple[QueueProfile, ...]
    plans: tuple[Plan, ...]


@dataclass(frozen=True, slots=True)
class Kpi:
    """A figure under both regimes, the 95 % interval of the difference, and as logged.

    `queue`: of contacts that came to it, empty: of all.
    """

    name: str
    queue: str
    formula: str
    baseline: float
    candidate: float
    low: float
    high: float
    logged: float | None


@dataclass(frozen=True, slots=True)
class SimulationProgress:
    """Where a simulation stands after a repetition; the last one is the result."""

    kpis: tuple[Kpi, ...]
    routed_differently: int
    contacts: int
    effective_sample_size: float
    done: int
    replications: int
    days: int
    assumptions: tuple[Assumption, ...]


def cannot_simulate(reason: str, message: str) -> DomainError:
    """The log does not hold what the simulation needs."""
    return DomainError(kind=ErrorKind.PRECONDITION, reason=reason, message=message)
