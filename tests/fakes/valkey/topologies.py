"""The three ways to run the store, behind one small face for tests that run on each."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis
from switchyard_common.embedded import EmbeddedValkey

from tests.fakes.valkey.servers import Clustered, Replicated, clustered, replicated

KINDS = ("single", "sentinel", "cluster")


class Place:
    """A running store."""

    def __init__(self, kind: str, running: EmbeddedValkey | Replicated | Clustered) -> None:
        self.kind = kind
        self._running = running
        self.url = running.url

    def writer(self, key: str) -> EmbeddedValkey:
        """The server that writes a key."""
        if isinstance(self._running, Replicated):
            return self._running.master()
        if isinstance(self._running, Clustered):
            return self._running.owner(key)
        return self._running

    def raw(self, key: str) -> Any:
        """A client of the server that writes a key; close it."""
        return redis.Redis(host="127.0.0.1", port=self.writer(key).port)

    def empty(self) -> None:
        """Forget everything."""
        servers = self._running.nodes if isinstance(self._running, Clustered) else [self.writer("")]
        for server in servers:
            with redis.Redis(host="127.0.0.1", port=server.port) as client:
                client.flushall()


@contextmanager
def running(kind: str) -> Iterator[Place]:
    """A store of a kind: "single", "sentinel" (one replica) or "cluster" (three masters)."""
    opened: Any = {"single": EmbeddedValkey, "sentinel": replicated, "cluster": clustered}[kind]
    with opened() as servers:
        yield Place(kind, servers)
