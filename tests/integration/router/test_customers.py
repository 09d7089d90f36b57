"""Who the customer is: found, late or absent, it never blocks, and is in no event and no log."""

import asyncio
import io
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import pytest
import redis
import structlog
from switchyard_common.logs import configure_logging

from tests.fakes.router.clients import Centre, centre
from tests.fakes.router.crm import CALLER, CUSTOMER, NAME, Crm, crm_serving
from tests.fakes.router.server import NOBODY, router
from tests.fakes.router.strict_events import parse_strictly
from tests.fakes.router.truth import read

pytestmark = pytest.mark.integration

PATIENT_SECONDS = 60.0
"""A CRM that answers is waited for, however busy the machine is."""


@asynccontextmanager
async def known(redis_url: str) -> AsyncGenerator[tuple[Centre, Crm]]:
    """A centre whose CRM knows the caller."""
    async with (
        crm_serving() as (target, crm),
        router(redis_url, target, context_seconds=PATIENT_SECONDS) as address,
        centre(address) as clients,
    ):
        yield clients, crm


async def test_the_offer_shows_the_customer(redis_url: str) -> None:
    async with known(redis_url) as (small, crm):
        await small.queue()
        await small.agent("ann")
        async with small.desktop("ann") as ann:
            contact = await small.create("call-1", caller=CALLER)
            offer = await ann.offer(contact.name)
            assert offer.context.customer_display == NAME
            assert list(offer.context.partial) == []
            stored = await small.contact(contact.name)
            assert (stored.customer, stored.language) == (CUSTOMER, "zh-CN")
            assert len(crm.asked) == 1


async def test_the_customers_language_finds_who_speaks_it(redis_url: str) -> None:
    async with known(redis_url) as (small, _):
        await small.plan("speak", small.step(small.need("lang.{language}", 3)))
        await small.queue(routing_plan="speak")
        await small.agent("ann", skills={"lang.en": 9})
        await small.agent("bei", skills={"lang.zh": 5})
        async with small.desktop("ann"), small.desktop("bei") as bei:
            contact = await small.create("call-1", caller=CALLER)
            assert (await bei.offer()).contact == contact.name


@pytest.mark.parametrize("crm_is", ["dead", "slow", "nobody_known"])
async def test_a_call_is_offered_whatever_the_crm_does(redis_url: str, crm_is: str) -> None:
    async with crm_serving() as (alive, crm):
        crm.delay_seconds = 600.0 if crm_is == "slow" else 0.0
        target = NOBODY if crm_is == "dead" else alive
        seconds = 0.15 if crm_is == "slow" else PATIENT_SECONDS
        async with (
            router(redis_url, target, context_seconds=seconds) as address,
            centre(address) as small,
        ):
            await small.queue()
            await small.agent("ann")
            async with small.desktop("ann") as ann:
                contact = await small.create("call-1", caller="+8610000000")
                offer = await ann.offer(contact.name)
                assert offer.context.customer_display == ""
                missing = [] if crm_is == "nobody_known" else ["crm"]
                assert list(offer.context.partial) == missing


async def test_a_dead_crm_is_soon_not_waited_for(redis_url: str) -> None:
    async with router(redis_url, NOBODY) as address, centre(address) as small:
        await small.queue()
        raw: Any = redis.Redis.from_url(redis_url)
        calls = count(1)

        def held() -> bool:
            contacts = read(raw, "sy:{demo}:").contacts.values()
            return all(int(c["hold_ms"]) != int(c["create_ms"]) for c in contacts)

        async with asyncio.timeout(60):
            while held():
                await small.create(f"call-{next(calls)}", caller=CALLER)
                await asyncio.sleep(0.02)
        raw.close()
        assert next(calls) > 6, "it takes five failures"


async def test_personal_data_is_in_no_event_and_no_log(redis_url: str) -> None:
    output = io.StringIO()
    configure_logging("router", "debug", output)
    try:
        await _serve_a_known_customer(redis_url)
    finally:
        structlog.reset_defaults()
    raw: Any = redis.Redis.from_url(redis_url)
    events = read(raw, "sy:{demo}:").events
    raw.close()
    for event in events:
        parse_strictly(event)
    keys = {e["data"]["customer_key"] for e in events if e["type"] == "contact.completed"}
    assert all(len(key) == 16 for key in keys)
    assert keys, "the customer appears by a pseudonym"
    logged = output.getvalue()
    assert '"event":"contact_created"' in logged
    for secret in (CALLER, CALLER[1:], NAME, CUSTOMER, "customer-4711", "call-secret"):
        assert secret not in logged
        assert not any(secret in str(event) for event in events)


async def _serve_a_known_customer(redis_url: str) -> None:
    async with known(redis_url) as (small, _):
        await small.queue()
        await small.agent("ann")
        async with small.node() as node, small.desktop("ann") as ann:
            contact = await small.create("call-secret", caller=CALLER)
            offer = await ann.offer(contact.name)
            await ann.accept(offer)
            await node.tell("BRIDGED", contact.name, fence=offer.fence)
            await node.tell("CALLER_HANGUP", contact.name)
            await small.reaches(contact.name, "COMPLETED")
