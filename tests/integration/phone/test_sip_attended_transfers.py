"""Attended transfers: the target is called first, and only then is the caller connected."""

from pathlib import Path

import pytest
from switchyard_phone.domain.calls import Ended, Transfer, Transferred
from switchyard_phone.service.leg import CallLeg

from tests.fakes.phone.sip_line import serving, sip_line
from tests.fakes.phone.sipp import Caller, Ran, Scenario, Sipp

pytestmark = pytest.mark.integration

OVER = "terminated;reason=noresource"
CONTACT = {"X-Switchyard-Contact": "tenants/demo/contacts/7"}


def replacing() -> Scenario:
    """A caller whose switch knows Replaces."""
    return Scenario(Caller(replaces=True))


async def transferred(
    folder: Path, caller: Scenario, agent: Scenario, seconds: float = 60
) -> tuple[Ran, Ran, Transferred, Ended | None]:
    outcomes: list[Transferred] = []
    legs: list[CallLeg] = []
    async with sip_line() as line:
        sipp = Sipp(folder, line.port)
        async with sipp.awaiting(agent) as (uri, answering):

            async def serve(leg: CallLeg) -> None:
                legs.append(leg)
                await leg.answer()
                outcomes.append(await leg.attended_transfer(uri, CONTACT, seconds))
                if outcomes[0].lives:
                    assert leg.ended is None
                    await leg.hang_up()

            async with serving(line, serve):
                called = await sipp.run(caller)
                answered = await answering
    return called, answered, outcomes[0], legs[0].ended


async def test_the_caller_takes_the_place_of_the_consultation(tmp_path: Path) -> None:
    caller = replacing().invite().answered().held().referred()
    caller.notify("SIP/2.0 100 Trying").notify("SIP/2.0 200 OK", OVER).hung_up_on()
    agent = Scenario().called().held().hung_up_on()
    called, answered, outcome, ended = await transferred(tmp_path, caller, agent)
    assert called.well, called.output
    assert answered.well, answered.output
    assert outcome == Transferred(Transfer.DONE, 200)
    assert ended is Ended.TRANSFERRED
    (invite,) = [text for text in answered.received("INVITE") if "a=sendonly" not in text]
    assert "X-Switchyard-Contact: tenants/demo/contacts/7\n" in invite
    (refer,) = called.received("REFER")
    consulted = invite.partition("Call-ID: ")[2].split("\n")[0]
    assert "?Replaces=" in refer
    assert consulted.replace("@", "%40") in refer or consulted in refer


@pytest.mark.parametrize("status", [404, 486, 503])
async def test_an_agent_who_does_not_answer_is_not_noticed_by_the_caller(
    tmp_path: Path, status: int
) -> None:
    called, answered, outcome, ended = await transferred(
        tmp_path,
        replacing().invite().answered().hung_up_on(),
        Scenario().called_and_refuses(status),
    )
    assert called.well, called.output
    assert answered.well, answered.output
    assert outcome == Transferred(Transfer.FAILED, status, lives=True)
    assert ended is Ended.HERE


async def test_an_agent_who_never_answers_is_given_up(tmp_path: Path) -> None:
    called, _, outcome, _ = await transferred(
        tmp_path,
        replacing().invite().answered().hung_up_on(),
        Scenario().called_and_rings(),
        seconds=1,
    )
    assert called.well, called.output
    assert outcome == Transferred(Transfer.TIMED_OUT, None, lives=True)


async def test_a_caller_who_leaves_meanwhile_ends_the_consultation(tmp_path: Path) -> None:
    called, answered, outcome, ended = await transferred(
        tmp_path, replacing().invite().answered().pause(1).bye(), Scenario().called_and_rings()
    )
    assert called.well, called.output
    assert answered.well, answered.output
    assert outcome == Transferred(Transfer.GONE)
    assert ended is Ended.CALLER


async def test_a_switch_that_cannot_replace_leaves_the_caller_here(tmp_path: Path) -> None:
    called, answered, outcome, _ = await transferred(
        tmp_path,
        Scenario().invite().answered().held().held().hung_up_on(),
        Scenario().called().held_until_hung_up_on(),
    )
    assert called.well, called.output
    assert answered.well, answered.output
    assert outcome == Transferred(Transfer.FAILED, None, lives=True)
