"""Puts together what commands and the process need of voices and texts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from switchyard_phone.adapters.menu_files import load
from switchyard_phone.adapters.voices.choice import KokoroFiles, open_voice
from switchyard_phone.adapters.voices.clip_files import ClipFiles, RecordedFiles, recording_name
from switchyard_phone.adapters.voices.known_texts import bot_texts, menu_texts
from switchyard_phone.domain.language import Language
from switchyard_phone.domain.menus import Menus
from switchyard_phone.domain.saying.speech import Speech
from switchyard_phone.entrypoints.cli.prompts import Sources, Studio
from switchyard_phone.service.prompts import RenderAhead


def speeches(menus: Menus, texts: Path | None) -> dict[Language, Speech]:
    """How texts are said in each language of the menus. BadTextFile, OSError."""
    return {
        language: Speech(
            language,
            [*menu_texts(menus, language), *(bot_texts(texts, language) if texts else ())],
        )
        for language in menus.languages
    }


@asynccontextmanager
async def open_studio(sources: Sources) -> AsyncIterator[Studio]:
    """Everything that makes clips ahead. BadMenus, BadTextFile, VoiceFailed, OSError."""
    spoken = speeches(load(sources.menus), sources.texts)
    wanted = frozenset(
        (language, text) for language, speech in spoken.items() for text in speech.inventory()
    )
    recordings = RecordedFiles(sources.recordings)
    kokoro = KokoroFiles(*sources.kokoro) if sources.kokoro else None
    async with open_voice(kokoro) as voice:
        yield Studio(
            wanted=wanted,
            render=RenderAhead(recordings, ClipFiles(sources.out), voice),
            voice=voice.voice,
            name=recording_name,
            problems=recordings.problems,
        )
