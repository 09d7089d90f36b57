"""Debian's kamailio, as it is shipped here, before lines of this process."""

from pathlib import Path

import pytest
from switchyard_phone.domain.calls import Transfer, Transferred
from switchyard_phone.service.leg import CallLeg

from tests.fakes.phone.kamailio import RoutedScenario, kamailio
from tests.fakes.phone.sip_line import serving, sip_line
from tests.fakes.phone.sipp import Caller, Scenario, Sipp, free_port

pytestmark = pytest.mark.integration

OVER = "terminated;reason=noresource"
CONTACT = "tenants/demo/contacts/7"


class Taken:
    """Takes every call and waits for its end."""

    def __init__(self) -> None:
        self.legs: list[CallLeg] = []

    async def __call__(self, leg: CallLeg) -> None:
        self.legs.append(leg)
        await leg.answer()
        async for _ in leg.events():
            pass


def short_call(*headers: str) -> Scenario:
    return RoutedScenario(Caller(headers=headers)).invite().answered().pause(0.2).bye()


async def test_a_call_passes_with_its_headers_and_its_end(tmp_path: Path) -> None:
    taken = Taken()
    calling = short_call(f"X-Switchyard-Contact: {CONTACT}")
    async with (
        sip_line() as line,
        serving(line, taken),
        kamailio(tmp_path / "proxy", [line.port]) as proxy,
    ):
        ran = await Sipp(tmp_path, proxy.port).run(calling, dialled="survey")
    assert ran.well, ran.output
    (leg,) = taken.legs
    assert leg.facts.dialled == "survey"
    assert leg.facts.headers["x-switchyard-contact"] == CONTACT


async def test_a_transfer_passes_to_the_switch_and_its_outcome_back(tmp_path: Path) -> None:
    outcomes: list[Transferred] = []

    async def serve(leg: CallLeg) -> None:
        await leg.answer()
        headers = {"X-Switchyard-Contact": CONTACT}
        outcomes.append(await leg.blind_transfer("sip:1001@127.0.0.1:5099", headers, 60))

    scenario = RoutedScenario().invite().answered()
    scenario.referred().notify("SIP/2.0 100 Trying")
    scenario.notify("SIP/2.0 200 OK", OVER).hung_up_on()
    async with (
        sip_line() as line,
        serving(line, serve),
        kamailio(tmp_path / "proxy", [line.port]) as proxy,
    ):
        ran = await Sipp(tmp_path, proxy.port).run(scenario)
    assert ran.well, ran.output
    assert outcomes == [Transferred(Transfer.DONE, 200)]
    (refer,) = ran.received("REFER")
    assert f"X-Switchyard-Contact: {CONTACT}\n" in refer


@pytest.mark.parametrize("status", [486, 500, 503])
async def test_a_phone_that_refuses_is_passed_over(tmp_path: Path, status: int) -> None:
    taken = Taken()
    async with sip_line() as line, serving(line, taken):
        sipp = Sipp(tmp_path, line.port)
        async with (
            sipp.awaiting(Scenario().called_and_refuses(status)) as (uri, refusing),
            kamailio(tmp_path / "proxy", [_port(uri), line.port]) as proxy,
        ):
            # In turn, so that one of the two calls meets the other first.
            ran = await Sipp(tmp_path / "proxy", proxy.port).run(short_call(), calls=2)
            refused = await refusing
    assert ran.well, ran.output
    assert refused.well, refused.output
    assert len(taken.legs) == 2


async def test_a_codec_that_no_phone_has_is_told_at_once(tmp_path: Path) -> None:
    async with sip_line() as line:
        sipp = Sipp(tmp_path, line.port)
        async with (
            sipp.awaiting(Scenario().called_and_refuses(488)) as (uri, refusing),
            kamailio(tmp_path / "proxy", [_port(uri)]) as proxy,
        ):
            calling = Scenario().invite().expect_refusal(488)
            ran = await Sipp(tmp_path / "proxy", proxy.port).run(calling)
            refused = await refusing
    assert ran.well, ran.output
    assert refused.well, refused.output


async def test_a_dead_phone_costs_one_call_some_seconds_and_no_other(tmp_path: Path) -> None:
    dead, taken = free_port(), Taken()
    async with (
        sip_line() as line,
        serving(line, taken),
        kamailio(tmp_path / "proxy", [dead, line.port], first_answer_ms=10_000) as proxy,
    ):
        sipp = Sipp(tmp_path, proxy.port)
        ran = await sipp.run(short_call(), calls=2)
        assert ran.well, ran.output
        await proxy.takes(dead, "IP")
        again = await sipp.run(short_call(), calls=2)
    assert again.well, again.output
    assert len(taken.legs) == 4


async def test_without_any_phone_callers_and_switches_are_told_so(tmp_path: Path) -> None:
    # Nobody is there who could be late: the shortest times do.
    dead = (free_port(), free_port())
    async with kamailio(tmp_path / "proxy", dead, first_answer_ms=500) as proxy:
        sipp = Sipp(tmp_path, proxy.port)
        found_out = await sipp.run(Scenario().invite().expect_refusal(503))
        assert found_out.well, found_out.output
        for port in dead:
            await proxy.takes(port, "IP")
        known = await sipp.run(Scenario().invite().expect_refusal(503))
        probing = await sipp.run(Scenario().ask("OPTIONS").expect(503))
    assert known.well, known.output
    assert probing.well, probing.output
    assert "Retry-After:" in known.received("SIP/2.0 503")[0]


async def test_strangers_are_refused_whatever_they_send(tmp_path: Path) -> None:
    taken = Taken()
    async with (
        sip_line() as line,
        serving(line, taken),
        kamailio(tmp_path / "proxy", [line.port]) as proxy,
    ):
        sipp = Sipp(tmp_path, proxy.port)
        calling = await sipp.run(Scenario().invite().expect_refusal(403), host="127.0.0.9")
        probing = await sipp.run(Scenario().ask("OPTIONS").expect(403), host="127.0.0.9")
    assert calling.well, calling.output
    assert probing.well, probing.output
    assert not taken.legs


async def test_nobody_registers_or_calls_out(tmp_path: Path) -> None:
    async with (
        sip_line() as line,
        kamailio(tmp_path / "proxy", [line.port]) as proxy,
    ):
        sipp = Sipp(tmp_path, proxy.port)
        for method in ("REGISTER", "SUBSCRIBE", "MESSAGE"):
            ran = await sipp.run(Scenario().ask(method).expect(405))
            assert ran.well, ran.output


def _port(uri: str) -> int:
    return int(uri.rpartition(":")[2])
