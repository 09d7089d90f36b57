"""Calls by SIP that only SIP knows, with Debian's sipp on the other side."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest
from switchyard_phone.domain.audio import frames_of, level_db
from switchyard_phone.domain.calls import CallFacts, Ended
from switchyard_phone.service.leg import CallLeg, Held, LegEnded, LegEvent, LegGone, Resumed

from tests.fakes.phone.sip_line import CountingMeter, serving, sip_line
from tests.fakes.phone.sipp import PCMA, PCMU, Caller, Codec, Scenario, Sipp
from tests.fakes.phone.sounds import prompt
from tests.fakes.phone.waiting import all_events, frames_until, next_leg, until

pytestmark = pytest.mark.integration

UNKNOWN = Codec(115, "UNKNOWN")


def events_kept(kept: list[LegEvent]) -> Callable[[CallLeg], Coroutine[None, None, None]]:
    """Take every call and remember what happens on it."""

    async def serve(leg: CallLeg) -> None:
        await leg.answer()
        kept.extend(await all_events(leg))

    return serve


async def test_facts_come_from_the_network_before_the_callers_own_words(tmp_path: Path) -> None:
    caller = Caller(
        name='"Own words" <sip:+1999@[local_ip]:[local_port]>',
        headers=(
            'P-Asserted-Identity: "A, B" <sip:+861380013800;phone-context=x@pbx;user=phone>',
            "X-Trunk: north",
            "Subject: not passed on",
        ),
    )
    facts: list[CallFacts] = []

    async def serve(leg: CallLeg) -> None:
        facts.append(leg.facts)
        await leg.refuse(603)

    async with sip_line() as line, serving(line, serve):
        ran = await Sipp(tmp_path, line.port).run(
            Scenario(caller).invite().expect_refusal(603), dialled="4008001234"
        )
    assert ran.well, ran.output
    assert (facts[0].caller, facts[0].dialled) == ("+861380013800", "4008001234")
    assert dict(facts[0].headers) == {"x-trunk": "north"}
    assert "+861380013800" not in repr(facts[0])


async def test_without_an_asserted_identity_from_names_the_caller(tmp_path: Path) -> None:
    facts: list[CallFacts] = []

    async def serve(leg: CallLeg) -> None:
        facts.append(leg.facts)
        await leg.refuse(480)

    async with sip_line() as line, serving(line, serve):
        sipp = Sipp(tmp_path, line.port)
        assert (await sipp.run(Scenario().invite().expect_refusal(480))).well
        withheld = Caller(name='"Anonymous" <sip:anonymous@anonymous.invalid>')
        assert (await sipp.run(Scenario(withheld).invite().expect_refusal(480))).well
    assert [one.caller for one in facts] == ["+4930123456", ""]


@pytest.mark.parametrize("status", [404, 480, 486, 503, 603])
async def test_a_call_is_refused_with_the_status_that_was_asked_for(
    tmp_path: Path, status: int
) -> None:
    async with sip_line() as line, serving(line, lambda leg: leg.refuse(status)):
        ran = await Sipp(tmp_path, line.port).run(Scenario().invite().expect_refusal(status))
        assert ran.well, ran.output
        await until(lambda: line.calls == 0, "an empty line")


async def test_a_caller_may_give_up_before_the_answer(tmp_path: Path) -> None:
    kept: list[LegEvent] = []

    async def serve(leg: CallLeg) -> None:
        kept.extend(await all_events(leg))
        with pytest.raises(LegGone):
            await leg.answer()

    async with sip_line() as line, serving(line, serve):
        ran = await Sipp(tmp_path, line.port).run(Scenario().invite().ringing().cancel())
        assert ran.well, ran.output
        await until(lambda: line.calls == 0, "an empty line")
    assert kept == [LegEnded(Ended.CANCELLED)]


async def test_hold_and_resume_are_told_and_sound_flows_again(tmp_path: Path) -> None:
    steps = Scenario(Caller(codecs=(PCMA,))).invite().answered().pause(0.2)
    for direction in ("sendonly", "sendrecv"):
        steps.invite(direction, again=True).answered().pause(0.2)
    steps.play("g711a").pause(3).bye()
    events: list[LegEvent] = []
    heard: list[bytes] = []

    async def serve(leg: CallLeg) -> None:
        await leg.answer()
        heard.append(await frames_until(leg, lambda sound: level_db(sound) > -40))
        events.extend(await all_events(leg))

    async with sip_line() as line, serving(line, serve):
        ran = await Sipp(tmp_path, line.port).run(steps)
        assert ran.well, ran.output
    assert events == [Held(), Resumed(), LegEnded(Ended.CALLER)]
    assert level_db(heard[0]) > -40


@pytest.mark.parametrize("codec", [PCMU, PCMA], ids=lambda codec: codec.name)
async def test_a_peer_with_one_codec_is_served_in_it(tmp_path: Path, codec: Codec) -> None:
    played: list[bool] = []

    async def serve(leg: CallLeg) -> None:
        await leg.answer()
        played.append(await leg.play(frames_of(prompt(0.3))))
        await leg.hang_up()

    async with sip_line() as line, serving(line, serve):
        ran = await Sipp(tmp_path, line.port).run(
            Scenario(Caller(codecs=(codec,))).invite().answered().hung_up_on()
        )
    assert ran.well, ran.output
    assert played == [True]
    (answer,) = ran.received("SIP/2.0 200")
    assert f"RTP/AVP {codec.payload} 101" in answer


async def test_a_peer_without_a_common_codec_is_told_so(tmp_path: Path) -> None:
    async with sip_line() as line, serving(line, events_kept([])):
        ran = await Sipp(tmp_path, line.port).run(
            Scenario(Caller(codecs=(UNKNOWN,), telephone_events=False)).invite().expect_refusal(488)
        )
        assert ran.well, ran.output
        await until(lambda: line.calls == 0, "an empty line")


async def test_recorded_sound_is_heard(tmp_path: Path) -> None:
    scenario = Scenario(Caller(codecs=(PCMA,))).invite().answered().play("g711a").pause(5).bye()
    heard: list[bytes] = []

    async def serve(leg: CallLeg) -> None:
        await leg.answer()
        heard.append(await frames_until(leg, lambda sound: level_db(sound) > -40))

    async with sip_line() as line, serving(line, serve):
        ran = await Sipp(tmp_path, line.port).run(scenario)
        assert ran.well, ran.output
    assert level_db(heard[0]) > -40


async def test_no_key_of_a_real_recording_is_lost(tmp_path: Path) -> None:
    keys = "1234567890*#"
    kept: list[LegEvent] = []
    scenario = Scenario(Caller(codecs=(PCMA,))).invite().answered().press(keys).bye()
    async with sip_line() as line, serving(line, events_kept(kept)):
        ran = await Sipp(tmp_path, line.port).run(scenario)
        assert ran.well, ran.output
    assert "".join(getattr(event, "key", "") for event in kept) == keys


async def test_an_inbound_refer_is_refused_and_the_call_goes_on(tmp_path: Path) -> None:
    kept: list[LegEvent] = []
    meter = CountingMeter()
    scenario = Scenario().invite().answered().refer("sip:+900123@[remote_ip]").expect(603)
    async with sip_line(meter) as line, serving(line, events_kept(kept)):
        ran = await Sipp(tmp_path, line.port).run(scenario.pause(0.2).bye())
        assert ran.well, ran.output
    assert kept == [LegEnded(Ended.CALLER)]
    assert meter.refusals == ["refer"]


async def test_sound_is_sent_from_the_range_of_ports_and_counted(tmp_path: Path) -> None:
    legs: list[CallLeg] = []

    async def serve(leg: CallLeg) -> None:
        legs.append(leg)
        await leg.answer()
        await leg.play(frames_of(prompt(1)))
        await leg.hang_up()

    async with sip_line(rtp_ports=(29_000, 29_400)) as line, serving(line, serve):
        ran = await Sipp(tmp_path, line.port).run(Scenario().invite().answered().hung_up_on())
    assert ran.well, ran.output
    (answer,) = ran.received("SIP/2.0 200")
    port = int(answer.partition("m=audio ")[2].split()[0])
    assert 29_000 <= port <= 29_400
    assert legs[0].quality().sent > 0
    assert legs[0].quality().mos > 4


async def test_thirty_calls_at_once_are_all_served(tmp_path: Path) -> None:
    calls = 30
    together = asyncio.Event()
    played: list[bool] = []
    keys: list[str] = []

    async def serve(leg: CallLeg) -> None:
        await leg.answer()
        if line.calls == calls:
            together.set()
        played.append(await leg.play(frames_of(prompt(1))))
        events = await all_events(leg)
        keys.append("".join(getattr(event, "key", "") for event in events))

    scenario = Scenario(Caller(codecs=(PCMA,))).invite().answered().pause(10)
    scenario.press("147*").pause(0.5).bye()
    async with sip_line() as line, serving(line, serve):
        ran = await Sipp(tmp_path, line.port).run(scenario, calls=calls, rate=15)
        assert ran.well, ran.output
        await until(lambda: line.calls == 0, "an empty line")
    assert together.is_set()
    assert played == [True] * calls
    assert keys == ["147*"] * calls


async def test_a_line_that_closes_before_the_answer_lets_the_caller_go(tmp_path: Path) -> None:
    async with sip_line() as line:
        sipp = Sipp(tmp_path, line.port)
        async with sipp.calling(Scenario().invite().ringing().expect_refusal(486)) as calling:
            leg = await next_leg(line)
            await line.close()
            assert (await calling).well
        assert leg.ended is Ended.STOPPED
