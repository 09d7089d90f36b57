"""The store fails over and loses what was acknowledged last: nothing of it comes back wrong."""

import asyncio
import os
import signal
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
import redis
from switchyard.router.v1 import agent_pb2, agent_service_pb2, supervision_service_pb2
from switchyard_common.grpc_errors import reason_of

from tests.fakes.router.clients import TENANT, Centre, Stream, centre, refused
from tests.fakes.router.process import serving
from tests.fakes.router.server import router
from tests.fakes.router.truth import read
from tests.fakes.valkey.servers import Replicated, Server, client_of, replicated, wait_for

pytestmark = pytest.mark.integration

PREFIX = "sy:{demo}:"


@pytest.fixture
def store() -> Iterator[Replicated]:
    with replicated(replicas=1, sentinels=1) as servers:
        yield servers


class Loss:
    """The replica is kept out, so that all that follows is lost with the master."""

    def __init__(self, store: Replicated) -> None:
        self._store = store
        self._master = store.master()
        self._replica = next(server for server in store.servers if server is not self._master)

    def begin(self) -> None:
        """From now on nothing is replicated; what came before is."""
        wait_for(lambda: _offset(self._master) == _offset(self._replica))
        with client_of(self._master) as client:
            client.execute_command("CONFIG", "SET", "requirepass", "only for who is in already")
            client.execute_command("CLIENT", "KILL", "TYPE", "replica")

    def end(self) -> None:
        """kill -9 the master; the replica goes on from what it had."""
        os.kill(self._master.pid, signal.SIGKILL)
        wait_for(lambda: self._store.master() is self._replica)

    def violations(self) -> list[str]:
        """What must not be, in the store that is left."""
        raw: Any = redis.Redis(host="127.0.0.1", port=self._replica.port)
        problems = read(raw, PREFIX).violations()
        raw.close()
        return problems


def _offset(server: Server) -> int:
    told = server.ask("INFO", "replication")
    return int(told["master_repl_offset"])


async def missed(stream: Stream) -> None:
    """The stream ends, and says that events were missed."""
    await asyncio.wait_for(stream.ended.wait(), 60)
    assert stream.error is not None
    assert reason_of(stream.error) == "EVENTS_MISSED"


async def test_what_a_failover_lost_is_named_and_never_comes_back(store: Replicated) -> None:
    loss = Loss(store)
    async with router(store.url) as target, centre(target) as here:
        await here.queue(wrap_up_ms=200)
        await here.agent("ann")
        await here.agent("bob")
        await serving(target)
        kept = await here.create("call-1")
        async with here.node() as node, here.desktop("ann", presence=agent_pb2.NOT_READY) as ann:
            loss.begin()
            lost = await here.create("call-2", request_id="r2")
            await _sign_in_and_accept(here, ann, kept.name)
            forgotten = await ann.offer(kept.name)
            loss.end()
            await missed(ann.stream)
            await missed(node.stream)
        await serving(target)
        async with here.node(live=(kept.name, lost.name)) as node:
            reconcile = node.stream.received[0].reconcile
            assert list(reconcile.unknown_to_router) == [lost.name]
            assert await here.state(kept.name) == "QUEUED", "nobody has it, as far as is known"
            late = await node.tell("BRIDGED", kept.name, fence=forgotten.fence)
            assert late.stale, "the lost offer's telephone answers, and changes nothing"
            anew = await here.create("call-2", request_id="r2")
            assert anew.name != lost.name
            async with here.desktop("bob") as bob:
                offer = await bob.offer(kept.name)
                assert offer.fence > forgotten.fence, "a node drops what is older"
                gone = await bob.accept(forgotten)
                assert (gone.code, gone.reason) == (5, "OFFER")
                assert (await bob.accept(offer)).code == 0
                ring = await node.command("ring", kept.name)
                assert ring.ring.fence == offer.fence
            assert loss.violations() == []


async def _sign_in_and_accept(here: Centre, ann: Any, contact: str) -> None:
    ready = agent_service_pb2.SetPresenceRequest(presence=agent_pb2.AVAILABLE)
    await ann.say(presence=ready)
    offer = await ann.offer(contact)
    assert (await ann.accept(offer)).code == 0


async def test_events_that_never_happened_are_not_read_on_from(store: Replicated) -> None:
    loss = Loss(store)
    async with router(store.url) as target, centre(target) as here:
        await here.queue()
        await serving(target)
        loss.begin()
        await here.create("call-1")
        token = await _newest_token(here)
        loss.end()
        await serving(target)
        request = supervision_service_pb2.StreamEventsRequest(parent=TENANT, resume_token=token)
        async with asyncio.timeout(60):
            while True:
                call: Any = here.supervision.StreamEvents(request)
                code, reason = await refused(call.read())
                if code != grpc.StatusCode.UNAVAILABLE:
                    break
                await asyncio.sleep(0.2)
        assert (code, reason) == (grpc.StatusCode.OUT_OF_RANGE, "RESUME_TOKEN_EXPIRED")


async def _newest_token(here: Centre) -> str:
    request = supervision_service_pb2.StreamEventsRequest(parent=TENANT, resume_token="0")
    call: Any = here.supervision.StreamEvents(request)
    async with asyncio.timeout(60):
        while (message := await call.read()).event.type != "contact.queued":
            continue
    call.cancel()
    return str(message.resume_token)


async def test_with_a_replica_to_wait_for_nothing_is_acknowledged_alone(store: Replicated) -> None:
    loss = Loss(store)
    async with (
        router(store.url, store_wait_replicas=1, store_wait_ms=300) as target,
        centre(target) as here,
    ):
        await here.queue()
        await serving(target)
        loss.begin()
        down = (grpc.StatusCode.UNAVAILABLE, "STATE_STORE_DOWN")
        assert await refused(here.create("call-1", request_id="r1")) == down
        loss.end()
