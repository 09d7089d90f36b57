"""From the end of what a caller says to the bot's answer, with the real engines.

One caller after the other says the same words in Chinese, and others are listened to meanwhile.
Three quarters of a second of it are the silence by which the end is known.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from switchyard_phone.domain.audio import to_mu_law
from switchyard_phone.settings import PhoneSettings

from benchmarks.load.table import say, show
from benchmarks.phone.company import CHINESE_NUMBER, SPOKEN
from benchmarks.phone.rtp import Sound
from benchmarks.phone.sip import Callers
from benchmarks.phone.times import CALLER, milliseconds
from benchmarks.phone.under_test import UnderTest, under_test
from tests.fakes.phone.bot import KeyedBot
from tests.fakes.phone.engines import MODELS, PYTHON
from tests.fakes.phone.voices import CHINESE_PHRASES, clip

PROBES = 16
_BACKGROUND = 10
_PAUSE_SECONDS = 1.5
_PATIENCE_SECONDS = 30.0
_WEIGHTS = Path("whisper-base") / "model.bin"


@dataclass(slots=True)
class _Found:
    answered: list[float] = field(default_factory=list)
    misunderstood: int = 0


async def measure(
    settings: Mapping[str, Any], bot: KeyedBot, probes: int
) -> dict[str, float | None]:
    """A phone that listens; without models there is nothing to measure, and it is said why."""
    models = _models()
    if models is None:
        say("speech is not measured: no models here (make speech-models)")
        return {"speech_to_answer_ms": None}
    more = {
        "speech": True,
        "speech_models": str(models[0]),
        "speech_python": str(models[1]),
        "speech_deadline_seconds": _PATIENCE_SECONDS,
    }
    say("starting a phone that listens")
    async with under_test("phone", {**settings, **more}) as phone:
        found = await _speak(phone, bot, probes)
    row = ("last word → first of the answer", len(found.answered), found.misunderstood)
    times = [milliseconds(found.answered, share) for share in (50, 95, 100)]
    heads = ("", "times", "not understood", "p50 ms", "p95", "most")
    show("what callers who speak wait for", heads, [(*row, *times)])
    return {
        "speech_to_answer_ms": times[0] if found.answered else None,
        "speech_to_answer_p95_ms": times[1] if found.answered else None,
        "speech_not_understood": found.misunderstood,
    }


def _models() -> tuple[Path, Path] | None:
    """Folder and interpreter: those of operators, else those of tests."""
    usual = PhoneSettings()
    for models, python in ((usual.speech_models, usual.speech_python), (MODELS, PYTHON)):
        if (models / _WEIGHTS).exists() and python.exists():
            return models.absolute(), python.absolute()
    return None


async def _speak(phone: UnderTest, bot: KeyedBot, probes: int) -> _Found:
    sound, found = Sound(), _Found()
    callers = Callers(phone.ports["sip"], sound)
    words = to_mu_law(clip("phrase", CHINESE_PHRASES.index(SPOKEN)))
    sound.start()
    await callers.open()
    try:
        say(f"{probes} callers speak beside {_BACKGROUND} who are listened to")
        for _ in range(_BACKGROUND):
            await callers.call(dialled=CHINESE_NUMBER, speaks=False)
        for _ in range(probes):
            await _probe(callers, bot, words, found)
    finally:
        await callers.close()
        await sound.close()
    return found


async def _probe(callers: Callers, bot: KeyedBot, words: bytes, found: _Found) -> None:
    call = await callers.call(CALLER, CHINESE_NUMBER, speaks=False)
    try:
        await call.spoke
        await asyncio.sleep(_PAUSE_SECONDS)
        asked = len(bot.keyed)
        ended = await call.stream.say(words)
        async with asyncio.timeout(_PATIENCE_SECONDS):
            heard = await call.stream.loud()
        if len(bot.keyed) > asked:
            found.answered.append(heard - ended)
        else:
            found.misunderstood += 1  # the menu went on, or a question back
    except TimeoutError:
        found.misunderstood += 1
    finally:
        await callers.end(call)
