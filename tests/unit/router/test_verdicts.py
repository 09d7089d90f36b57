"""A verdict on a model holds for all routers, and outlives the store's absence."""

import asyncio
from collections.abc import Set as AbstractSet

import pytest
from structlog.testing import capture_logs
from switchyard_router.domain.refusals import store_down
from switchyard_router.service.verdicts import Verdicts

from tests.fakes.router.core import Meter
from tests.fakes.router.models import VerdictsInMemory

pytestmark = pytest.mark.unit


class Down(VerdictsInMemory):
    """Fails as long as it is told."""

    down = True

    async def withdraw(self, versions: AbstractSet[str]) -> None:
        self._check()
        await super().withdraw(versions)

    async def withdrawn(self) -> frozenset[str]:
        self._check()
        return await super().withdrawn()

    def _check(self) -> None:
        if self.down:
            raise store_down()


async def test_a_verdict_holds_at_once_here_and_after_a_look_elsewhere() -> None:
    store, meter = VerdictsInMemory(), Meter()
    here, there = Verdicts(store, meter, 0), Verdicts(store, Meter(), 0)
    with capture_logs() as logs:
        here.withdraw("m@1", 40, 120.0)
        here.withdraw("m@1", 41, 130.0)
    assert [entry["event"] for entry in logs] == ["model_wrong"]
    assert meter.of("switched_off") == [["MODEL_WRONG"]]
    assert here.wrong("m@1")
    assert not there.wrong("m@1")
    await here.agree()
    with capture_logs() as logs:
        await there.agree()
        await there.agree()
    assert there.wrong("m@1")
    assert not there.wrong("m@2")
    assert [entry["event"] for entry in logs] == ["model_withdrawn_elsewhere"]


async def test_while_the_store_is_away_a_verdict_holds_and_it_is_told_when_it_is_back() -> None:
    store = Down()
    here = Verdicts(store, Meter(), 0)
    here.withdraw("m@1", 40, 120.0)
    with capture_logs() as logs:
        for _ in range(3):
            await here.agree()
    assert [entry["event"] for entry in logs] == ["verdicts_unread"]
    assert here.wrong("m@1")
    store.down = False
    await here.agree()
    assert await store.withdrawn() == {"m@1"}
    assert here.wrong("m@1")


async def test_it_goes_on_looking_until_it_is_cancelled() -> None:
    store = VerdictsInMemory()
    here = Verdicts(store, Meter(), 0)
    task = asyncio.create_task(here.run())
    await store.withdraw({"m@9"})
    while not here.wrong("m@9"):
        await asyncio.sleep(0)
    task.cancel()
