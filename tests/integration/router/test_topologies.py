"""The link follows the writer: a moved slot, a promoted replica, a server that may not write."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from redis.exceptions import RedisError
from switchyard_common.store_url import parse_store_url
from switchyard_router.adapters.redis.durability import read_setup, warnings
from switchyard_router.adapters.redis.link import Link, NotReplicated, Replicas
from switchyard_router.adapters.redis.writer import Writer

from tests.fakes.valkey.servers import Clustered, Replicated, Server, clustered, replicated

pytestmark = pytest.mark.integration

KEY = "sy:{demo}:events"
_PATIENCE_SECONDS = 60.0


class Meter:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.reconnects = 0
        self.failovers = 0
        self.seconds = 0.0

    def reconnected(self) -> None:
        self.reconnects += 1

    def failed_over(self) -> None:
        self.failovers += 1

    def without_store(self, seconds: float) -> None:
        self.seconds += seconds


@asynccontextmanager
async def linked(
    url: str, replicas: Replicas | None = None
) -> AsyncGenerator[tuple[Link, Writer, Meter]]:
    meter = Meter()
    writer = Writer(parse_store_url(url), KEY, 1.0, meter)
    link = Link(writer, 1.0, replicas)
    watch = asyncio.create_task(writer.watch())
    try:
        yield link, writer, meter
    finally:
        watch.cancel()
        await link.aclose()


async def until_it_writes(link: Link, value: str) -> None:
    """Repeat a write until it is acknowledged, as callers do."""
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while True:
            with suppress(RedisError):
                await link.call("SET", KEY, value)
                return
            await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Clustered]:
    with clustered() as nodes:
        yield nodes


@pytest.fixture
def sentinels() -> Iterator[Replicated]:
    with replicated(replicas=1, sentinels=1) as servers:
        yield servers


async def test_a_slot_that_moves_is_followed(cluster: Clustered) -> None:
    async with linked(cluster.url) as (link, writer, meter):
        await link.call("SET", KEY, "before")
        cluster.move(KEY)
        await until_it_writes(link, "after")
        assert cluster.owner(KEY).ask("GET", KEY) == b"after"
        assert (meter.failovers, writer.changes) == (1, 1), "another server, another history"


async def test_a_slot_that_moves_key_by_key_is_no_place_to_work(cluster: Clustered) -> None:
    """A script would find half of its keys at either end: nothing is done until it is over."""
    source = cluster.owner(KEY)
    target = next(node for node in cluster.nodes if node is not source)
    names = {node: node.ask("CLUSTER", "MYID").decode() for node in (source, target)}
    slot = source.ask("CLUSTER", "KEYSLOT", KEY)
    async with linked(cluster.url) as (link, _, _):
        await link.call("DEL", KEY)
        target.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", names[source])
        source.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", names[target])
        with pytest.raises(RedisError):
            await link.call("SET", KEY, "lost on the way")
        assert target.ask("CLUSTER", "COUNTKEYSINSLOT", slot) == 0
        for node in (target, source):
            node.ask("CLUSTER", "SETSLOT", slot, "NODE", names[target])
        await until_it_writes(link, "whole")
        assert target.ask("GET", KEY) == b"whole"


async def test_a_promoted_replica_is_followed(sentinels: Replicated) -> None:
    async with linked(sentinels.url) as (link, writer, meter):
        await link.call("SET", KEY, "before")
        first = sentinels.kill_master()
        await until_it_writes(link, "after")
        assert sentinels.master() is not first
        assert sentinels.master().ask("GET", KEY) == b"after"
        assert (meter.failovers, writer.changes) == (1, 1)
        assert meter.reconnects == 1
        assert meter.seconds > 0


async def test_a_master_that_was_demoted_is_left_also_by_who_only_reads(
    sentinels: Replicated,
) -> None:
    """It would answer reads for ever, with what is current no more."""
    async with linked(sentinels.url) as (link, writer, _):
        assert await link.call("XREAD", "STREAMS", KEY, "0-0") is None
        first = sentinels.master()
        other = next(server for server in sentinels.servers if server is not first)
        other.ask("REPLICAOF", "NO", "ONE")
        first.ask("REPLICAOF", "127.0.0.1", other.port)
        waiting = link.call("XREAD", "BLOCK", 60_000, "STREAMS", KEY, "0-0")
        with pytest.raises(RedisError):
            await waiting
        assert first.ask("ROLE")[0] == b"slave"
        with pytest.raises(RedisError):
            await _open(writer)


async def _open(writer: Writer) -> Any:
    await asyncio.sleep(0.1)  # past the pause after the failure
    connection, _ = await writer.open()
    await connection.disconnect(nowait=True)


async def test_a_replica_is_never_taken_for_the_writer(sentinels: Replicated) -> None:
    replica = next(server for server in sentinels.servers if server is not sentinels.master())
    async with linked(replica.url) as (link, _, _):
        with pytest.raises(RedisError, match="is a slave"):
            await link.call("GET", KEY)


async def test_a_change_is_acknowledged_when_its_replicas_have_it(sentinels: Replicated) -> None:
    replica = next(server for server in sentinels.servers if server is not sentinels.master())
    async with linked(sentinels.url, Replicas(1, 300)) as (link, _, _):
        for number in range(50):
            await link.call("SET", KEY, number)
            assert replica.ask("GET", KEY) == str(number).encode()
        os.kill(replica.pid, signal.SIGSTOP)
        try:
            with pytest.raises(NotReplicated):
                await link.call("SET", KEY, "alone")
            assert await link.call("GET", KEY) == b"alone", "reads do not wait"
        finally:
            os.kill(replica.pid, signal.SIGCONT)
        await until_it_writes(link, "together")


async def test_sentinels_that_know_no_such_master_are_named(sentinels: Replicated) -> None:
    url = sentinels.url.replace("/switchyard/", "/another/")
    async with linked(url) as (link, _, _):
        with pytest.raises(RedisError, match="none of 1 Sentinels names a master 'another'"):
            await link.call("GET", KEY)


async def test_a_restarted_server_has_another_history() -> None:
    with Server({}) as first:
        async with linked(first.url) as (link, writer, _):
            await link.call("SET", KEY, "kept nowhere")
            os.kill(first.pid, signal.SIGKILL)
            with Server({}, port=first.port):
                await until_it_writes(link, "anew")
                assert writer.changes == 1


async def test_a_writer_whose_clock_is_behind_waits_for_it() -> None:
    """What the old one gave as fences must be past."""
    with Server({}) as first:
        async with linked(first.url) as (link, writer, _):
            await link.call("SET", KEY, "before")
            store_ms, then = writer._clock or (0, 0.0)
            writer._clock = store_ms + 1_500, then
            os.kill(first.pid, signal.SIGKILL)
            with Server({}, port=first.port) as second:
                await until_it_writes(link, "after")
                seconds, microseconds = second.ask("TIME")
                now_ms = seconds * 1000 + microseconds // 1000
                assert now_ms >= store_ms + 1_500


async def test_a_login_is_asked_for_and_used() -> None:
    with Server({}) as server:
        server.ask("CONFIG", "SET", "requirepass", "s3cret")
        place = f"127.0.0.1:{server.port}"
        async with linked(f"redis://:s3cret@{place}/0") as (link, _, _):
            assert await link.call("ECHO", "in") == b"in"
        async with linked(f"redis://{place}/0") as (link, _, _):
            with pytest.raises(RedisError):
                await link.call("ECHO", "in")


async def test_a_bare_server_is_warned_of_and_a_safe_one_is_not() -> None:
    with Server({}) as bare:
        async with linked(bare.url) as (link, _, _):
            codes = {code for code, _ in warnings(await read_setup(link), None)}
            assert codes == {"AOF_OFF", "NO_REPLICAS"}
    safe = {"appendonly": "yes", "min-replicas-to-write": "1", "maxmemory": "1gb"}
    with replicated(1, 1, 1_000, **safe) as servers:
        async with linked(servers.url) as (link, _, _):
            setup = await read_setup(link)
            assert list(warnings(setup, Replicas(1, 500))) == []
            assert 0 < setup.memory_bytes < setup.memory_limit_bytes == 2**30
