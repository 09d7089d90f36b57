"""What a process that lives long does so that it takes no more memory than it holds."""

import ctypes
import gc

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


def keep_memory_steady() -> None:
    """Call once, after imports and before anything is served.

    What is there by then lives as long as the process and is left out of every collection, so that
    frequent ones cost little. Elsewhere than on glibc the allocator stays as it is.
    """
    gc.collect()
    gc.freeze()
    gc.collect()  # it puts full collections off by the number of objects that the last one left
    gc.set_threshold(*_THRESHOLDS)
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for option, value in _ALLOCATOR:
            mallopt(option, value)
