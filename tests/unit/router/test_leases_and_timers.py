"""Leases are renewed for those who were heard; timers run, whatever breaks."""

import pytest
from switchyard_router.domain.records import LostLease
from switchyard_router.domain.refusals import StepFailed, store_down
from switchyard_router.service.leases import LeaseKeeper
from switchyard_router.service.timers import Timers

from tests.fakes.router.core import Leases, store_clock

pytestmark = pytest.mark.unit

ANN, BOB = ("agent", "ann", 1), ("agent", "bob", 4)


def keeper(store: Leases) -> tuple[LeaseKeeper, list[str]]:
    lost: list[str] = []
    made = LeaseKeeper(store)
    made.hold(ANN, lost.append)
    made.hold(BOB, lost.append)
    return made, lost


async def test_only_those_who_were_heard_are_renewed_once() -> None:
    store = Leases()
    made, _ = keeper(store)
    made.heard(ANN)
    made.heard(("agent", "stranger", 1))
    await made.renew()
    await made.renew()
    assert store.renewed == [[ANN]]


async def test_who_was_dropped_is_not_renewed() -> None:
    store = Leases()
    made, _ = keeper(store)
    made.heard(ANN)
    made.drop(ANN)
    await made.renew()
    assert store.renewed == []


async def test_what_was_heard_during_an_outage_is_renewed_after_it() -> None:
    store = Leases()
    store.down = 1
    made, _ = keeper(store)
    made.heard(ANN)
    with pytest.raises(Exception, match="state store"):
        await made.renew()
    await made.renew()
    assert store.renewed == [[ANN]]


async def test_a_lost_lease_is_told_once() -> None:
    store = Leases()
    store.lost = [LostLease(*ANN, "SUPERSEDED")]
    made, lost = keeper(store)
    made.heard(ANN)
    await made.renew()
    made.heard(ANN)
    await made.renew()
    assert lost == ["SUPERSEDED"]


async def test_many_leases_are_renewed_in_batches() -> None:
    store = Leases()
    made = LeaseKeeper(store)
    for number in range(1201):
        made.hold(("agent", f"a{number}", 1), lambda _: None)
        made.heard(("agent", f"a{number}", 1))
    await made.renew()
    assert [len(batch) for batch in store.renewed] == [500, 500, 201]


class Due:
    """Answers `run_timers` with what it was given."""

    def __init__(self, *answers: tuple[int, int | None, int] | Exception) -> None:
        self.answers = list(answers)

    async def run_timers(self, at_most: int) -> tuple[int, int | None, int]:
        """As the store does."""
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.mark.parametrize(
    ("answer", "delay"),
    [
        ((200, 5, 10), 0.0),  # there may be more
        ((0, None, 10), 0.1),
        ((0, 10_000, 10), 0.1),
        ((3, 60, 10), 0.05),
        ((3, 0, 10), 0.005),
    ],
)
async def test_sleeps_until_the_next_is_due_but_never_long(
    answer: tuple[int, int | None, int], delay: float
) -> None:
    clock, _ = store_clock()
    assert await Timers(Due(answer), clock).tick() == pytest.approx(delay)
    assert clock.now_ms() == 10


class StopError(Exception):
    """Ends the loop."""


async def test_freeswitch_1641_timers_go_on_after_a_broken_one_and_an_outage() -> None:
    clock, _ = store_clock()
    store = Due(StepFailed("broken"), store_down(), (0, None, 77), StopError())
    with pytest.raises(StopError):
        await Timers(store, clock).run()
    assert clock.now_ms() == 77
