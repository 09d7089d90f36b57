"""Transfers by REFER: what the switch reports is what the use case is told."""

from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest
from switchyard_phone.domain.calls import Ended, Transfer, Transferred
from switchyard_phone.service.leg import CallLeg

from tests.fakes.phone.sip_line import serving, sip_line
from tests.fakes.phone.sipp import Ran, Scenario, Sipp

pytestmark = pytest.mark.integration

AGENT = "sip:1001@127.0.0.1:5099"
CONTACT = {"X-Switchyard-Contact": "tenants/demo/contacts/7"}
OVER = "terminated;reason=noresource"
TRYING = "SIP/2.0 100 Trying"


def transferring(
    outcomes: list[Transferred], seconds: float = 30
) -> Callable[[CallLeg], Coroutine[None, None, None]]:
    """Take a call, transfer it, and hang up if it lives."""

    async def serve(leg: CallLeg) -> None:
        await leg.answer()
        outcome = await leg.blind_transfer(AGENT, CONTACT, seconds)
        outcomes.append(outcome)
        if outcome.lives:
            assert leg.ended is None
            await leg.hang_up()
        elif outcome.outcome is Transfer.DONE:
            assert leg.ended is Ended.TRANSFERRED

    return serve


async def transferred(
    folder: Path, scenario: Scenario, seconds: float = 30
) -> tuple[Ran, list[Transferred]]:
    outcomes: list[Transferred] = []
    async with sip_line() as line, serving(line, transferring(outcomes, seconds)):
        ran = await Sipp(folder, line.port).run(scenario)
    return ran, outcomes


async def test_an_accepted_transfer_ends_the_leg(tmp_path: Path) -> None:
    scenario = Scenario().invite().answered().referred().notify(TRYING)
    ran, outcomes = await transferred(
        tmp_path, scenario.notify("SIP/2.0 200 OK", OVER).hung_up_on()
    )
    assert ran.well, ran.output
    assert outcomes == [Transferred(Transfer.DONE, 200)]


async def test_the_context_travels_in_the_request_and_in_its_target(tmp_path: Path) -> None:
    scenario = Scenario().invite().answered().referred().notify("SIP/2.0 200 OK", OVER)
    ran, _ = await transferred(tmp_path, scenario.hung_up_on())
    (refer,) = ran.received("REFER")
    assert "X-Switchyard-Contact: tenants/demo/contacts/7\n" in refer
    target = f"<{AGENT}?X-Switchyard-Contact=tenants/demo/contacts/7>"
    assert f"Refer-To: {target}\n" in refer


@pytest.mark.parametrize("status", [404, 480, 486, 503, 603])
async def test_a_failed_transfer_leaves_the_caller_here(tmp_path: Path, status: int) -> None:
    scenario = Scenario().invite().answered().referred().notify(TRYING)
    scenario.notify(f"SIP/2.0 {status} No", OVER).hung_up_on()
    ran, outcomes = await transferred(tmp_path, scenario)
    assert ran.well, ran.output
    assert outcomes == [Transferred(Transfer.FAILED, status, lives=True)]


@pytest.mark.parametrize("status", [403, 603])
async def test_a_switch_that_refuses_the_request_leaves_the_caller_here(
    tmp_path: Path, status: int
) -> None:
    scenario = Scenario().invite().answered().referred(status).hung_up_on()
    ran, outcomes = await transferred(tmp_path, scenario)
    assert ran.well, ran.output
    assert outcomes == [Transferred(Transfer.FAILED, status, lives=True)]


async def test_a_transfer_without_an_outcome_is_given_up(tmp_path: Path) -> None:
    scenario = Scenario().invite().answered().referred().notify(TRYING).hung_up_on()
    ran, outcomes = await transferred(tmp_path, scenario, seconds=1)
    assert ran.well, ran.output
    assert outcomes == [Transferred(Transfer.TIMED_OUT, None, lives=True)]


async def test_a_caller_who_hangs_up_during_the_transfer_is_gone(tmp_path: Path) -> None:
    scenario = Scenario().invite().answered().referred().notify(TRYING).bye()
    ran, outcomes = await transferred(tmp_path, scenario)
    assert ran.well, ran.output
    assert outcomes == [Transferred(Transfer.GONE)]


async def test_after_a_failed_transfer_another_agent_may_be_tried(tmp_path: Path) -> None:
    outcomes: list[Transferred] = []

    async def serve(leg: CallLeg) -> None:
        await leg.answer()
        for number in ("1001", "1002"):
            uri = f"sip:{number}@127.0.0.1:5099"
            outcomes.append(await leg.blind_transfer(uri, {}, 30))

    scenario = Scenario().invite().answered()
    scenario.referred().notify("SIP/2.0 486 Busy Here", OVER)
    scenario.referred().notify("SIP/2.0 200 OK", OVER).hung_up_on()
    async with sip_line() as line, serving(line, serve):
        ran = await Sipp(tmp_path, line.port).run(scenario)
    assert ran.well, ran.output
    assert [one.outcome for one in outcomes] == [Transfer.FAILED, Transfer.DONE]
    asked = [text.partition("Refer-To: ")[2].split("\n")[0] for text in ran.received("REFER")]
    assert asked == ["<sip:1001@127.0.0.1:5099>", "<sip:1002@127.0.0.1:5099>"]
