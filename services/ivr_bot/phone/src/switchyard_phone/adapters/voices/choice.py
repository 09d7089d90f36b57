"""Which voice speaks: Kokoro where its weights are given, else espeak-ng, else none."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from switchyard_phone.adapters.voices.espeak import espeak
from switchyard_phone.adapters.voices.kokoro import Kokoro, weights_of
from switchyard_phone.domain.language import Language
from switchyard_phone.service.voices import Synthesizer, VoiceFailed


@dataclass(frozen=True, slots=True)
class KokoroFiles:
    """An interpreter with kokoro-onnx, and the weights."""

    python: Path
    model: Path
    voices: Path


class NoVoice:
    """The port Synthesizer where nothing can speak: recordings and clips are all there is."""

    voice = "none"

    async def speak(self, text: str, language: Language) -> bytes:
        """VoiceFailed, always."""
        raise VoiceFailed("no voice: install espeak-ng, or name Kokoro's weights")


@asynccontextmanager
async def open_voice(kokoro: KokoroFiles | None) -> AsyncIterator[Synthesizer]:
    """The best voice there is. VoiceFailed, if the files of Kokoro cannot be read."""
    if kokoro is None:
        yield await espeak() or NoVoice()
        return
    try:
        weights = weights_of(kokoro.model, kokoro.voices)
    except OSError as error:
        raise VoiceFailed(f"kokoro: cannot read {error.filename} ({error.strerror})") from error
    speaker = Kokoro(kokoro.python, kokoro.model, kokoro.voices, weights)
    try:
        yield speaker
    finally:
        await speaker.close()
