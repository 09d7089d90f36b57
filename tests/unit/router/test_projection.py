"""Following the event log over outages."""

import asyncio
from typing import Any

import pytest
from switchyard_common.errors import DomainError
from switchyard_router.domain.refusals import store_down
from switchyard_router.service.board import Board
from switchyard_router.service.config_loader import ConfigLoader
from switchyard_router.service.projection import Projection, Snapshot

from tests.fakes.router.core import EndOfLogError, Log, contact_event, event, waiting

pytestmark = pytest.mark.unit

START = "after 0"


class Nothing:
    """No configuration, and an empty snapshot."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def ids(self, kind: str) -> list[str]:
        """As the store does."""
        return []

    async def read(self, *what: Any) -> Any:
        """As the store does."""
        self.asked.append(str(what))
        return [] if what else Snapshot({}, [])


async def follow(log: Log) -> tuple[Projection, list[str], list[str], Nothing]:
    seen: list[str] = []
    gaps: list[str] = []
    nothing: Any = Nothing()
    made = Board()
    projection = Projection(
        made,
        nothing,
        log,
        ConfigLoader(made, nothing, nothing),
        (lambda e: seen.append(e.id),),
        (lambda: gaps.append(f"after {len(seen)}"),),
    )
    with pytest.raises(EndOfLogError):
        await projection.run()
    return projection, seen, gaps, nothing


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("switchyard_router.service.projection._RETRY_SECONDS", 0)


async def test_everybody_hears_every_event_in_order() -> None:
    log = Log([contact_event(waiting("a", seq=1))], [contact_event(waiting("a", seq=2))])
    projection, seen, gaps, _ = await follow(log)
    assert (seen, gaps) == (["1-0", "2-0"], [START])
    assert projection.caught_up.is_set()


async def test_a_stream_let_in_before_the_log_was_followed_starts_over() -> None:
    """A desktop that came before would not hear of offers made between its welcome and then."""
    _, seen, gaps, _ = await follow(Log([]))
    assert (seen, gaps) == ([], [START])


async def test_an_outage_is_no_gap_while_the_place_is_still_there() -> None:
    log = Log(
        [contact_event(waiting("a", seq=1))], store_down(), [contact_event(waiting("a", seq=2))]
    )
    log.kept = {"1-0"}
    log.end = "9-0"  # going on from there would miss 2-0
    _, seen, gaps, _ = await follow(log)
    assert (seen, gaps) == (["1-0", "2-0"], [START])


async def test_a_store_that_lost_what_was_seen_is_a_gap() -> None:
    log = Log([contact_event(waiting("a", seq=1))], store_down(), [])
    _, seen, gaps, _ = await follow(log)
    assert (seen, gaps) == (["1-0"], [START, "after 1"])


async def test_health_hears_of_an_outage() -> None:
    log = Log([contact_event(waiting("a"))], store_down())
    projection, *_ = await follow(log)
    assert projection.caught_up.is_set() != projection.interrupted.is_set()


async def test_changed_configuration_is_read_before_the_event_is_told() -> None:
    _, seen, _, nothing = await follow(Log([event("config.agent", "ann", 1, {})]))
    assert "('agent', ('ann',))" in nothing.asked
    assert seen == ["1-0"]


async def test_who_asks_for_a_list_waits_for_what_was_stored_before() -> None:
    log = Log([contact_event(waiting("a", seq=1))], [contact_event(waiting("b", seq=2))])
    nothing: Any = Nothing()
    made, seen = Board(), list[str]()
    projection = Projection(
        made, nothing, log, ConfigLoader(made, nothing, nothing), (lambda e: seen.append(e.id),)
    )
    await_start, log.end = log.end, "2-0"
    asked = asyncio.create_task(projection.catch_up())
    await asyncio.sleep(0)
    log.end = await_start
    with pytest.raises(EndOfLogError):
        await projection.run()
    await asked
    assert seen == ["1-0", "2-0"]


async def test_a_list_is_refused_while_the_log_is_not_followed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("switchyard_router.service.projection._CATCH_UP_SECONDS", 0.01)
    log = Log([contact_event(waiting("a"))])
    projection, *_ = await follow(log)
    log.end = "9-0"
    with pytest.raises(DomainError, match="state store"):
        await projection.catch_up()
