"""Where trained models lie. Pure."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_KEPT = 2


class ModelShelf:
    """A folder of models; the last two that were used are kept."""

    def __init__(self, folder: Path) -> None:
        """The folder need not exist yet."""
        self.folder = folder

    def take(self, name: str) -> Path | None:
        """The model of that name if there is one; it then counts as the last used."""
        model = self.folder / name
        if not model.is_file():
            return None
        os.utime(model)
        return model

    def put(self, trained: Path, name: str) -> Path:
        """Takes in a model, in one step: nobody sees half of it. Removes the oldest."""
        model = trained.replace(self.folder / name)
        os.utime(model)
        by_use = sorted(self.folder.glob("bot-*.tar.gz"), key=lambda path: path.stat().st_mtime_ns)
        for old in by_use[:-_KEPT]:
            old.unlink()
        return model

    @contextmanager
    def one_at_a_time(self) -> Iterator[None]:
        """Makes other processes that train wait until this one is done."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".training.lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
