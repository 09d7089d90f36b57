"""Clips and recordings in folders.

A clip is named after a hash of its words, voice, version and language, so that a change of any of
them makes a new one. A recording is named after its words alone (`recording_name`): it stands in
for every voice.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from switchyard_phone.adapters.voices.sound_files import (
    BadSound,
    from_wav,
    telephone,
    to_pcm,
    to_wav,
)
from switchyard_phone.domain.audio import SAMPLE_RATE
from switchyard_phone.domain.language import Language

_FORMAT = "8k16-1"  # another one makes all clips anew
_NAME_LENGTH = 16


class ClipFiles:
    """The port Clips: `<folder>/<language>/<hash>.wav`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, text: str, language: Language, voice: str) -> bytes | None:
        """What was kept; a file that cannot be read is as if it were not there."""
        try:
            samples, rate = from_wav(self._path(text, language, voice).read_bytes())
        except (OSError, BadSound):
            return None
        return to_pcm(samples) if rate == SAMPLE_RATE else None

    def put(self, text: str, language: Language, voice: str, sound: bytes) -> None:
        """Keep it; a file is there whole or not at all. OSError."""
        path = self._path(text, language, voice)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(to_wav(sound))
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def keep_only(self, texts: frozenset[tuple[Language, str]], voice: str) -> int:
        """Remove the other files; how many there were. OSError."""
        kept = {self._path(text, language, voice) for language, text in texts}
        others = [path for path in self._folder.glob("*/*.wav") if path not in kept]
        for path in others:
            path.unlink()
        self._voice_file.parent.mkdir(parents=True, exist_ok=True)
        self._voice_file.write_text(f"{voice}\n", encoding="utf-8")
        return len(others)

    @property
    def voice(self) -> str:
        """The voice of the clips, as it was written beside them when all of them were made."""
        try:
            return self._voice_file.read_text(encoding="utf-8").strip()
        except OSError:
            return ""

    @property
    def _voice_file(self) -> Path:
        return self._folder / "voice"

    def _path(self, text: str, language: Language, voice: str) -> Path:
        named = "\0".join((_FORMAT, language.value, voice, text))
        name = hashlib.sha256(named.encode()).hexdigest()
        return self._folder / language.value / f"{name}.wav"


class RecordedFiles:
    """The port Recordings: `<folder>/<language>/<recording_name>.wav`, of any rate.

    Files are read when they are first asked for. One that cannot be read is left out, and
    `problems` tells of it.
    """

    def __init__(self, folder: Path | None) -> None:
        self._names = frozenset(_recordings(folder)) if folder else frozenset()
        self._folder = folder
        self.problems: dict[str, str] = {}

    def get(self, text: str, language: Language) -> bytes | None:
        """The recording of exactly these words."""
        name = f"{language.value}/{recording_name(text)}"
        if self._folder is None or name not in self._names or name in self.problems:
            return None
        try:
            return telephone(*from_wav((self._folder / f"{name}.wav").read_bytes()))
        except (OSError, BadSound) as error:
            self.problems[name] = str(error)
            return None


def recording_name(text: str) -> str:
    """What a recording of these words is to be called, without `.wav`."""
    return hashlib.sha256(text.encode()).hexdigest()[:_NAME_LENGTH]


def _recordings(folder: Path) -> Iterable[str]:
    return (f"{path.parent.name}/{path.stem}" for path in folder.glob("*/*.wav"))
