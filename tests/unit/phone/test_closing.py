"""The process is to stop: what each caller hears, and where they are taken."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from switchyard_phone.domain import caller_events as ev
from switchyard_phone.domain.caller_session import Phase
from switchyard_phone.domain.language import Language
from switchyard_phone.service.drain import Drain
from switchyard_phone.service.leg import CallLeg

from tests.fakes.phone.led_caller import Call, one

pytestmark = pytest.mark.unit

ZH, EN = Language.CHINESE, Language.ENGLISH
SOON, NOW = ev.Closing(last=False), ev.Closing(last=True)
GOODBYE = {
    ZH: "很抱歉，系统马上要重新启动，请过一会儿再打来。再见！",
    EN: "I am sorry, our system is about to restart. Please call again in a moment. Goodbye!",
}
PASSED_ON = {
    ZH: "很抱歉，系统马上要重新启动，我把您的事情转给人工客服，请稍候。",
    EN: "I am sorry, our system is about to restart, so I am passing your matter on to a person. "
    "One moment, please.",
}


@pytest.mark.parametrize("language", [ZH, EN])
def test_whoever_is_in_a_menu_hears_goodbye(language: Language) -> None:
    call = Call(language=language)
    call.tell(SOON)
    assert call.said == [GOODBYE[language]]
    assert isinstance(call.outputs[-1], ev.HangUp)
    assert call.session.phase is Phase.ENDED


@pytest.mark.parametrize("language", [ZH, EN])
def test_whoever_is_in_the_middle_of_something_gets_a_person(language: Language) -> None:
    call = Call(language=language)
    call.press("11")
    call.tell(SOON)
    assert call.said == [PASSED_ON[language]]
    assert call.transfer.handover.reason == "closing"


def test_whoever_waits_for_the_bot_gets_a_person() -> None:
    call = Call()
    call.press("41")
    assert call.session.phase is Phase.BOT
    call.tell(SOON)
    assert call.transfer.handover.reason == "closing"


def test_what_is_being_said_stops_without_counting_as_the_callers_doing() -> None:
    call = Call()
    assert one(call.tell(SOON), ev.Stop) == ev.Stop(by=None)


def test_whoever_waits_for_a_person_goes_on_waiting() -> None:
    call = Call()
    call.press("0")
    assert call.tell(SOON) == ()
    assert call.session.phase is Phase.PERSON


@pytest.mark.parametrize("event", [ev.NoPerson("queue_full"), ev.Back("left_queue")])
def test_where_nobody_can_take_over_there_is_only_goodbye(event: ev.Event) -> None:
    call = Call()
    call.press("0")
    call.tell(SOON)
    call.tell(event)
    assert call.said == [GOODBYE[EN]]
    assert call.session.phase is Phase.ENDED


@pytest.mark.parametrize("keys", ["", "11", "41", "0"])
def test_in_the_end_everybody_hears_goodbye(keys: str) -> None:
    call = Call()
    call.press(keys)
    call.tell(NOW)
    assert call.said == [GOODBYE[EN]]
    assert isinstance(call.outputs[-1], ev.HangUp)


def test_a_call_that_is_just_being_answered_hears_goodbye() -> None:
    call = Call()
    call.session = call._caller.new()
    call.tell(SOON)
    call.tell(ev.Begun(EN))
    assert isinstance(call.outputs[-1], ev.HangUp)


class Line:
    """A line whose calls end when they are told to, by a word of `ends_at`."""

    def __init__(self, calls: int) -> None:
        self.calls = calls
        self.asked: list[float] = []

    async def arrivals(self) -> AsyncIterator[CallLeg]:
        await asyncio.Event().wait()
        yield  # type: ignore[misc]

    async def drain(self, seconds: float) -> bool:
        self.asked.append(seconds)
        return self.calls == 0

    async def close(self) -> None:
        return


class Everybody:
    """The calls of both lines; `last` ends them all if nothing else does."""

    def __init__(self, lines: tuple[Line, ...], after: bool) -> None:
        self._lines, self._after = lines, after
        self.told: list[bool] = []

    def close(self, *, last: bool) -> None:
        self.told.append(last)
        if last is self._after:
            for line in self._lines:
                line.calls = 0


async def drained(calls: tuple[int, int], after: bool = False) -> tuple[Everybody, Line, Line]:
    lines = Line(calls[0]), Line(calls[1])
    everybody = Everybody(lines, after)
    drain = Drain(lines, everybody, seconds=10, waiting_seconds=60)  # type: ignore[arg-type]
    await drain.execute()
    assert drain.begun
    return everybody, *lines


async def test_an_empty_process_stops_at_once_and_both_lines_let_nobody_in() -> None:
    everybody, sip, audiosocket = await drained((0, 0))
    assert everybody.told == []
    assert (sip.asked, audiosocket.asked) == ([10], [10])


async def test_callers_have_their_time_then_are_told_and_the_waiting_have_theirs() -> None:
    everybody, sip, _ = await drained((1, 2))
    assert everybody.told == [False]
    assert sip.asked == [10, 50]


async def test_whoever_is_still_here_then_is_said_goodbye_to() -> None:
    everybody, sip, _ = await drained((1, 0), after=True)
    assert everybody.told == [False, True]
    assert sip.asked[:2] == [10, 50]
