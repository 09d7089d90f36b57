"""Callers who speak, by whole calls; a script decides what is understood."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from switchyard_phone.service.recognition import (
    Final,
    NoMatch,
    RecognizerDown,
)

from tests.fakes.phone.asterisk import asterisk_call
from tests.fakes.phone.bot import ONE_MOMENT, ORDER
from tests.fakes.phone.recognizer import Ponderer, ScriptedRecognizer
from tests.fakes.phone.recordings import Recordings
from tests.fakes.phone.sounds import positions, tone
from tests.fakes.phone.waiting import until, until_heard
from tests.fakes.phone.world import ENGLISH, Caller, World, world

pytestmark = pytest.mark.integration

SURE, UNSURE = 0.95, 0.5
WORDS = tone(300, 1.5)
SECONDS = 3 * 16_000  # bytes of sound
TRIES, LOOKS = 4, 30
BILLS = Final("words of the caller", SURE, "2")
ADDRESS = "12 Nanjing Road"
MENUS = """\
languages: [zh, en]
start: main
greeting: {zh: 您好。, en: Hello.}
retries: 2
numbers: {"2001": zh, "2002": en}
timing: {first_digit_seconds: 60, between_digits_seconds: 60}
menus:
  main:
    prompt: {zh: 请选择。, en: Please choose.}
    keys:
      "2":
        label: {zh: 账单, en: for bills}
        say: {zh: [账单], en: [my bills, bills]}
        menu: bills
      "3": {label: {zh: 重置密码, en: to reset your PIN}, intent: pin_reset}
  bills:
    prompt: {zh: 账单服务。, en: Bills.}
    keys:
      "8":
        label: {zh: 返回主菜单, en: for the main menu}
        say: {zh: [主菜单], en: [main menu]}
        menu: main
fields:
  pin: {prompt: {zh: 请输入密码。, en: Please enter your PIN.}, digits: 4-8, secret: true}
