"""Puts the speech engines together: one `Recognizer` or none, and where its models come from."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import structlog
from switchyard_common.errors import StartError

from switchyard_phone.adapters.speech.fetching import bring, missing
from switchyard_phone.adapters.speech.model_files import ALL_FILES, VOICE, WHISPER, ModelFile
from switchyard_phone.adapters.speech.pool import Pool, PoolRules
from switchyard_phone.adapters.speech.process import engine_argv
from switchyard_phone.adapters.speech.silero import SileroDetector
from switchyard_phone.adapters.speech.sources import (
    CARRIED,
    HUB,
    FetchFailed,
    FolderSource,
    Source,
    WheelSource,
    hub,
    mirror,
    pip_here,
)
from switchyard_phone.adapters.speech.whisper import WhisperTranscriber
from switchyard_phone.domain.hearing import Endpoints
from switchyard_phone.entrypoints.cli.speech_models import Errand, Step, Unfetched
from switchyard_phone.service.recognition import Recognizer
from switchyard_phone.service.segmented import Segmented
from switchyard_phone.service.speech_meter import SpeechMeter
from switchyard_phone.settings import PhoneSettings

_THREADS = 1
_BATCHES_WAITING = 2


@asynccontextmanager
async def open_recognizer(
    settings: PhoneSettings, meter: SpeechMeter
) -> AsyncIterator[Recognizer | None]:
    """What callers say is understood for the length of the block; None where no models are.

    StartError if models are there and the interpreter for them is not. An engine that cannot be
    started is logged and tried again: callers use keys until then.
    """
    whisper = _whisper(settings)
    if whisper is None:
        yield None
        return
    async with AsyncExitStack() as stack:
        voice = await stack.enter_async_context(_voice_pool(settings, meter))
        text = await stack.enter_async_context(_text_pool(settings, whisper, meter))
        detector = SileroDetector(voice)
        stack.push_async_callback(detector.close)
        structlog.stdlib.get_logger().info("speech_open", voice=voice.ready, text=text.ready)
        yield Segmented(
            detector,
            WhisperTranscriber(text, settings.speech_least_phrase),
            Endpoints(
                starts_seconds=settings.speech_starts_seconds,
                ends_seconds=settings.speech_ends_seconds,
                longest_seconds=settings.speech_longest_seconds,
            ),
            settings.speech_least_confidence,
        )


def _whisper(settings: PhoneSettings) -> Path | None:
    """The folder of the model, if callers may speak. StartError."""
    folder = settings.speech_whisper or settings.speech_models / WHISPER
    if not settings.speech:
        return None
    there = (folder / "model.bin").exists(), (settings.speech_models / VOICE).exists()
    if settings.speech_whisper is None and not any(there):
        return None
    if not all(there):
        raise StartError(
            f"speech needs {folder / 'model.bin'} and {settings.speech_models / VOICE}: "
            "fetch what is missing (make speech-models), or set PHONE_SPEECH=false"
        )
    if not settings.speech_python.exists():
        raise StartError(
            f"PHONE_SPEECH_PYTHON: there is no {settings.speech_python}; "
            "make speech-models makes one, PHONE_SPEECH=false does without"
        )
    return folder


def _voice_pool(settings: PhoneSettings, meter: SpeechMeter) -> Pool:
    argv = engine_argv(settings.speech_python, "voice", str(settings.speech_models / VOICE))
    rules = PoolRules(
        name="voice",
        processes=1,
        waiting=_BATCHES_WAITING,
        deadline_seconds=settings.speech_deadline_seconds,
    )
    return Pool(argv, rules, meter)


def _text_pool(settings: PhoneSettings, whisper: Path, meter: SpeechMeter) -> Pool:
    argv = engine_argv(
        settings.speech_python,
        "text",
        str(whisper),
        str(settings.speech_window_seconds),
        str(_THREADS),
    )
    rules = PoolRules(
        name="text",
        processes=settings.speech_processes,
        waiting=settings.speech_waiting,
        deadline_seconds=settings.speech_deadline_seconds,
    )
    return Pool(argv, rules, meter)


@dataclass(frozen=True, slots=True)
class _Fetching:
    """The port Errand of the command."""

    files: list[ModelFile]
    folder: Path
    source: Source

    @property
    def kept(self) -> int:
        return len(ALL_FILES) - len(self.files)

    def steps(self) -> Iterator[Step]:
        for file in self.files:
            yield Step(file.name, file.size, partial(self._bring, file))

    def _bring(self, file: ModelFile, progress: Callable[[int], None]) -> None:
        try:
            bring(file, self.folder, self.source, progress)
        except FetchFailed as error:
            raise Unfetched(error.why, error.name, error.detail) from error


@contextmanager
def open_errand(source: str, folder: Path) -> Iterator[Errand]:
    """What is still to be fetched, and from where."""
    with ExitStack() as stack:
        yield _Fetching(missing(ALL_FILES, folder), folder, _source(source, stack))


def _source(name: str, stack: ExitStack) -> Source:
    if name == "wheels":
        return stack.enter_context(WheelSource(pip_here(), CARRIED))
    if name == "hub":
        return hub(os.environ.get("HF_ENDPOINT") or HUB)
    if name.startswith(("https://", "http://")):
        return mirror(name)
    return FolderSource(Path(name))
