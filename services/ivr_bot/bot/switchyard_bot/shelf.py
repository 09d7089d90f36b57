"""Where trained models lie. Pure."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_KEPT = 2
_SUFFIX = ".tar.gz"
_REFUSED = "refused-"
WORKING = ".training-"
"""How the folder of a training that is going on begins."""


class ModelShelf:
    """A folder of models; the last two that were used are kept, and the one shipped last.

    A model that was refused lies aside under another name, where nobody takes it to serve it.
    """

    def __init__(self, folder: Path) -> None:
        """The folder need not exist yet."""
        self.folder = folder

    @property
    def last_metrics(self) -> Path:
        """What the model shipped last was worth; outlives that model."""
        return self.folder / "shipped.json"

    def papers(self, model: Path) -> tuple[Path, Path]:
        """Where a model's metrics (JSON) and report (HTML) lie: beside it."""
        stem = model.name.removesuffix(_SUFFIX)
        return self.folder / f"{stem}.json", self.folder / f"{stem}.html"

    def take(self, name: str) -> Path | None:
        """The model of that name if there is one; it then counts as the last used."""
        model = self.folder / name
        if not model.is_file():
            return None
        if os.access(model, os.W_OK):  # a model inside an image is never replaced
            os.utime(model)
        return model

    def serving(self, name: str) -> Path | None:
        """What to serve when that model is wanted: it, or if refused the one shipped last."""
        return self.take(self._shipped_name()) if self.refused(name) else self.take(name)

    def refused(self, name: str) -> bool:
        """Whether the model of that name was refused."""
        return (self.folder / f"{_REFUSED}{name}").is_file()

    def refuse(self, model: Path) -> Path:
        """Lays a model aside in place of what was laid aside before; returns where it lies now."""
        for old in self.folder.glob(f"{_REFUSED}*{_SUFFIX}"):
            self._remove(old, old.name.removeprefix(_REFUSED))
        return model.replace(self.folder / f"{_REFUSED}{model.name}")

    def reconsider(self, name: str) -> None:
        """Takes back a model that was refused, if it was, to be examined again."""
        if self.refused(name):
            (self.folder / f"{_REFUSED}{name}").replace(self.folder / name)

    def put(self, trained: Path, name: str) -> Path:
        """Takes in a model, in one step: nobody sees half of it. Removes the oldest."""
        model = trained.replace(self.folder / name)
        os.utime(model)
        by_use = sorted(
            self.folder.glob(f"bot-*{_SUFFIX}"), key=lambda path: path.stat().st_mtime_ns
        )
        shipped = self._shipped_name()
        for old in by_use[:-_KEPT]:
            if old.name != shipped:
                self._remove(old, old.name)
        return model

    def _remove(self, file: Path, name: str) -> None:
        file.unlink()
        for paper in self.papers(self.folder / name):
            paper.unlink(missing_ok=True)

    def _shipped_name(self) -> str:
        """The model shipped last; empty if there was none."""
        if not self.last_metrics.is_file():
            return ""
        return str(json.loads(self.last_metrics.read_text(encoding="utf-8")).get("model", ""))

    @contextmanager
    def one_at_a_time(self) -> Iterator[None]:
        """Makes other processes that train wait until this one is done."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".training.lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            for left in self.folder.glob(f"{WORKING}*"):
                shutil.rmtree(left)  # of a training that was killed: nobody else trains now
            yield
