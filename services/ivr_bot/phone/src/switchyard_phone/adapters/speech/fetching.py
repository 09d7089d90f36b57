"""Brings model files into their folder: checked, whole or not at all, and none twice."""

from collections.abc import Callable, Iterable
from pathlib import Path

from switchyard_phone.adapters.speech.model_files import ModelFile, is_whole, sha256_of
from switchyard_phone.adapters.speech.sources import Failure, FetchFailed, Source


def missing(files: Iterable[ModelFile], folder: Path) -> list[ModelFile]:
    """Those that are not there, or are not what they should be. Reads all of them."""
    return [file for file in files if not is_whole(file, folder / file.name)]


def bring(file: ModelFile, folder: Path, source: Source, progress: Callable[[int], None]) -> None:
    """Fetch one file. FetchFailed, also if it is not what it should be; OSError."""
    target = folder / file.name
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    try:
        source.fetch(file, part, progress)
        found = sha256_of(part)
        if found != file.sha256:
            raise FetchFailed(Failure.WRONG, file.name, f"sha256 {found}")
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
