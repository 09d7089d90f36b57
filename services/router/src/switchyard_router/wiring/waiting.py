"""How long contacts wait: estimates, what came of them, and the figures of queues."""

from dataclasses import dataclass

import numpy as np

from switchyard_router.service.figures import Figures
from switchyard_router.service.line_surveys import LineSurveys
from switchyard_router.service.paces import Paces
from switchyard_router.service.places import PlaceFinder
from switchyard_router.service.promises import Promises
from switchyard_router.service.upkeep import Upkeep
from switchyard_router.service.wait_estimates import WaitEstimates
from switchyard_router.wiring.basis import Basis
from switchyard_router.wiring.deciding import Deciding
from switchyard_router.wiring.store import Stores


@dataclass(frozen=True, slots=True)
class Waiting:
    """The parts that estimate; two of them learn from events."""

    paces: Paces
    promises: Promises
    figures: Figures


def waiting(base: Basis, stores: Stores, chosen: Deciding) -> Waiting:
    """Wire them."""
    board, clock, system = base.board, base.clock, base.system
    paces, promises, upkeep = Paces(), Promises(), Upkeep(system)
    finder = PlaceFinder(board, chosen.handle_times, paces)
    surveys = LineSurveys(
        board, chosen.decider, chosen.dispatcher.lines, finder, clock, system, upkeep
    )
    waits = WaitEstimates(
        board,
        chosen.decider,
        surveys,
        finder,
        paces,
        promises,
        stores.config,
        clock,
        system,
        upkeep,
        np.random.default_rng(),
    )
    return Waiting(paces, promises, Figures(board, stores.config, clock, waits))
