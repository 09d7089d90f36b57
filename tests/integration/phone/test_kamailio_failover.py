"""Two phones as processes behind Debian's kamailio: one dies, one stops."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fakes.phone.kamailio import Kamailio, RoutedScenario, kamailio
from tests.fakes.phone.phone_process import PhoneProcess, phone_process
from tests.fakes.phone.sipp import Scenario, Sipp
from tests.fakes.phone.softphone import softphone
from tests.fakes.phone.waiting import PATIENCE_SECONDS, until

pytestmark = pytest.mark.integration


@dataclass
class Site:
    left: PhoneProcess
    right: PhoneProcess
    proxy: Kamailio
    sipp: Sipp


@asynccontextmanager
async def site(folder: Path, **settings: str) -> AsyncIterator[Site]:
    async with (
        phone_process(folder / "left", **settings) as left,
        phone_process(folder / "right", **settings) as right,
        kamailio(
            folder / "proxy", [left.sip, right.sip], first_answer_ms=10_000, probe_seconds=1
        ) as proxy,
    ):
        await asyncio.gather(left.ready(), right.ready())
        await proxy.takes(left.sip, "AP")
        await proxy.takes(right.sip, "AP")
        yield Site(left, right, proxy, Sipp(folder, proxy.port))


async def calls_are_taken(site: Site, number: int) -> None:
    calling = RoutedScenario().invite().answered().pause(0.5).bye()
    ran = await site.sipp.run(calling, calls=number)
    assert ran.well, ran.output


async def probed(site: Site, status: int) -> None:
    """What a switch hears that asks whether calls are taken."""
    ran = await site.sipp.run(Scenario().ask("OPTIONS").expect(status))
    assert ran.well, ran.output


async def test_calls_are_shared_until_a_phone_dies(tmp_path: Path) -> None:
    async with site(tmp_path) as s:
        await calls_are_taken(s, 4)
        await s.left.had(2)
        await s.right.had(2)
        await probed(s, 200)

        await s.left.die()
        await s.proxy.takes(s.left.sip, "IP")
        await calls_are_taken(s, 2)
        await s.right.had(4)
        await probed(s, 200)


async def test_a_phone_that_stops_ends_its_calls_and_gets_no_others(tmp_path: Path) -> None:
    async with (
        site(tmp_path, PHONE_DRAIN_SECONDS="600") as s,
        softphone(tmp_path / "caller", b"") as caller,
    ):
        await caller.dial(f"sip:2000@127.0.0.1:{s.proxy.port}")
        await caller.connected()
        stopping, other = await _who_has_it(s)
        stopping.stop()
        await s.proxy.takes(stopping.sip, "IP")
        await calls_are_taken(s, 3)
        await other.had(3)
        heard = len(caller.heard())
        await caller.press("2")
        await until(lambda: len(caller.heard()) > heard, "the call goes on")
        assert stopping.process.returncode is None
        await caller.hang_up()
        assert await stopping.ended() == 0


async def _who_has_it(site: Site) -> tuple[PhoneProcess, PhoneProcess]:
    """The phone with the only call, and the other."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            if await site.left.calls():
                return site.left, site.right
            if await site.right.calls():
                return site.right, site.left
            await asyncio.sleep(0.1)
