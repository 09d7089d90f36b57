"""Thirty callers wait when thirty agents sign in: each is handed to the one the router chose."""

import asyncio
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import pytest
from switchyard_phone.adapters.router import convert
from switchyard_platform import node as platform_node
from switchyard_router.adapters.redis import agents as agent_store
from switchyard_router.entrypoints import attach, sessions
from switchyard_router.service import leases

from tests.fakes.demo.floor import floor
from tests.fakes.phone.bot import KeyedBot, serving_bot
from tests.fakes.phone.running import RunningPhone, running_phone, until
from tests.fakes.phone.sipp import Caller, Ran, Scenario
from tests.fakes.router.clients import Centre, centre
from tests.fakes.router.server import router

pytestmark = pytest.mark.integration

CALLS = 30
AGENTS = [f"agent-{number:02}" for number in range(1, CALLS + 1)]
WAITING = ("queued", "place")
"""The last entry of a caller who waits."""

OVER = "terminated;reason=noresource"
LONG_SECONDS = 300.0
"""Longer than any pause of the machine: nothing here is about what is late."""

MENUS = """\
languages: [en]
start: main
greeting: {en: Hello.}
timing: {first_digit_seconds: 30, between_digits_seconds: 10}
menus:
  main:
    prompt: {en: Please choose.}
    keys:
      "1": {label: {en: for a person}, transfer: {reason: asked, queue: billing}}
"""


@dataclass(frozen=True)
class Refer:
    """A caller handed over, as the caller's switch was told it."""

    call: str
    caller: str
    agent: str
    contact: str
    contact_in_target: str


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is late: no lease lapses, no request is given up, because the machine is busy."""
    for module in (leases, sessions, attach, agent_store):
        monkeypatch.setattr(module, "LEASE_SECONDS", LONG_SECONDS)
    monkeypatch.setattr(platform_node, "CREATE_SECONDS", LONG_SECONDS)
    monkeypatch.setattr(convert, "_CONNECT_SECONDS", LONG_SECONDS)


def refers(ran: Ran) -> list[Refer]:
    """One for each call, however often it was sent."""
    found: dict[str, Refer] = {}
    for text in ran.received("REFER"):
        target = _one(r"^Refer-To: <sip:([^@]+)@127\.0\.0\.1\?X-Switchyard-Contact=([^>]+)>$", text)
        refer = Refer(
            call=_one(r"^Call-ID: (.+)$", text)[0],
            caller=_one(r"^To: <sip:(\+\d+)@", text)[0],
            agent=target[0],
            contact=_one(r"^X-Switchyard-Contact: (.+)$", text)[0],
            contact_in_target=unquote(target[1]),
        )
        assert found.setdefault(refer.call, refer) == refer, "a caller was sent to two agents"
    return list(found.values())


def _one(pattern: str, text: str) -> tuple[str, ...]:
    found = re.search(pattern, text, re.MULTILINE)
    assert found is not None, f"{pattern} is not in {text}"
    return found.groups()


async def all_queued(phone: RunningPhone, calling: "asyncio.Task[Ran]") -> None:
    """Everybody is in the queue and nobody has gone."""
    async with asyncio.timeout(LONG_SECONDS):
        while sum(call["last"] in WAITING for call in await phone.calls()) < CALLS:
            assert not calling.done(), calling.result().output
            await asyncio.sleep(0.2)


async def connected(clients: Centre, given: Sequence[Refer]) -> None:
    """Each contact is with the agent its caller was sent to, and is that caller's."""
    for refer in given:
        await clients.reaches(refer.contact, "CONNECTED")
        contact = await clients.contact(refer.contact)
        assert contact.assigned_agent == f"tenants/demo/agents/{refer.agent}"
        assert contact.caller == refer.caller
        assert refer.contact_in_target == refer.contact


async def nothing_left(phone: RunningPhone) -> None:
    """The phone has counted every call to its end, and holds none."""

    async def over() -> bool:
        return await phone.metric("switchyard_phone_calls_active") == 0

    await until(over, "the end of all calls")
    calls = await phone.calls()
    assert len(calls) == CALLS
    assert all(call["over"] for call in calls)
    for series in (
        'switchyard_phone_calls_ended_total{cause="transferred"}',
        'switchyard_phone_transfers_total{outcome="done",status="200"}',
        'switchyard_phone_persons_total{outcome="joined"}',
    ):
        assert await phone.metric(series) == CALLS, series


@pytest.mark.usefixtures("patience")
async def test_thirty_waiting_callers_are_each_joined_with_an_agent_of_their_own(
    tmp_path: Path, redis_url: str
) -> None:
    menus = tmp_path / "menus.yml"
    menus.write_text(MENUS)
    scenario = Scenario(Caller("<sip:+493012345[call_number]@[local_ip]:[local_port]>"))
    scenario.invite().answered().pause(1).press("1")
    scenario.referred().notify("SIP/2.0 200 OK", OVER).hung_up_on()
    async with (
        router(redis_url, redis_timeout_seconds=LONG_SECONDS) as target,
        centre(target) as clients,
        serving_bot(KeyedBot()) as bot_url,
        running_phone(
            tmp_path, router_target=target, bot_url=bot_url, menus=menus, silence_seconds=0
        ) as phone,
    ):
        await clients.queue(ring_timeout_ms=300_000, connect_timeout_ms=300_000)
        for agent in AGENTS:
            await clients.agent(agent)
        async with phone.sipp.calling(scenario, calls=CALLS) as calling:
            await all_queued(phone, calling)
            async with floor(clients.channel, AGENTS) as people:
                ran = await calling
                assert ran.well, ran.output
                given = refers(ran)
                await connected(clients, given)
                for refer in given:
                    await people.desktops[refer.agent].complete(refer.contact, "resolved")
                for refer in given:
                    await clients.reaches(refer.contact, "COMPLETED")
        await nothing_left(phone)
    assert sorted(refer.agent for refer in given) == AGENTS
    assert len({refer.contact for refer in given}) == CALLS
    assert len({refer.caller for refer in given}) == CALLS
    rung = Counter((offer.agent, offer.contact) for offer in people.offers)
    assert rung == {(f"tenants/demo/agents/{r.agent}", r.contact): 1 for r in given}
