"""What every part of the router shares."""

from dataclasses import dataclass, field

from switchyard_common.clock import Clock, SystemClock
from switchyard_common.ids import IdFactory

from switchyard_router.adapters.cel.compiler import CelCompiler
from switchyard_router.adapters.metrics import RouterMetrics
from switchyard_router.domain.names import Tenant
from switchyard_router.service.board import Board
from switchyard_router.service.doors import Doors
from switchyard_router.service.store_clock import StoreClock
from switchyard_router.settings import RouterSettings


@dataclass(frozen=True, slots=True)
class Basis:
    """Settings, clocks, ids, the board, and who reads expressions."""

    settings: RouterSettings
    metrics: RouterMetrics
    tenant: Tenant
    system: Clock
    clock: StoreClock
    ids: IdFactory
    board: Board
    doors: Doors
    cel: CelCompiler = field(default_factory=CelCompiler)


def basis(settings: RouterSettings, metrics: RouterMetrics) -> Basis:
    """The shared parts of one router."""
    system, board = SystemClock(), Board()
    return Basis(
        settings=settings,
        metrics=metrics,
        tenant=Tenant(settings.tenant),
        system=system,
        clock=StoreClock(system),
        ids=IdFactory(system),
        board=board,
        doors=Doors(board),
    )
