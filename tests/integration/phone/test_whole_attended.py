"""Attended transfers over whole calls: the agent's telephone rings first."""

from pathlib import Path

import pytest
from switchyard_phone.adapters.router import convert
from switchyard_phone.domain.language import Language

from tests.fakes.demo.floor import floor
from tests.fakes.phone.recordings import Recordings
from tests.fakes.phone.sipp import Caller as Sip
from tests.fakes.phone.sipp import Scenario
from tests.fakes.phone.world import CHINESE, ENGLISH, world

pytestmark = pytest.mark.integration

OVER = "terminated;reason=noresource"
DIALLED = {CHINESE: "2001", ENGLISH: "2002"}


async def test_an_agent_who_answers_has_the_caller(
    tmp_path: Path, redis_url: str, recordings: Recordings
) -> None:
    calls = Scenario(Sip(replaces=True)).invite().answered().wants_a_person()
    calls.held().referred().notify("SIP/2.0 200 OK", OVER).hung_up_on()
    async with (
        world(tmp_path, redis_url, recordings, transfer="attended") as w,
        w.phone.sipp.awaiting(Scenario().called().held().hung_up_on()) as (ada, answering),
    ):
        await w.centre.agent("ada", endpoint=ada)
        async with floor(w.centre.channel, ["ada"]):
            ran = await w.phone.sipp.run(calls, dialled="2002")
            answered = await answering
            name = await w.queued()
            await w.centre.reaches(name, "CONNECTED")
        await w.told_of("ended", cause="transferred")
        await w.is_empty()
    assert ran.well, ran.output
    assert answered.well, answered.output
    (invite,) = [text for text in answered.received("INVITE") if "a=sendonly" not in text]
    assert f"X-Switchyard-Contact: {name}\n" in invite


@pytest.mark.parametrize(
    ("agent", "outcome", "language"),
    [
        (Scenario().called_and_refuses(486), "failed", CHINESE),
        (Scenario().called_and_refuses(486), "failed", ENGLISH),
        (Scenario().called_and_rings(), "timed_out", CHINESE),
    ],
    ids=["busy-zh", "busy-en", "silent-zh"],
)
async def test_who_is_not_answered_hears_so_and_waits_on(
    tmp_path: Path,
    redis_url: str,
    recordings: Recordings,
    monkeypatch: pytest.MonkeyPatch,
    agent: Scenario,
    outcome: str,
    language: Language,
) -> None:
    if outcome == "timed_out":
        monkeypatch.setattr(convert, "_CONNECT_SECONDS", 2.0)
    async with (
        world(tmp_path, redis_url, recordings, transfer="attended") as w,
        w.phone.sipp.awaiting(agent) as (ada, answering),
        w.caller(DIALLED[language]) as caller,
    ):
        await w.centre.agent("ada", endpoint=ada)
        await caller.presses("0")
        name = await w.queued()
        async with floor(w.centre.channel, ["ada"]):
            await w.told_of("transfer", outcome=outcome)
        await caller.hears("next_agent", language)
        answered = await answering
        assert await w.centre.state(name) in ("QUEUED", "OFFERING")
        await caller.telephone.hang_up()
        await w.centre.reaches(name, "ABANDONED")
        await w.is_empty()
    assert answered.well, answered.output
