"""What the real engines understand: people's recordings, synthetic voices, silence and noise."""

import re
from collections.abc import AsyncIterator, Sequence

import pytest
import pytest_asyncio
from switchyard_phone.domain.audio import frames_of, from_mu_law, to_mu_law
from switchyard_phone.service.recognition import (
    Expected,
    Final,
    HeardEvent,
    NoInput,
    NoMatch,
    Recognizer,
)

from tests.fakes.phone.engines import real_recognizer
from tests.fakes.phone.sounds import tone
from tests.fakes.phone.voices import (
    CHINESE_OTHER,
    CHINESE_PHRASES,
    CHINESE_SENTENCES,
    ENGLISH_OTHER,
    ENGLISH_PHRASES,
    PEOPLE_SAY,
    clip,
    noise,
    person,
    quiet,
    robots,
)

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

_MOST_WORD_ERRORS = 0.15
_MOST_CHARACTER_ERRORS = 0.3
_LEAST_PHRASES = 12
_SURE = 0.75


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def recognizer() -> AsyncIterator[Recognizer]:
    """Started once: loading the model takes seconds."""
    async with real_recognizer() as engines:
        yield engines


async def frames(sound: bytes) -> AsyncIterator[bytes]:
    """As a telephone carries it: by G.711."""
    for frame in frames_of(from_mu_law(to_mu_law(sound))):
        yield frame


async def result(recognizer: Recognizer, sound: bytes, expected: Expected) -> HeardEvent:
    spoken = quiet(0.5) + sound + quiet(2)
    return [event async for event in recognizer.listen(frames(spoken), expected)][-1]


async def text(recognizer: Recognizer, sound: bytes, language: str) -> str:
    heard = await result(recognizer, sound, Expected(language))
    return heard.text if isinstance(heard, Final) else ""


def words(said: str) -> list[str]:
    return re.findall(r"[a-z']+", said.lower())


def characters(said: str) -> list[str]:
    return re.findall(r"\w", said)


def errors(wanted: Sequence[str], heard: Sequence[str]) -> int:
    """Words or characters that were added, left out or changed (Levenshtein, 1966)."""
    row = list(range(len(heard) + 1))
    for place, one in enumerate(wanted, 1):
        above, row = row, [place]
        for column, other in enumerate(heard, 1):
            row.append(min(above[column] + 1, row[-1] + 1, above[column - 1] + (one != other)))
    return row[-1]


async def test_people_are_understood_in_english(recognizer: Recognizer) -> None:
    wrong = total = 0
    for name, said in PEOPLE_SAY.items():
        heard = await text(recognizer, person(name), "en")
        wrong += errors(words(said), words(heard))
        total += len(words(said))
    print(f"English: {wrong} of {total} words wrong")
    assert wrong / total < _MOST_WORD_ERRORS


async def test_chinese_is_understood_and_written_in_simplified_characters(
    recognizer: Recognizer,
) -> None:
    wrong = total = 0
    for place, said in enumerate(CHINESE_SENTENCES):
        heard = await text(recognizer, clip("sentence", place), "zh")
        wrong += errors(said, characters(heard))
        total += len(said)
        assert not set(heard) & set("單訂嗎請幫這個賬務碼門開")
    print(f"Chinese: {wrong} of {total} characters wrong")
    assert wrong / total < _MOST_CHARACTER_ERRORS


async def found(
    recognizer: Recognizer, sounds: Sequence[bytes], phrases: Sequence[str], language: str
) -> list[Final | None]:
    expected = Expected(language, {phrase: (phrase,) for phrase in phrases})
    events = [await result(recognizer, sound, expected) for sound in sounds]
    return [event if isinstance(event, Final) and event.phrase else None for event in events]


async def test_phrases_of_a_menu_are_known_in_english(recognizer: Recognizer) -> None:
    heard = await found(recognizer, await robots(ENGLISH_PHRASES), ENGLISH_PHRASES, "en")
    right = [
        one for one, said in zip(heard, ENGLISH_PHRASES, strict=True) if one and one.phrase == said
    ]
    print(f"English: {len(right)} phrases known, least sure {min(o.confidence for o in right):.2f}")
    assert len(right) >= _LEAST_PHRASES


async def test_phrases_of_a_menu_are_known_in_chinese(recognizer: Recognizer) -> None:
    sounds = [clip("phrase", place) for place in range(len(CHINESE_PHRASES))]
    heard = await found(recognizer, sounds, CHINESE_PHRASES, "zh")
    right = [
        one for one, said in zip(heard, CHINESE_PHRASES, strict=True) if one and one.phrase == said
    ]
    print(f"Chinese: {len(right)} phrases known, least sure {min(o.confidence for o in right):.2f}")
    assert len(right) >= _LEAST_PHRASES


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_what_no_menu_foresees_is_no_phrase(recognizer: Recognizer, language: str) -> None:
    if language == "en":
        sounds, phrases = await robots(ENGLISH_OTHER), ENGLISH_PHRASES
    else:
        sounds = [clip("other", place) for place in range(len(CHINESE_OTHER))]
        phrases = CHINESE_PHRASES
    heard = await found(recognizer, sounds, phrases, language)
    assert [one for one in heard if one is not None and one.confidence >= _SURE] == []


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_silence_noise_and_tones_mean_nothing(recognizer: Recognizer, language: str) -> None:
    expected = Expected(language, no_input_seconds=4)
    for sound in (quiet(6), noise(6), noise(6, 0.3), tone(425, 6), noise(1, 0.3) + quiet(5)):
        assert await result(recognizer, sound, expected) in (NoInput(), NoMatch())
