"""`switchyard ivr prompts`: makes what callers hear ahead, and lists what can be recorded."""

import asyncio
import csv
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from switchyard_common.commands import Lang, LangOption, language_of

from switchyard_phone.domain.language import Language
from switchyard_phone.service.prompts import RenderAhead, Rendered
from switchyard_phone.service.voices import VoiceFailed

_FAILED = 1
_SUMMARY = {
    Lang.EN: "{total} clips, {seconds:.0f} s: {new} new, {kept} kept, {recorded} recorded. "
    "Voice: {voice}. {out}",
    Lang.ZH: "共 {total} 个片段，{seconds:.0f} 秒：新合成 {new}，已有 {kept}，录音 {recorded}。"
    "声音：{voice}。{out}",
}


@dataclass(frozen=True, slots=True)
class Sources:
    """Where menus, texts, recordings and Kokoro are, and where clips go; None: not there."""

    menus: Path | None
    texts: Path | None
    recordings: Path | None
    out: Path
    kokoro: tuple[Path, Path, Path] | None


@dataclass(frozen=True, slots=True)
class Studio:
    """What is to be made, and who makes it. `name` is what a recording is to be called."""

    wanted: frozenset[tuple[Language, str]]
    render: RenderAhead
    voice: str
    name: Callable[[str], str]
    problems: Mapping[str, str]


OpenStudio = Callable[[Sources], AbstractAsyncContextManager[Studio]]
"""Raises ValueError for menus or texts that are wrong, VoiceFailed, OSError."""

_Menus = Annotated[
    Path | None, typer.Option(envvar="PHONE_MENUS", help="Menu file; else the demo company's.")
]
_Texts = Annotated[
    Path | None, typer.Option(envvar="PHONE_TEXTS", help="Folder with the bot's texts.")
]
_Recordings = Annotated[
    Path | None, typer.Option(envvar="PHONE_RECORDINGS", help="Folder with recordings.")
]
_Out = Annotated[Path, typer.Option(envvar="PHONE_PROMPTS", help="Folder for the clips.")]
_Python = Annotated[
    Path | None, typer.Option(envvar="PHONE_KOKORO_PYTHON", help="Python with kokoro-onnx.")
]
_Model = Annotated[Path | None, typer.Option(envvar="PHONE_KOKORO_MODEL", help="Its model.")]
_Voices = Annotated[Path | None, typer.Option(envvar="PHONE_KOKORO_VOICES", help="Its voices.")]
_List = Annotated[
    Path | None, typer.Option("--list", help="Only write what can be recorded, as CSV.")
]


def prompts_command(open_studio: OpenStudio) -> Callable[..., None]:
    """The command, with what `open_studio` puts together."""

    def prompts(
        menus: _Menus = None,
        texts: _Texts = None,
        recordings: _Recordings = None,
        out: _Out = Path(".switchyard/prompts"),
        kokoro_python: _Python = None,
        kokoro_model: _Model = None,
        kokoro_voices: _Voices = None,
        listing: _List = None,
        lang: LangOption = None,
    ) -> None:
        """Make what callers hear ahead. 预先合成电话提示音。"""
        files = (kokoro_python, kokoro_model, kokoro_voices)
        given = [path for path in files if path is not None]
        if given and len(given) < len(files):
            raise typer.BadParameter("Kokoro needs its Python, its model and its voices")
        kokoro = (given[0], given[1], given[2]) if given else None
        sources = Sources(menus, texts, recordings, out, kokoro)
        try:
            asyncio.run(_make(open_studio, sources, listing, lang or language_of()))
        except (OSError, ValueError, VoiceFailed) as error:
            Console(stderr=True, highlight=False).print(str(error), markup=False, soft_wrap=True)
            raise typer.Exit(_FAILED) from error

    return prompts


async def _make(
    open_studio: OpenStudio, sources: Sources, listing: Path | None, language: Lang
) -> None:
    async with open_studio(sources) as studio:
        if listing is not None:
            write_list(studio, listing)
            return
        counted, seconds = await _rendered(studio.render.render(studio.wanted))
        told = _SUMMARY[language].format(
            total=len(studio.wanted),
            seconds=seconds,
            voice=studio.voice,
            out=sources.out,
            **{how: counted[how] for how in ("new", "kept", "recorded")},
        )
        console = Console(highlight=False)
        for name, reason in sorted(studio.problems.items()):
            console.print(f"{name}.wav: {reason}", markup=False, soft_wrap=True)
        console.print(told, markup=False, soft_wrap=True)


async def _rendered(clips: AsyncIterator[Rendered]) -> tuple[Counter[str], float]:
    counted: Counter[str] = Counter()
    seconds = 0.0
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn()) as progress:
        task = progress.add_task("prompts", total=None)
        async for clip in clips:
            counted[clip.how] += 1
            seconds += clip.seconds
            progress.update(task, completed=clip.done, total=clip.total)
    return counted, seconds


def write_list(studio: Studio, path: Path) -> None:
    """The file name of each recording and what is to be read out, for a studio. OSError."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:  # spreadsheets look for a BOM
        rows = csv.writer(file)
        rows.writerow(("file", "text"))
        for language, text in sorted(studio.wanted):
            rows.writerow((f"{language.value}/{studio.name(text)}.wav", text))
