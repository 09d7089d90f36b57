"""What a process that lives long does so that it takes no more memory than it holds."""

import ctypes
import gc
from time import perf_counter

_THRESHOLDS = 2_000, 1, 1
"""Objects made, and not freed by themselves, before the collector looks for cycles among them; such
looks before it looks again at what was in use, which a call or chat is for minutes. Each leaves
cycles behind: gRPC makes one in every request, a websocket's end many, and buffers hang on them.
What was in use at every look is looked at no sooner than there is a quarter more of it."""
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
"""Options of glibc's mallopt(3)."""
_ALLOCATOR = (
    # What one arena has free no other one can use, and few of a process's threads run at once.
    (_M_ARENA_MAX, 1),
    # Once set, both stay. Otherwise they rise with what is freed, until a heap keeps 64 MB.
    (_M_MMAP_THRESHOLD, 256 << 10),
    (_M_TRIM_THRESHOLD, 1 << 20),
)

_LONGEST_LOOK_SECONDS = 0.02
_FULL = 2
"""The oldest generation: a collection of it is full."""


class ShortLooks:
    """Keeps full collections short, as all waits while they last; a callback of the collector.

    A thousand streams are a hundred thousand objects and are there for a shift: to look at all of
    them takes a tenth of a second, again and again. What outlived a long look is left out of later
    ones. What of it ends without being freed by itself is carried along until there are twice as
    many objects as the last thorough look left: the next one is thorough again.
    """

    def __init__(self, longest_seconds: float = _LONGEST_LOOK_SECONDS) -> None:
        self._longest_seconds = longest_seconds
        self._began = 0.0
        self._bound = 2 * gc.get_freeze_count()
        self._left_out = gc.get_freeze_count()
        self._thorough = False

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        """Called by the collector before ("start") and after ("stop") each collection."""
        if info["generation"] != _FULL:
            return
        if phase == "start":
            self._began = perf_counter()
        elif self._thorough or perf_counter() - self._began > self._longest_seconds:
            self._leave_out()

    def _leave_out(self) -> None:
        self._left_out += len(gc.get_objects())
        gc.freeze()
        if self._thorough:
            self._bound, self._thorough = 2 * gc.get_freeze_count(), False
        if self._left_out > self._bound:
            # Most of it was freed since, and counting what is there takes its time: only now.
            self._left_out = gc.get_freeze_count()
            self._thorough = self._left_out > self._bound
        if self._thorough:
            gc.unfreeze()


def keep_memory_steady() -> None:
    """Call once, after imports and before anything is served.

    What is there by then lives as long as the process and is left out of every collection, so that
    frequent ones cost little. Elsewhere than on glibc the allocator stays as it is.
    """
    gc.collect()
    gc.freeze()
    gc.collect()  # it puts full collections off by the number of objects that the last one left
    gc.set_threshold(*_THRESHOLDS)
    gc.callbacks.append(ShortLooks())
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for option, value in _ALLOCATOR:
            mallopt(option, value)
