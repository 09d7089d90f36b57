"""uvicorn as a part of a process."""

import contextlib
from collections.abc import Iterator
from typing import override

import uvicorn


class PartServer(uvicorn.Server):
    """Leaves the process's signals to its lifecycle."""

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
