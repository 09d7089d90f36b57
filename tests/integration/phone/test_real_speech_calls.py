"""Callers who speak with the real engines: from a telephone's microphone to the bot's intents."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from switchyard_phone.domain.language import Language
from switchyard_phone.service.recognition import Recognizer

from tests.fakes.phone.bot import ORDER
from tests.fakes.phone.engines import real_recognizer
from tests.fakes.phone.recordings import Recordings
from tests.fakes.phone.voices import CHINESE_PHRASES, clip, quiet, robots
from tests.fakes.phone.world import CHINESE, ENGLISH, Caller, World, world

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

DIALLED = {CHINESE: "2001", ENGLISH: "2002"}
HOURS, HOURS_SAID = "门店和营业时间", "opening hours"
TRIES = 4
MENUS = f"""\
languages: [zh, en]
start: main
greeting: {{zh: 您好。, en: Hello.}}
retries: 2
numbers: {{"2001": zh, "2002": en}}
timing: {{first_digit_seconds: 60, between_digits_seconds: 60}}
menus:
  main:
    prompt: {{zh: 请选择。, en: Please choose.}}
    keys:
      "1":
        label: {{zh: 预约回电, en: to be called back}}
        say: {{zh: [预约回电], en: [call me back]}}
        intent: callback
      "2":
        label: {{zh: 查询账单和余额, en: to hear your bills and balance}}
        say: {{zh: [查询账单和余额], en: [bills and balance]}}
        intent: bill_balance
      "3":
        label: {{zh: {HOURS}, en: for opening hours}}
        say: {{zh: [{HOURS}], en: [{HOURS_SAID}]}}
        intent: opening_hours
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def recognizer() -> AsyncIterator[Recognizer]:
    """Started once: loading the model takes seconds."""
    async with real_recognizer() as engines:
        yield engines


async def words(language: Language) -> bytes:
    """What the caller says, in a voice of its language."""
    if language is CHINESE:
        return clip("phrase", CHINESE_PHRASES.index(HOURS))
    (said,) = await robots((HOURS_SAID,))
    return said


async def understood(w: World, caller: Caller, sound: bytes) -> bool:
    """Whether it was; what is in doubt is confirmed by key, as a caller would."""
    await w.told_of("waiting", at="menu")
    await caller.telephone.say(sound)
    heard = await w.told_of("heard")
    if heard["result"] == "doubted" and heard["phrase"] == "3":
        await caller.presses("1")
    return str(heard["phrase"]) == "3"


@pytest.mark.parametrize("language", [CHINESE, ENGLISH])
async def test_a_phrase_that_is_said_reaches_the_bot_as_an_intent(
    tmp_path: Path, redis_url: str, recognizer: Recognizer, language: Language
) -> None:
    file = tmp_path / "menus.yml"
    file.write_text(MENUS, encoding="utf-8")
    recordings = Recordings(tmp_path / "noises", file, (ORDER,))
    sound = quiet(0.3) + await words(language)
    async with world(tmp_path, redis_url, recordings, recognizer=recognizer) as w:
        for _ in range(TRIES):
            # Packets may be lost on a busy machine; whoever is not understood calls again.
            async with w.caller(DIALLED[language]) as caller:
                if await understood(w, caller, sound):
                    await w.told_of("bot_answered")
                    break
        timeline = str(await w.phone.timeline())
    assert w.bot.keyed == [{"intent": "opening_hours", "slots": {}}]
    assert {body["metadata"]["language"] for body in w.bot.asked} == {language}
    assert HOURS not in timeline
    assert HOURS_SAID not in timeline
