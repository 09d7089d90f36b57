"""SIGTERM while callers are here: the phone's own process, real calls, the real router."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fakes.demo.floor import floor
from tests.fakes.phone.bot import KeyedBot, serving_bot
from tests.fakes.phone.phone_process import PhoneProcess, phone_process
from tests.fakes.phone.running import until
from tests.fakes.phone.sipp import Ran, Scenario, Sipp
from tests.fakes.phone.softphone import softphone
from tests.fakes.phone.sounds import tone
from tests.fakes.router.clients import Centre, centre
from tests.fakes.router.server import router

pytestmark = pytest.mark.integration

OVER = "terminated;reason=noresource"
LONG = "600"
"""Seconds that nothing waits for unless the phone is wrong."""


@dataclass
class Site:
    phone: PhoneProcess
    sipp: Sipp
    centre: Centre

    async def told(self, what: str) -> dict[str, object]:
        """The entry of the newest call's timeline, once it is there."""
        found: list[dict[str, object]] = []

        async def look() -> bool:
            found[:] = [entry for entry in await self.phone.timeline() if entry["what"] == what]
            return bool(found)

        await until(look, what)
        return found[-1]

    async def contact(self) -> str:
        return f"tenants/demo/contacts/{(await self.told('queued'))['contact']}"


@asynccontextmanager
async def site(folder: Path, redis_url: str, **settings: str) -> AsyncIterator[Site]:
    async with (
        router(redis_url) as target,
        centre(target) as clients,
        serving_bot(KeyedBot(steps={"opening_hours": "ask.contact"})) as bot_url,
    ):
        await clients.queue("billing", ring_timeout_ms=300_000, connect_timeout_ms=300_000)
        await clients.agent("ada")
        values = {
            "PHONE_ROUTER_TARGET": target,
            "PHONE_BOT_URL": bot_url,
            "PHONE_DEFAULT_QUEUE": "billing",
            "PHONE_DRAIN_SECONDS": "0.5",
            "PHONE_DRAIN_WAITING_SECONDS": LONG,
            **settings,
        }
        async with phone_process(folder, **values) as phone:
            await phone.ready()
            yield Site(phone, Sipp(folder, phone.sip), clients)


def well(ran: Ran) -> None:
    assert ran.well, ran.output


async def test_a_caller_in_a_menu_hears_goodbye_and_the_process_ends_well(
    tmp_path: Path, redis_url: str
) -> None:
    scenario = Scenario().invite().answered().hung_up_on()
    async with site(tmp_path, redis_url) as s, s.sipp.calling(scenario) as call:
        await s.told("answered")
        s.phone.stop()
        well(await call)
        assert await s.phone.ended() == 0


async def test_a_caller_in_the_middle_of_something_is_joined_with_an_agent(
    tmp_path: Path, redis_url: str
) -> None:
    scenario = Scenario().invite().answered().pause(1).press("24")
    scenario.referred().notify("SIP/2.0 200 OK", OVER).hung_up_on()
    async with (
        site(tmp_path, redis_url) as s,
        floor(s.centre.channel, ["ada"]),
        s.sipp.calling(scenario) as call,
    ):
        await s.told("bot_answered")
        s.phone.stop()
        name = await s.contact()
        await s.centre.reaches(name, "CONNECTED")
        well(await call)
        assert await s.phone.ended() == 0
        assert (await s.centre.contact(name)).handoff.reason == "closing"


async def test_a_caller_who_waits_keeps_the_place_and_gets_the_agent(
    tmp_path: Path, redis_url: str
) -> None:
    scenario = Scenario().invite().answered().pause(1).press("20")
    scenario.referred().notify("SIP/2.0 200 OK", OVER).hung_up_on()
    async with site(tmp_path, redis_url) as s, s.sipp.calling(scenario) as call:
        name = await s.contact()
        s.phone.stop()
        await s.told("closing")
        assert await s.centre.state(name) == "QUEUED"
        async with floor(s.centre.channel, ["ada"]):
            await s.centre.reaches(name, "CONNECTED")
            well(await call)
            assert await s.phone.ended() == 0


async def test_a_caller_who_waits_for_too_long_hears_goodbye_and_is_out_of_the_queue(
    tmp_path: Path, redis_url: str
) -> None:
    scenario = Scenario().invite().answered().pause(1).press("20").hung_up_on()
    waiting = {"PHONE_DRAIN_WAITING_SECONDS": "1"}
    async with (
        site(tmp_path, redis_url, **waiting) as s,
        s.sipp.calling(scenario) as call,
    ):
        name = await s.contact()
        s.phone.stop()
        well(await call)
        assert await s.phone.ended() == 0
        assert await s.centre.reaches(name, "ABANDONED") == "ABANDONED"


async def test_nobody_new_is_let_in_and_calls_go_on_meanwhile(
    tmp_path: Path, redis_url: str
) -> None:
    async with (
        site(tmp_path, redis_url, PHONE_DRAIN_SECONDS=LONG) as s,
        softphone(tmp_path / "caller", tone(300, 2)) as caller,
    ):
        await caller.dial(f"sip:2000@127.0.0.1:{s.phone.sip}")
        await caller.connected()
        s.phone.stop()

        async def not_ready() -> bool:
            return (await s.phone.http.get("/readyz")).status == 503

        await until(not_ready, "it says that it is not ready")
        well(await s.sipp.run(Scenario().invite().expect_refusal(503)))
        well(await s.sipp.run(Scenario().ask("OPTIONS").expect(503)))
        await caller.press("24")
        await s.told("bot_answered")
        await caller.hang_up()
        assert await s.phone.ended() == 0
