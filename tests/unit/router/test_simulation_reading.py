"""What is read of the log for a simulation."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from switchyard_common.errors import DomainError
from switchyard_router.domain.recording import Recording
from switchyard_router.domain.records import StoredEvent
from switchyard_router.service.simulating import reading
from switchyard_router.service.simulating.values import SimulationOrder

from tests.fakes.router.core import contact_event, event, ready, waiting

pytestmark = pytest.mark.unit

T0 = 1_772_355_600_000
"""2026-03-01T09:00:00Z"""


class History:
    """A log in memory."""

    def __init__(self, *events: StoredEvent) -> None:
        self.events = list(events)

    async def since(self, from_ms: int, at_most: int) -> AsyncIterator[StoredEvent]:
        for one in [each for each in self.events if each.time_ms >= from_ms][:at_most]:
            yield one

    async def bounds(self) -> tuple[int, int] | None:
        return (self.events[0].time_ms, self.events[-1].time_ms) if self.events else None


def arrival(number: int, at_ms: int, queue: str = "q") -> StoredEvent:
    made = contact_event(waiting(f"c{number}", at_ms, queue=queue), kind="contact.queued")
    return replace(made, time_ms=at_ms)


async def record(history: History, to_ms: int = T0 + 1_000, **fields: Any) -> Recording:
    order = SimulationOrder(T0, to_ms, (), "", fields.get("queues", ()), 2, 1)
    return await reading.record(history, order, {"q", "r"}, fields.get("agents", {}))


async def refusal(history: History, **fields: Any) -> DomainError:
    with pytest.raises(DomainError) as caught:
        await record(history, **fields)
    return caught.value


async def test_contacts_of_the_time_and_of_the_queues_asked_for_are_recorded() -> None:
    log = History(
        arrival(1, T0), arrival(2, T0 + 1, "r"), arrival(3, T0 + 2, "gone"), arrival(4, T0 + 1_000)
    )
    made = await record(log)
    assert [one.contact.id for one in made.contacts] == ["c1", "c2"]
    made = await record(log, queues=("r",))
    assert [one.contact.id for one in made.contacts] == ["c2"]


async def test_a_contact_that_returns_to_its_queue_arrives_once() -> None:
    again = arrival(1, T0 + 5)
    again = replace(again, data={**again.data, "previous_state": "OFFERING"})
    assert len((await record(History(arrival(1, T0), again))).contacts) == 1


async def test_agents_without_news_are_as_they_are_now_if_they_were_then() -> None:
    told = replace(
        event("agent.state_changed", "ann", 1, {"ready": False, "previous_presence": "AVAILABLE"}),
        time_ms=T0 + 7,
    )
    agents = {
        "ann": ready(since_ms=T0 + 7, ready=False),
        "bob": ready(since_ms=T0 - 1),
        "cho": ready(since_ms=T0 + 50),
    }
    made = await record(History(arrival(1, T0), told), agents=agents)
    assert made.ready_at_start == {"ann": True, "bob": True, "cho": False}


async def test_an_empty_time_is_told_with_what_the_log_holds() -> None:
    error = await refusal(History(arrival(1, T0 + 2_000)))
    assert error.reason == "EMPTY_RANGE"
    assert "between 2026-03-01T09:00:00Z and 2026-03-01T09:00:01Z" in error.message
    assert "reaches from 2026-03-01T09:00:02Z to 2026-03-01T09:00:02Z" in error.message
    assert "the event log is empty" in (await refusal(History())).message
    assert (await refusal(History(arrival(1, T0 - 5)))).reason == "EMPTY_RANGE"
    only_agents = replace(
        event("agent.state_changed", "ann", 1, {"ready": True, "previous_presence": ""}),
        time_ms=T0 + 7,
    )
    assert (await refusal(History(only_agents))).reason == "EMPTY_RANGE"


async def test_too_many_contacts_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_CONTACTS", 2)
    log = History(*(arrival(number, T0 + number) for number in range(3)))
    error = await refusal(log)
    assert (error.reason, "more than 2 contacts" in error.message) == ("RANGE_TOO_LARGE", True)
