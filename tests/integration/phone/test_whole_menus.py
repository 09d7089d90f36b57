"""Callers in menus, by whole calls: what each key leads to, and what callers hear of it."""

from pathlib import Path

import pytest
from switchyard_phone.domain.language import Language

from tests.fakes.phone.bot import ORDER
from tests.fakes.phone.recordings import Recordings, quick_menus
from tests.fakes.phone.sounds import positions
from tests.fakes.phone.world import CHINESE, ENGLISH, NUMBER, Caller, World, world

pytestmark = pytest.mark.integration

IN_EITHER_LANGUAGE = pytest.mark.parametrize("language", [CHINESE, ENGLISH])
DIALLED = {CHINESE: "2001", ENGLISH: "2002"}
"""Numbers of the menu file that are answered in a language."""
LONG_SECONDS = 60.0
SECOND = 16_000  # bytes of sound


async def hears_menu(w: World, caller: Caller, menu: str, language: Language) -> None:
    """All of it: its name, its options, the way to a person."""
    told = w.recordings.menus.menu(menu)
    await caller.hears_line(told.prompt[language], language)
    for option in told.options:
        await caller.hears_line(w.recordings.menus.option_words(option, language), language)
    await caller.hears("person_key", language)


@IN_EITHER_LANGUAGE
async def test_the_number_dialled_decides_on_the_language(
    tmp_path: Path, redis_url: str, recordings: Recordings, language: Language
) -> None:
    other = recordings.menus.after(language)
    async with world(tmp_path, redis_url, recordings) as w, w.caller(DIALLED[language]) as caller:
        await caller.hears_line(recordings.menus.greeting[language], language)
        await hears_menu(w, caller, "main", language)
        assert not caller.has_heard_line(recordings.menus.greeting[other], other)


@IN_EITHER_LANGUAGE
async def test_who_is_known_is_served_in_their_language(
    tmp_path: Path, redis_url: str, recordings: Recordings, language: Language
) -> None:
    other = recordings.menus.after(language)
    async with world(tmp_path, redis_url, recordings) as w:
        w.numbers.languages[NUMBER] = {CHINESE: "yue-HK", ENGLISH: "en-GB"}[language]
        async with w.caller(number=NUMBER) as caller:
            await caller.hears_line(recordings.menus.greeting[language], language)
            await caller.hears("person_key", language)
            assert not caller.has_heard_line(recordings.menus.greeting[other], other)


@IN_EITHER_LANGUAGE
async def test_who_is_not_known_chooses_by_key_and_is_served_to_the_end(
    tmp_path: Path, redis_url: str, recordings: Recordings, language: Language
) -> None:
    key = str(recordings.menus.languages.index(language) + 1)
    async with world(tmp_path, redis_url, recordings) as w, w.caller() as caller:
        for place, each in enumerate(recordings.menus.languages, 1):
            await caller.hears_line(recordings.menus.greeting[each], each)
            await caller.hears("choose_language", each, key=place)
        await caller.presses(key)
        await hears_menu(w, caller, "main", language)
        await caller.presses("1")
        await caller.hears_line(recordings.menus.fields["order_number"].prompt[language], language)
        await caller.presses("10240001")
        await caller.hears_line(recordings.menus.fields["phone_last4"].prompt[language], language)
        await caller.presses("8826")
        await caller.hears_line(ORDER, language)
        await caller.hears("anything_else", language)
        await caller.presses("#")
        await w.told_of("menu", menu="main")
        await caller.telephone.hang_up()
        await w.told_of("over")
        timeline = str(await w.phone.timeline())
    slots = {"order_number": "10240001", "phone_last4": "8826"}
    assert w.bot.keyed == [{"intent": "order_status", "slots": slots}]
    assert {body["metadata"]["language"] for body in w.bot.asked} == {language}
    assert "8826" not in timeline
    assert "10240001" not in timeline


@IN_EITHER_LANGUAGE
async def test_a_wrong_key_is_told_and_after_the_retries_a_person_comes(
    tmp_path: Path, redis_url: str, recordings: Recordings, language: Language
) -> None:
    async with world(tmp_path, redis_url, recordings) as w, w.caller(DIALLED[language]) as caller:
        await caller.hears("person_key", language)
        for _ in range(recordings.menus.retries):
            caller.begins_to_listen()
            await caller.presses("7")
            await caller.hears("wrong_key", language)
            await hears_menu(w, caller, "main", language)
        await caller.presses("7")
        await caller.hears("to_person", language)
        assert (await w.told_of("queued"))["reason"] == "tries"
        contact = await w.centre.contact(await w.queued())
    assert contact.language == language


@IN_EITHER_LANGUAGE
async def test_silence_is_told_and_after_the_retries_a_person_comes(
    tmp_path: Path, redis_url: str, recordings: Recordings, language: Language
) -> None:
    hasty = quick_menus(tmp_path / "hasty.yml", 0.5)
    async with (
        world(tmp_path, redis_url, recordings, menus=hasty) as w,
        w.caller(DIALLED[language]) as caller,
    ):
        await caller.hears("nothing_heard", language)
        await w.told_of("missed", recordings.menus.retries)
        await caller.hears("to_person", language)
        assert (await w.told_of("queued"))["reason"] == "tries"
        await caller.hears("place", language, position=1)


async def test_who_has_what_they_wanted_and_says_nothing_hears_goodbye(
    tmp_path: Path, redis_url: str, recordings: Recordings
) -> None:
    hasty = quick_menus(tmp_path / "hasty.yml", 2)
    async with world(tmp_path, redis_url, recordings, menus=hasty) as w, w.caller("2002") as caller:
        await caller.presses("3")
        await caller.hears_line(ORDER, ENGLISH)
        await caller.hears("goodbye", ENGLISH)
        await caller.telephone.over()
        await w.told_of("ended", cause="here")
        await w.is_empty()


async def test_a_key_silences_the_prompt_and_counts(
    tmp_path: Path, redis_url: str, recordings: Recordings
) -> None:
    greeting = recordings.menus.greeting[ENGLISH]
    long = Recordings(tmp_path / "long", recordings.file, seconds={greeting: LONG_SECONDS})
    async with world(tmp_path, redis_url, long) as w, w.caller("2002") as caller:
        (noise,) = long.line(greeting, ENGLISH)
        await caller.hears_noise(noise[:SECOND])
        await caller.presses("2")
        await hears_menu(w, caller, "bills", ENGLISH)
        assert not positions(caller.heard(), noise[-2 * SECOND :])
        assert await w.phone.metric('switchyard_phone_barge_ins_total{by="key"}') == 1
