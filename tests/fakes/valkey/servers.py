"""Valkey servers that work together; like a single one they are gone with their parent.

Every server listens on loopback, on a port that was free.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import redis
from redis.crc import REDIS_CLUSTER_HASH_SLOTS, key_slot
from switchyard_common.embedded import EmbeddedValkey

from tests.fakes.ports import free_port

SERVICE = "switchyard"
_HOST = "127.0.0.1"
# After two seconds without any time a sentinel mistrusts its clock, and does nothing for thirty.
_PATIENCE_SECONDS = 300.0
_DOWN_AFTER_MS = 3000


class Server(EmbeddedValkey):
    """A server with further options."""

    def __init__(self, more: Mapping[str, str], port: int = 0, **usual: Any) -> None:
        super().__init__(port=port, **usual)
        self._more = more

    def _options(self) -> list[str]:
        more = [part for name, value in self._more.items() for part in (f"--{name}", value)]
        return super()._options() + more

    def ask(self, *command: str | int) -> Any:
        """One command's reply."""
        with client_of(self) as client:
            return client.execute_command(*command)


class Sentinel(EmbeddedValkey):
    """A Sentinel that watches one master; `quorum` of them must agree that it is down."""

    def __init__(self, master_port: int, quorum: int, down_after_ms: int) -> None:
        super().__init__()
        self._master_port = master_port
        self._quorum = quorum
        self._down_after_ms = down_after_ms

    def _options(self) -> list[str]:
        settings = (
            f"port {self.port}",
            f"bind {_HOST}",
            f"dir {self._folder}",
            f"sentinel monitor {SERVICE} {_HOST} {self._master_port} {self._quorum}",
            f"sentinel down-after-milliseconds {SERVICE} {self._down_after_ms}",
            f"sentinel failover-timeout {SERVICE} 4000",
        )
        file = self._folder / "sentinel.conf"
        file.write_text("\n".join(settings) + "\n")
        return [str(file), "--sentinel"]


@dataclass
class Replicated:
    """A master with replicas, and the Sentinels that watch them."""

    servers: list[Server]
    sentinels: list[Sentinel]
    _stack: ExitStack = field(repr=False)

    @property
    def url(self) -> str:
        """What a router is given."""
        seeds = ",".join(f"{_HOST}:{sentinel.port}" for sentinel in self.sentinels)
        return f"redis+sentinel://{seeds}/{SERVICE}/0"

    def master(self) -> Server:
        """The server that the first Sentinel takes for the master."""
        with client_of(self.sentinels[0]) as client:
            _, port = client.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", SERVICE)
        return next(server for server in self.servers if server.port == int(port))

    def kill_master(self) -> Server:
        """kill -9; returns it, so that it can be started anew."""
        master = self.master()
        os.kill(master.pid, signal.SIGKILL)
        return master

    def revive(self, server: Server) -> None:
        """Start a killed server anew, on its port and without its data."""
        index = self.servers.index(server)
        self.servers[index] = self._stack.enter_context(Server({}, port=server.port))


@contextmanager
def replicated(
    replicas: int = 1, sentinels: int = 1, down_after_ms: int = _DOWN_AFTER_MS, **options: str
) -> Iterator[Replicated]:
    """A master, its replicas in step, and Sentinels that know them all."""
    with ExitStack() as stack:
        usual = {"repl-diskless-sync-delay": "0"} | options
        master = stack.enter_context(Server(usual))
        behind = usual | {"replicaof": f"{_HOST} {master.port}"}
        servers = [master, *(stack.enter_context(Server(behind)) for _ in range(replicas))]
        for server in servers[1:]:
            wait_for(partial(_in_step, server))
        quorum = sentinels // 2 + 1
        watching = [
            stack.enter_context(Sentinel(master.port, quorum, down_after_ms))
            for _ in range(sentinels)
        ]
        for sentinel in watching:
            wait_for(partial(_knows, sentinel, replicas, sentinels - 1))
        yield Replicated(servers, watching, stack)


def _in_step(replica: Server) -> bool:
    return bool(replica.ask("INFO", "replication")["master_link_status"] == "up")


def _knows(sentinel: Sentinel, replicas: int, others: int) -> bool:
    with client_of(sentinel) as client:
        told = client.execute_command("SENTINEL", "MASTER", SERVICE)
    facts = told if isinstance(told, dict) else dict(zip(told[::2], told[1::2], strict=True))
    known = {_text(name): _text(value) for name, value in facts.items()}
    return (int(known["num-slaves"]), int(known["num-other-sentinels"])) == (replicas, others)


@dataclass
class Clustered:
    """Masters that share the slots."""

    nodes: list[Server]

    @property
    def url(self) -> str:
        """What a router is given."""
        seeds = ",".join(f"{_HOST}:{node.port}" for node in self.nodes)
        return f"redis+cluster://{seeds}"

    def owner(self, key: str) -> Server:
        """The node that serves a key, by its own word."""
        slot = key_slot(key.encode())
        for node in self.nodes:
            for first, last, who, *_ in node.ask("CLUSTER", "SLOTS"):
                if first <= slot <= last and who[1] == node.port:
                    return node
        raise LookupError(f"no node owns slot {slot}")

    def move(self, key: str) -> Server:
        """Move a key's slot to another node, as one step; returns the new owner."""
        slot, source = key_slot(key.encode()), self.owner(key)
        target = next(node for node in self.nodes if node is not source)
        name = _text(target.ask("CLUSTER", "MYID"))
        source.ask("CLUSTER", "MIGRATESLOTS", "SLOTSRANGE", slot, slot, "NODE", name)
        wait_for(lambda: self.owner(key) is target)
        return target


@contextmanager
def clustered(masters: int = 3) -> Iterator[Clustered]:
    """Masters without replicas that serve all slots."""
    with ExitStack() as stack:
        nodes = [stack.enter_context(_node()) for _ in range(masters)]
        share = REDIS_CLUSTER_HASH_SLOTS // masters + 1
        for index, node in enumerate(nodes):
            last = min((index + 1) * share, REDIS_CLUSTER_HASH_SLOTS) - 1
            node.ask("CLUSTER", "ADDSLOTSRANGE", index * share, last)
            node.ask("CLUSTER", "SET-CONFIG-EPOCH", index + 1)
        for node in nodes[1:]:
            bus = int(_text(node.ask("CONFIG", "GET", "cluster-port")[b"cluster-port"]))
            nodes[0].ask("CLUSTER", "MEET", _HOST, node.port, bus)
        for node in nodes:
            wait_for(partial(_is_whole, node, masters))
        yield Clustered(nodes)


def _node() -> Server:
    # The bus is 10,000 above the port unless it is said: beyond the last port for many free ones.
    options = {
        "cluster-enabled": "yes",
        "cluster-port": str(free_port()),
        "cluster-node-timeout": "2000",
    }
    return Server(options)


def _is_whole(node: Server, masters: int) -> bool:
    told = _text(node.ask("CLUSTER", "INFO"))
    return "cluster_state:ok" in told and f"cluster_known_nodes:{masters}" in told


@contextmanager
def client_of(server: EmbeddedValkey) -> Iterator[Any]:
    """A plain client of one server."""
    client: Any = redis.Redis(host=_HOST, port=server.port, socket_timeout=60.0)
    try:
        yield client
    finally:
        client.close()


def wait_for(holds: Callable[[], bool]) -> None:
    """Wait until it holds; an AssertionError if it does not in time."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "the servers did not come together"
        time.sleep(0.05)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def data_folder(server: EmbeddedValkey) -> Path:
    """Where a server keeps what it keeps."""
    return server._folder
