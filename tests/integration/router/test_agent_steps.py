"""What agents can hold, how busy they are, and what frees them: single steps on a real Valkey."""

from collections.abc import AsyncGenerator
from math import exp

import pytest
import pytest_asyncio
from switchyard_common.errors import DomainError
from switchyard_router.domain.changes import Transfer, TransferMode
from switchyard_router.domain.records import ContactRecord, Request, Reservation

from tests.fakes.router.floor import Floor, open_floor
from tests.fakes.router.store import LEASE_MS

pytestmark = pytest.mark.integration
HOUR_MS = 3_600_000


@pytest_asyncio.fixture
async def floor(redis_url: str) -> AsyncGenerator[Floor]:
    async with open_floor(redis_url) as opened:
        yield opened


async def codes(floor: Floor, agent: str, *contacts: str) -> list[str]:
    """What reserving them for the agent answers, one script."""
    wanted = [Reservation(one, agent, f"o-{one}-{agent}", "d", b"{}") for one in contacts]
    return [code for code, _ in await floor.store.contacts.reserve_many(wanted)]


async def add(floor: Floor, agent: str, capacity: str, units: int = 0) -> None:
    await floor.store.add_agent(agent, capacity, units)
    await floor.store.sign_in(agent)


@pytest.mark.parametrize("kind", ["VOICE", "CALLBACK", "VIDEO"])
async def test_a_call_of_any_kind_takes_the_whole_agent(floor: Floor, kind: str) -> None:
    await add(floor, "all", '{"VOICE":1,"CALLBACK":1,"VIDEO":1,"CHAT":3,"EMAIL":2}')
    for number, channel in enumerate((kind, "VOICE", "CALLBACK", "VIDEO", "CHAT", "EMAIL")):
        await floor.create(f"c{number}", channel=channel)
    assert await codes(floor, "all", *(f"c{number}" for number in range(6))) == [
        "OK",
        *["AGENT_FULL"] * 5,
    ]
    floor.truth()


async def test_blending_text_fills_its_channels_and_leaves_room_for_a_call(floor: Floor) -> None:
    """The cap holds per channel, over all channels, and never against a call."""
    await add(floor, "all", '{"VOICE":1,"CHAT":2,"EMAIL":3,"TASK":1}', units=5)
    channels = ("CHAT", "CHAT", "CHAT", "EMAIL", "EMAIL", "EMAIL", "TASK", "VOICE", "CHAT")
    for number, channel in enumerate(channels):
        await floor.create(f"c{number}", channel=channel)
    answers = await codes(floor, "all", *(f"c{number}" for number in range(len(channels))))
    full = "AGENT_FULL"
    assert answers == ["OK", "OK", full, "OK", "OK", full, full, "OK", full]
    floor.truth()


async def test_an_agent_without_calls_gives_every_unit_to_text(floor: Floor) -> None:
    await add(floor, "text", '{"CHAT":3}', units=2)
    for number in range(3):
        await floor.create(f"c{number}", channel="CHAT")
    assert await codes(floor, "text", "c0", "c1", "c2") == ["OK", "OK", "AGENT_FULL"]


async def test_one_reservation_that_breaks_leaves_the_others_alone(floor: Floor) -> None:
    await floor.create("c1")
    await floor.create("c2")
    wanted = [
        Reservation("c1", "ann", "o1", "d", b"no json"),
        Reservation("c2", "bob", "o2", "d", b"{}"),
        Reservation("gone", "ann", "o3", "d", b"{}"),
    ]
    answers = await floor.store.contacts.reserve_many(wanted)
    assert [code for code, _ in answers] == ["STEP_FAILED", "OK", "CONTACT_OVER"]
    assert (await floor.store.contacts.get("c1")).state == "QUEUED"
    floor.truth()


async def test_more_than_fifty_reservations_are_refused_as_a_whole(floor: Floor) -> None:
    with pytest.raises(ValueError, match="50"):
        await floor.store.contacts.reserve_many([Reservation("c", "a", "o", "d", b"{}")] * 51)


async def test_who_is_overtaken_is_told_and_counted(floor: Floor) -> None:
    for name in ("c1", "c2", "c3"):
        await floor.create(name)
    passed = Reservation("c3", "ann", "o1", "d", b"{}", overtaken=("c1", "c2", "gone"))
    await floor.store.contacts.reserve_many([passed])
    counts = [(await floor.store.contacts.get(name)).overtaken for name in ("c1", "c2", "c3")]
    assert counts == [1, 1, 0]
    told = [e["subject"] for e in floor.truth().events if e["type"] == "contact.overtaken"]
    assert told == ["c1", "c2"]


