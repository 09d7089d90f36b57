"""What those may do whom nobody vouches for: ask whether a server lives, and be turned away."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from switchyard_common.errors import DomainError
from switchyard_common.limits import CallRates, OpenStreams

_CALLS_PER_SECOND, _CALLS_AT_ONCE = 100.0, 1_000
_STREAMS = 1_000
_NOTED_PER_SECOND, _NOTED_AT_ONCE = 0.2, 100


class Strangers:
    """Bounds what is open to everybody (health, reflection), by address, and how many refusals of
    one caller are written down: or strangers could fill a disk.

    Addresses and callers unheard of for longest are forgotten; memory is bounded.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._calls = CallRates(_CALLS_PER_SECOND, _CALLS_AT_ONCE, monotonic)
        self._noted = CallRates(_NOTED_PER_SECOND, _NOTED_AT_ONCE, monotonic)
        self._streams = OpenStreams(_STREAMS)

    @contextmanager
    def asking(self, peer: str, *, streaming: bool) -> Iterator[None]:
        """A call from a peer (`ipv4:192.0.2.7:50123`) for the length of the block; EXHAUSTED
        (RATE_LIMITED) if it is one too many."""
        address = address_of(peer)
        self._calls.take(address)
        if not streaming:
            yield
            return
        with self._streams.hold(address, _STREAMS // 10):
            yield

    def noted(self, caller: str) -> bool:
        """Whether one more refusal of a caller is to be written down."""
        try:
            self._noted.take(caller)
        except DomainError:
            return False
        return True


def address_of(peer: str) -> str:
    """The address in what gRPC calls a peer, without the port, which changes."""
    return peer.rpartition(":")[0] or peer
