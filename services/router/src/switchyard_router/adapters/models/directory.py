"""Follows a directory of model versions and swaps in what appears there."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import structlog

from switchyard_router.adapters.models.gradient_boosting import GradientBoosting
from switchyard_router.adapters.models.loading import load_model
from switchyard_router.adapters.models.manifest import MANIFEST_FILE, MODEL_FILE, Manifest
from switchyard_router.adapters.models.refusal import ModelRefused

POINTER, SHADOW_POINTER = "current", "shadow"

type _Print = tuple[object, ...]


class LoadMeter(Protocol):
    """Counts what happens to models."""

    def loaded(self, manifest: Manifest) -> None:
        """A model serves from now on."""
        ...

    def refused(self, code: str) -> None:
        """A model on disk was not taken."""
        ...

    def withdrawn(self) -> None:
        """There is no model any more."""
        ...


class ModelDirectory:
    """Serves the version named by `current` (a link, or a file with a folder's name), else the
    folder with a manifest whose name sorts last; names that begin with a dot are ignored.

    A version that is refused leaves the old one serving. No version at all, or no directory: no
    model. Who is in the middle of a request keeps the model that it asked for.
    """

    def __init__(
        self,
        directory: str,
        meter: LoadMeter,
        poll_seconds: float,
        choose: Callable[[Path], Path | None] | None = None,
        role: str = "serving",
    ) -> None:
        """An empty `directory`: there never is a model. `choose` instead of `current` and names:
        another way to find the version, for another `role` in the logs.
        """
        self._choose = choose or chosen
        self._directory = Path(directory) if directory else None
        self._meter = meter
        self._poll_seconds = poll_seconds
        self._model: GradientBoosting | None = None
        self._seen: _Print | None = None
        self._log = structlog.stdlib.get_logger().bind(role=role)

    def current(self) -> GradientBoosting | None:
        """The model that serves now."""
        return self._model

    async def run(self) -> None:
        """Look again and again, in a thread, until cancelled."""
        while True:
            await asyncio.to_thread(self.look)
            await asyncio.sleep(self._poll_seconds)

    def look(self) -> None:
        """Load what is new on disk, if anything is; blocks while it does."""
        try:
            folder = self._choose(self._directory) if self._directory else None
            seen = None if folder is None else _print(folder)
        except ModelRefused as refusal:
            self._refuse(refusal, ("refused", str(refusal)))
            return
        if folder is None:
            self._withdraw()
        elif seen != self._seen:
            try:
                model, manifest = load_model(folder)
            except ModelRefused as refusal:
                self._refuse(refusal, seen)
                return
            except Exception as error:  # noqa: BLE001  # logged; no file ends the router
                self._log.exception("model_unreadable", folder=folder.name)
                self._refuse(ModelRefused("FILE_BROKEN", repr(error)), seen)
                return
            self._seen, self._model = seen, model
            self._meter.loaded(manifest)
            self._log.info("model_loaded", model=manifest.label, rows=manifest.rows)

    def _refuse(self, refusal: ModelRefused, seen: _Print | None) -> None:
        if seen != self._seen:
            self._seen = seen
            self._meter.refused(refusal.code)
            self._log.error(
                "model_refused",
                reason=refusal.code,
                problem=refusal.problem,
                serving=self._model.info.version if self._model else "",
            )

    def _withdraw(self) -> None:
        if self._model is not None:
            self._model = None
            self._meter.withdrawn()
            self._log.warning("model_withdrawn", directory=str(self._directory))
        self._seen = None


def chosen(directory: Path) -> Path | None:
    """The folder of the version to serve, None if there is none.

    ModelRefused for a pointer that leads nowhere or out of the directory.
    """
    return _pointed(directory, POINTER) or _newest(directory)


def shadowed(directory: Path, newest: bool = False) -> Path | None:
    """The folder of the version to try beside the one that serves, None if there is none.

    The one named by `shadow` (as `current` names); without it, if `newest`, the one whose name
    sorts last, while `current` keeps it from serving. ModelRefused as by `chosen`.
    """
    folder = _pointed(directory, SHADOW_POINTER) or (_newest(directory) if newest else None)
    return None if folder is None or folder == chosen(directory) else folder


def _newest(directory: Path) -> Path | None:
    try:
        folders = [each for each in directory.iterdir() if (each / MANIFEST_FILE).is_file()]
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(error) from error
    names = sorted(each.name for each in folders if not each.name.startswith("."))
    return directory / names[-1] if names else None


def _pointed(directory: Path, pointer: str) -> Path | None:
    """The version that a pointer names; None without the pointer."""
    path = directory / pointer
    try:
        if not (path.is_symlink() or path.is_file()):
            return None
        name = path.readlink().name if path.is_symlink() else path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(error) from error
    folder = directory / name
    if name in ("", ".", "..") or Path(name).name != name or not folder.is_dir():
        raise ModelRefused("POINTER_BROKEN", f"{pointer} names {name!r}, which is no version here")
    return folder


def _unreadable(error: Exception) -> ModelRefused:
    return ModelRefused("FILE_UNREADABLE", f"the model directory: {error}")


def _print(folder: Path) -> _Print:
    """What changes when a version's files do; files that are not there (yet) count too."""
    parts: list[object] = [folder.name]
    for name in (MANIFEST_FILE, MODEL_FILE):
        try:
            stat = (folder / name).stat()
        except OSError:
            parts.append(None)
        else:
            parts.append((stat.st_ino, stat.st_mtime_ns, stat.st_size))
    return tuple(parts)
