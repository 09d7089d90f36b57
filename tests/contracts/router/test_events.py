"""Every event that the scripts write is exactly a message of the contract."""

from typing import Any

import pytest
import redis
from google.protobuf import json_format
from switchyard_router.domain.records import CallEvent, Request

from tests.fakes.router.store import LEASE_MS, Store, new_contact, open_store
from tests.fakes.router.strict_events import parse_strictly
from tests.fakes.router.truth import Truth, read

pytestmark = pytest.mark.integration

# As listed in routing.proto.
CONTACT = (
    "queued", "offering", "assigned", "connected", "on_hold", "wrap_up", "completed", "abandoned",
    "cancelled", "expired", "context_attached",
)  # fmt: skip
OFFER = ("created", "ringing", "accepted", "declined", "timed_out", "rescinded", "failed")
PROMISED = {
    *(f"contact.{name}" for name in CONTACT),
    *(f"offer.{name}" for name in OFFER),
    "agent.state_changed",
    "agent.session_opened",
    "route.decided",
    "config.queue",
    "config.agent",
}


async def tour(store: Store) -> None:
    """Through every event once."""
    await store.add_queue("q", rona_limit=9)
    for agent in ("ann", "bob"):
        await store.add_agent(agent)
        await store.sign_in(agent)
    number = 0

    async def create() -> str:
        nonlocal number
        number += 1
        await store.contacts.create(new_contact(f"c{number}", node="pbx"), Request())
        return f"c{number}"

    async def offer(contact: str, agent: str = "ann") -> tuple[str, int]:
        decided = b'{"decision":"d","eligible_count":2,"rejected_counts":{"QUEUE":1},"step":1}'
        code, _ = await store.contacts.reserve(contact, agent, f"o-{contact}-{agent}", "d", decided)
        assert code == "OK"
        record = await store.contacts.get(contact)
        return record.offer, record.fence

    async def report(contact: str, *kinds: str) -> None:
        for kind in kinds:
            fence = (await store.contacts.get(contact)).fence
            code, _ = await store.contacts.report(CallEvent(contact, kind, fence, "pbx", 0, ""))
            assert code == "OK", kind

    served = await create()
    await store.contacts.attach_context(served, b"ctx", "customer", "pseudonym", "zh")
    await offer(served)
    await report(served, "RINGING", "ANSWERED", "BRIDGED", "HOLD", "UNHOLD", "CALLER_HANGUP")
    await store.contacts.end_wrap_up("ann", served, "solved", Request())
    passed_on = await create()
    await store.contacts.decline(*await offer(passed_on), 0, "BUSY_ELSEWHERE", Request())
    await offer(passed_on, "bob")
    await report(passed_on, "NO_ANSWER")
    await store.contacts.end(passed_on, True, "CALLER_HUNG_UP", Request())
    failed = await create()
    await offer(failed)
    await report(failed, "UNREACHABLE")
    await offer(failed, "bob")
    await store.agents.open_session("bob", "desk 2", "", LEASE_MS)
    await store.contacts.end(failed, False, "CANCELLED_BY_PLATFORM", Request())
    forgotten = await create()
    store.scripts.now_ms += 130_000
    await store.tick()
    assert (await store.contacts.get(forgotten)).state == "EXPIRED"


async def toured(redis_url: str) -> Truth:
    async with open_store(redis_url) as store:
        await tour(store)
        raw: Any = redis.Redis.from_url(redis_url)
        truth = read(raw, store.keys.prefix)
        raw.close()
        assert truth.violations() == []
        return truth


async def test_every_type_of_the_contract_is_written_and_parses_strictly(redis_url: str) -> None:
    truth = await toured(redis_url)
    for event in truth.events:
        parse_strictly(event)
    assert {event["type"] for event in truth.events} == PROMISED


async def test_nothing_of_an_event_is_lost_in_its_message(redis_url: str) -> None:
    """Numbers, maps and lists written by Lua come back as they were meant."""
    truth = await toured(redis_url)
    for event in truth.events:
        told = json_format.MessageToDict(
            parse_strictly(event), preserving_proto_field_name=True, use_integers_for_enums=True
        )
        for name, value in event["data"].items():
            if value or name in told:
                assert _plain(told[name]) == _plain(value), (event["type"], name)


def _plain(value: Any) -> Any:
    """Numbers as text, since protobuf's JSON has 64-bit ones so."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return str(value)


def test_the_check_refuses_what_the_contract_does_not_know() -> None:
    event: dict[str, Any] = {
        "source": "router",
        "type": "offer.created",
        "subject": "c",
        "time": "1",
        "seq": "1",
        "data": {"offer": "o", "surprise": 1},
    }
    with pytest.raises(json_format.ParseError):
        parse_strictly(event)