"""


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Recordings:
    """Noises for menus that offer words."""
    folder = tmp_path_factory.mktemp("spoken")
    file = folder / "menus.yml"
    file.write_text(MENUS, encoding="utf-8")
    return Recordings(folder, file, (ORDER, ONE_MOMENT))


@asynccontextmanager
async def speaking(
    folder: Path, redis_url: str, recordings: Recordings, ears: ScriptedRecognizer, **settings: Any
) -> AsyncIterator[tuple[World, Caller]]:
    """Somebody who has called in English and says nothing yet."""
    async with (
        world(folder, redis_url, recordings, recognizer=ears, **settings) as w,
        w.caller("2002") as caller,
    ):
        yield w, caller


async def hears_menu(caller: Caller, recordings: Recordings, menu: str, *, speech: bool) -> None:
    """All of its options; who has missed one on a busy machine has it said again."""
    menus = recordings.menus
    options = [
        menus.option_words(option, ENGLISH, speech=speech) for option in menus.menu(menu).options
    ]

    def heard() -> bool:
        return all(caller.has_heard_line(words, ENGLISH) for words in options)

    for _ in range(TRIES):
        for _ in range(LOOKS):
            if await asyncio.to_thread(heard):
                return
            await asyncio.sleep(0.5)
        await caller.presses("*")
    raise AssertionError(f"never heard: {options}")


def greeted_for_long(folder: Path, recordings: Recordings) -> tuple[Recordings, bytes]:
    """A greeting that nobody hears to its end."""
    greeting = recordings.menus.greeting[ENGLISH]
    long = Recordings(folder / "long", recordings.file, seconds={greeting: 60.0})
    (noise,) = long.line(greeting, ENGLISH)
    return long, noise


async def test_a_voice_silences_the_prompt_and_a_phrase_does_what_its_key_does(
    tmp_path: Path, redis_url: str, recordings: Recordings
) -> None:
    long, greeting = greeted_for_long(tmp_path, recordings)
    ears = ScriptedRecognizer([BILLS])
    async with speaking(tmp_path, redis_url, long, ears) as (w, caller):
        await caller.hears_noise(greeting[:SECONDS])
        await caller.telephone.say(WORDS)
        await hears_menu(caller, long, "bills", speech=True)
        assert not positions(caller.heard(), greeting[len(greeting) // 2 :])
        assert await w.phone.metric('switchyard_phone_barge_ins_total{by="voice"}') == 1
        assert await w.phone.metric('switchyard_phone_heard_total{result="accepted"}') == 1
        await w.told_of("heard", result="accepted", at="menu", phrase="2", confidence=SURE)
        assert BILLS.text not in str(await w.phone.timeline())
    assert ears.expected[0].phrases["2"][0] == "my bills"
    assert {expected.language for expected in ears.expected} == {"en"}
    assert ears.listening == 0


async def test_a_prompt_goes_on_from_its_clip_when_nothing_usable_was_heard(
    tmp_path: Path, redis_url: str, recordings: Recordings
) -> None:
    long, greeting = greeted_for_long(tmp_path, recordings)
    async with speaking(tmp_path, redis_url, long, ScriptedRecognizer([NoMatch()])) as (w, caller):
        await caller.hears_noise(greeting[:SECONDS])
        await caller.telephone.say(WORDS)
        await w.told_of("barge_in", by="voice")
        caller.begins_to_listen()
        await w.told_of("resumed")
        await caller.hears_noise(greeting[:SECONDS])
        assert not [entry for entry in await w.phone.timeline() if entry["what"] == "missed"]


async def test_a_key_silences_the_prompt_where_callers_may_speak(
    tmp_path: Path, redis_url: str, recordings: Recordings
) -> None:
    long, greeting = greeted_for_long(tmp_path, recordings)
    async with speaking(tmp_path, redis_url, long, ScriptedRecognizer()) as (w, caller):
        await caller.hears_noise(greeting[:SECONDS])
        await caller.presses("2")
        await hears_menu(caller, long, "bills", speech=True)
        assert await w.phone.metric('switchyard_phone_barge_ins_total{by="key"}') == 1
        assert await w.phone.metric('switchyard_phone_barge_ins_total{by="voice"}') == 0


async def test_a_key_wins_over_words_that_are_being_understood(
    tmp_path: Path, redis_url: str, recordings: Recordings
) -> None:
    ears = Ponderer([BILLS])
    async with speaking(tmp_path, redis_url, recordings, ears) as (w, caller):
        await w.told_of("waiting", at="menu")
        await caller.telephone.say(WORDS)
        await until(lambda: ears.pondering, "the end of speech")
        await caller.presses("2")
        await hears_menu(caller, recordings, "bills", speech=True)
        assert not [entry for entry in await w.phone.timeline() if entry["what"] == "heard"]
        series = 'switchyard_phone_recognition_seconds_count{outcome="dropped"}'
        assert await w.phone.metric(series) == 1


@pytest.mark.parametrize("by_voice", [True, False])
@pytest.mark.parametrize("rightly", [True, False])
async def test_what_is_in_doubt_is_asked_back(
    tmp_path: Path, redis_url: str, recordings: Recordings, by_voice: bool, rightly: bool
) -> None:
    key = "1" if rightly else "2"
    ears = ScriptedRecognizer([Final("bills", UNSURE, "2"), Final("so", SURE, key)])
    async with speaking(tmp_path, redis_url, recordings, ears) as (w, caller):
        await w.told_of("waiting", at="menu")
        await caller.telephone.say(WORDS)
        await w.told_of("waiting", at="doubted")
        caller.begins_to_listen()
        if by_voice:
            await caller.telephone.say(WORDS)
        else:
            await caller.presses(key)
        await w.told_of("confirmed", rightly=int(rightly))
        await hears_menu(caller, recordings, "bills" if rightly else "main", speech=True)
        answer = "yes" if rightly else "no"
        series = f'switchyard_phone_confirmations_total{{answer="{answer}"}}'
        assert await w.phone.metric(series) == 1


async def test_who_is_twice_not_understood_uses_keys_and_then_gets_a_person(
    tmp_path: Path, redis_url: str, recordings: Recordings
) -> None:
    async with speaking(tmp_path, redis_url, recordings, ScriptedRecognizer()) as (w, caller):
        for times in (1, 2):
            await w.told_of("waiting", times, at="menu")
            caller.begins_to_listen()
            await caller.telephone.say(WORDS)
            await w.told_of("missed", times)
        await hears_menu(caller, recordings, "main", speech=False)
        await caller.presses("7")
        assert (await w.told_of("queued"))["reason"] == "tries"
        assert await w.phone.metric('switchyard_phone_heard_total{result="no_match"}') == 2


async def test_an_answer_to_an_open_question_goes_to_the_bot_as_words(
    tmp_path: Path, redis_url: str, recordings: Recordings
) -> None:
    ears = ScriptedRecognizer([Final(ADDRESS, SURE)])
    async with speaking(tmp_path, redis_url, recordings, ears) as (w, caller):
        w.bot.steps["pin_reset"] = "ask.address"
        await caller.presses("3")
        await w.told_of("waiting", at="words")
        await caller.telephone.say(WORDS)
        await w.told_of("asked_bot", event="words")
        await w.told_of("queued")
        timeline = str(await w.phone.timeline())
    (asked,) = [body for body in w.bot.asked if body.get("message") == ADDRESS]
    assert asked["metadata"]["language"] == "en"
    assert not ears.expected[-1].phrases
    assert ADDRESS not in timeline


async def test_without_a_recogniser_the_call_goes_on_by_keys(
    tmp_path: Path, redis_url: str, recordings: Recordings
) -> None:
    ears = ScriptedRecognizer([RecognizerDown("out of breath")])
    settings = {"speech_retry_seconds": 600}
    async with speaking(tmp_path, redis_url, recordings, ears, **settings) as (w, caller):
        await w.told_of("waiting", at="menu")
        await caller.telephone.say(WORDS)
        await w.told_of("recognizer_down")
        caller.begins_to_listen()
        await caller.presses("2")
        await hears_menu(caller, recordings, "bills", speech=False)
        assert await w.phone.metric("switchyard_phone_recognizer_down_total") == 1
        assert not [entry for entry in await w.phone.timeline() if entry["what"] == "missed"]


async def test_nobody_listens_while_a_secret_is_keyed_in(
    tmp_path: Path, redis_url: str, recordings: Recordings
) -> None:
    ears = ScriptedRecognizer()
    async with speaking(tmp_path, redis_url, recordings, ears) as (w, caller):
        w.bot.steps["pin_reset"] = "ask.pin"
        await w.told_of("waiting", at="menu")
        await caller.presses("3")
        await w.told_of("waiting", at="asked")
        asked = len(ears.expected)
        assert ears.listening == 0
        await caller.telephone.say(WORDS)
        await caller.presses("4711#")
        await w.told_of("asked_bot", slots="pin")
        timeline = await w.phone.timeline()
        (told,) = [n for n, entry in enumerate(timeline) if entry.get("slots") == "pin"]
        assert not [entry for entry in timeline[:told] if entry["what"] == "spoke"]
    assert asked == 1


async def test_callers_by_audiosocket_speak_as_well(
    tmp_path: Path, redis_url: str, recordings: Recordings
) -> None:
    ears = ScriptedRecognizer([NoMatch(), BILLS])
    async with (
        world(tmp_path, redis_url, recordings, recognizer=ears, audiosocket_port=0) as w,
        asterisk_call(w.phone.audiosocket) as call,
    ):
        await w.told_of("waiting", at="language")
        await call.press("2")
        for result in ("no_match", "accepted"):
            await w.told_of("waiting", at="menu")
            call.say(WORDS)
            await w.told_of("heard", result=result)
        await w.told_of("menu", menu="bills")
        for noise in recordings.line(recordings.menus.menu("bills").prompt[ENGLISH], ENGLISH):
            await until_heard(call.heard, noise)
        await call.hang_up()
        await w.told_of("over")
    assert ears.listening == 0
