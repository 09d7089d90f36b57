"""What a process and its children hold, read from /proc (Linux)."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_KB_IN_MB = 1024
_OWN = ("RssAnon", "RssShmem")
"""Pages of files are the kernel's to drop, and come as they are read: no leak shows in them."""


@dataclass(frozen=True, slots=True)
class Held:
    """Own memory in MB, open descriptors, threads."""

    memory_mb: float
    descriptors: int
    threads: int


def held(pid: int) -> Held | None:
    """Of a process with all that it started; None if it is gone."""
    try:
        parts = [_of(one) for one in _family(pid)]
    except (FileNotFoundError, ProcessLookupError):
        return None
    return Held(
        sum(part.memory_mb for part in parts),
        sum(part.descriptors for part in parts),
        sum(part.threads for part in parts),
    )


def _family(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from _family(int(child))


def _of(pid: int) -> Held:
    lines = (line.partition(":") for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    facts = {name: rest.split() for name, _, rest in lines}
    if "RssAnon" not in facts:  # ended, but nobody has asked how
        raise ProcessLookupError(pid)
    return Held(
        sum(int(facts[name][0]) for name in _OWN) / _KB_IN_MB,
        sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir()),
        int(facts["Threads"][0]),
    )