async def test_occupancy_is_the_weighted_share_of_time_with_contacts(floor: Floor) -> None:
    await floor.create()
    c1 = await floor.connect()
    start = floor.store.scripts.now_ms
    await floor.rest(20_000)
    await floor.store.contacts.complete("c1", "", True, "", "DONE", Request())
    assert c1.agent == "ann"
    live = (await floor.store.agents.live(("ann",)))["ann"]
    busy = 1 - exp(-(floor.store.scripts.now_ms - start) / HOUR_MS)
    assert live.occupancy == pytest.approx(busy, abs=2e-6)
    assert live.occupancy_at(live.occupancy_ms + HOUR_MS) == pytest.approx(busy * exp(-1), abs=1e-5)
    assert live.offered_ms == start
    floor.truth()


async def test_next_presence_waits_for_the_contact_in_hand_and_its_paperwork(floor: Floor) -> None:
    await floor.create()
    await floor.connect()
    await floor.store.agents.set_presence(
        "ann", "NOT_READY", "lunch", after_contact=True, version="", epoch=0, request=Request()
    )
    await floor.store.contacts.complete("c1", "", False, "", "DONE", Request())
    live = (await floor.store.agents.live(("ann",)))["ann"]
    assert (live.presence, live.next_presence) == ("AFTER_CONTACT_WORK", "NOT_READY")
    await floor.store.contacts.end_wrap_up("ann", "c1", "", Request())
    live = (await floor.store.agents.live(("ann",)))["ann"]
    assert (live.presence, live.reason, live.next_presence) == ("NOT_READY", "lunch", "")
    floor.truth()


async def transferred(floor: Floor) -> ContactRecord:
    await floor.create(node="")
    await floor.connect()
    wish = Transfer("c1", "", TransferMode.BLIND, "c2", queue="q")
    return await floor.store.changes.transfer(wish, Request())


async def test_asterisk_1006_paperwork_after_a_transfer_survives_a_closed_browser(
    floor: Floor,
) -> None:
    following = await transferred(floor)
    assert (following.state, following.previous) == ("QUEUED", "c1")
    await floor.silence("ann", LEASE_MS + 2_000)
    assert (await floor.store.contacts.get("c1")).state == "WRAP_UP"
    await floor.store.agents.open_session("ann", "again", "AVAILABLE", LEASE_MS)
    live = (await floor.store.agents.live(("ann",)))["ann"]
    assert (live.presence, live.held) == ("AFTER_CONTACT_WORK", {"c1": "VOICE:wrap_up"})
    assert await codes(floor, "ann", "c2") == ["AGENT_FULL"]
    floor.truth()


async def test_what_agents_handled_is_counted_by_queue_and_channel(floor: Floor) -> None:
    await floor.create()
    await floor.connect()
    await floor.rest(7_000)
    await floor.store.contacts.complete("c1", "", True, "", "DONE", Request())
    assert floor.truth().handled == {"ann": {"q|VOICE|n": "1", "q|VOICE|ms": "7000"}}


async def test_nothing_is_deleted_that_is_in_use(floor: Floor) -> None:
    config = floor.store.config
    await floor.create()

    async def problem(kind: str, name: str) -> str:
        with pytest.raises(DomainError) as caught:
            await config.delete(kind, name, "")
        return f"{caught.value.reason}: {caught.value.message}"

    assert "1 live contacts" in await problem("queue", "q")
    assert "a session" in await problem("agent", "ann")
    await config.upsert("plan", "p", b"", {}, version="", check_only=False, uses=("agent:ann",))
    await floor.presence("OFFLINE")
    assert "plan:p" in await problem("agent", "ann")
    await config.upsert("plan", "p", b"", {}, version="", check_only=False)
    await config.delete("agent", "ann", "")
    assert await problem("agent", "ann") == "AGENT: there is no such agent; refresh"
    assert "ann" not in await floor.store.agents.ids()
    await floor.store.contacts.end("c1", True, "GONE", Request())
    await config.delete("queue", "q", "")
    assert await config.ids("queue") == []


async def test_what_names_something_unknown_is_not_stored(floor: Floor) -> None:
    with pytest.raises(DomainError, match="queue:nowhere"):
        await floor.store.config.upsert(
            "plan", "p", b"", {}, version="", check_only=True, uses=("queue:nowhere",)
        )
