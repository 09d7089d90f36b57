"""Several routers on one store, the death of one, and the death of the store."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import grpc
import pytest
import redis
from pydantic import SecretStr
from switchyard.router.v1 import agent_service_pb2, contact_service_pb2
from switchyard_common.embedded import EmbeddedValkey
from switchyard_common.grpc_errors import reason_of, retry_after_of
from switchyard_router.settings import RouterSettings

from tests.fakes.ports import free_port
from tests.fakes.router.clients import TENANT, Centre, centre, refused
from tests.fakes.router.process import router_process, serving
from tests.fakes.router.server import router
from tests.fakes.router.truth import read

pytestmark = pytest.mark.integration

DOWN = (grpc.StatusCode.UNAVAILABLE, "STATE_STORE_DOWN")


def assert_sound(redis_url: str) -> None:
    raw: Any = redis.Redis.from_url(redis_url)
    assert read(raw, "sy:{demo}:").violations() == []
    raw.close()


async def small_centre(clients: Centre) -> None:
    await clients.queue(wrap_up_ms=200)
    for agent in ("ann", "bob"):
        await clients.agent(agent)


async def test_a_desktop_and_a_platform_on_different_routers(redis_url: str) -> None:
    async with (
        router(redis_url) as one,
        router(redis_url) as other,
        centre(one) as here,
        centre(other) as there,
    ):
        await small_centre(here)
        async with here.node() as node, there.desktop("ann") as ann:
            contact = await here.create("call-1")
            offer = await ann.offer(contact.name)
            assert (await node.command("ring", contact.name)).ring.fence == offer.fence
            await ann.accept(offer)
            assert (await node.command("bridge", contact.name)).bridge.fence == offer.fence
            await node.tell("BRIDGED", contact.name, fence=offer.fence)
            await there.becomes("ann", "ON_CONTACT")
            await node.tell("CALLER_HANGUP", contact.name)
            await there.reaches(contact.name, "COMPLETED")
        assert_sound(redis_url)


async def test_freeswitch_1674_many_routers_dispatch_at_once_and_nobody_twice(
    redis_url: str,
) -> None:
    async with (
        router(redis_url) as one,
        router(redis_url) as two,
        router(redis_url) as three,
        centre(one) as a,
        centre(two) as b,
        centre(three) as c,
    ):
        await small_centre(a)
        async with a.desktop("ann") as ann, b.desktop("bob") as bob:
            calls = [
                await each.create(f"call-{n}-{m}")
                for n in range(4)
                for m, each in enumerate((a, b, c))
            ]
            await asyncio.gather(ann.offer(), bob.offer())
            await asyncio.sleep(0.3)
            states = [await c.state(call.name) for call in calls]
        assert states.count("OFFERING") == 2
        assert states[:2] == ["OFFERING", "OFFERING"], "first come, first served"
        assert_sound(redis_url)


async def test_the_second_desktop_supersedes_the_first_on_another_router(redis_url: str) -> None:
    async with (
        router(redis_url) as one,
        router(redis_url) as other,
        centre(one) as here,
        centre(other) as there,
    ):
        await small_centre(here)
        async with here.desktop("ann") as first, there.desktop("ann") as second:
            await first.stream.until(lambda m: m.HasField("superseded"))
            await asyncio.wait_for(first.stream.ended.wait(), 60)
            contact = await here.create("call-1")
            assert (await second.offer()).contact == contact.name


async def test_a_killed_router_loses_nothing(redis_url: str) -> None:
    async with (
        router_process(redis_url) as (doomed, process),
        router(redis_url) as other,
        centre(doomed) as here,
        centre(other) as there,
    ):
        await small_centre(here)
        async with here.desktop("ann") as ann, here.node():
            ringing = await here.create("call-1")
            offer = await ann.offer(ringing.name)
            waiting = await here.create("call-2")
            process.kill()
            await process.wait()
        live = (ringing.name, waiting.name)
        async with there.node(live=live) as node, there.desktop("ann") as again:
            assert (await node.command("ring", ringing.name)).ring.fence == offer.fence
            welcome = again.stream.received[0].welcome
            assert [o.name for o in welcome.pending_offers] == [offer.name]
            assert (await again.accept(offer)).code == 0
            await node.tell("BRIDGED", ringing.name, fence=offer.fence)
            async with there.desktop("bob") as bob:
                assert (await bob.offer()).contact == waiting.name
    assert_sound(redis_url)


async def test_a_router_stops_in_time_with_streams_open(redis_url: str) -> None:
    async with (
        router_process(redis_url, ROUTER_DRAIN_SECONDS="300") as (target, process),
        centre(target) as here,
    ):
        await small_centre(here)
        async with here.desktop("ann") as ann, here.node() as node:
            process.send_signal(signal.SIGTERM)
            # Far less than the drain: every stream is told, none is waited for.
            assert await asyncio.wait_for(process.wait(), 60) == 0
            for stream in (ann.stream, node.stream):
                await asyncio.wait_for(stream.ended.wait(), 60)
                assert stream.error is not None
                assert reason_of(stream.error) == "DRAINING"
                assert retry_after_of(stream.error) == 1.0


async def test_the_store_is_killed_and_comes_back(tmp_path: Path) -> None:
    port = free_port()
    first = EmbeddedValkey(port=port, data_dir=tmp_path, aof=True)
    async with first, router(first.url) as target, centre(target) as here:
        await small_centre(here)
        async with here.desktop("ann") as ann, here.node() as node:
            talking = await here.create("call-1")
            offer = await ann.offer(talking.name)
            await ann.accept(offer)
            os.kill(first.pid, signal.SIGKILL)
            await serving(target, expected=False)
            await _says_so(here, node, ann, offer)
            async with EmbeddedValkey(port=port, data_dir=tmp_path, aof=True) as second:
                await serving(target)
                assert await here.state(talking.name) == "ASSIGNED"
                # Nobody can know whether it came back with all that was acknowledged.
                for stream in (ann.stream, node.stream):
                    await asyncio.wait_for(stream.ended.wait(), 60)
                    assert stream.error is not None
                    assert reason_of(stream.error) == "EVENTS_MISSED"
                async with here.node(live=(talking.name,)) as again:
                    await again.tell("BRIDGED", talking.name, fence=offer.fence)
                    async with here.desktop("bob") as bob:
                        retried = await here.create("call-2", request_id="r2")
                        assert (await bob.offer()).contact == retried.name
                    assert_sound(second.url)


async def _says_so(here: Centre, node: Any, ann: Any, offer: Any) -> None:
    """Every face says that the store is down, and when to try again."""
    assert await refused(here.create("call-2", request_id="r2")) == DOWN
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await here.contact(offer.contact)
    assert retry_after_of(caught.value) == 1.0
    result = await ann.accept(offer)
    assert (result.code, result.reason) == (14, "STATE_STORE_DOWN")
    assert result.retry_after.ToMilliseconds() == 1000
    event = contact_service_pb2.ReportCallEventRequest(
        contact=offer.contact, type=contact_service_pb2.BRIDGED, source_seq=99, fence=offer.fence
    )
    node.stream.send(contact_service_pb2.PbxMessage(seq=99, event=event))
    rejected = await node.stream.until(lambda m: m.HasField("rejection"))
    assert (rejected.rejection.in_reply_to, rejected.rejection.reason) == (99, "STATE_STORE_DOWN")
    hello = agent_service_pb2.AgentHello(agent=f"{TENANT}/agents/bob")
    session: Any = here.agents.Session(iter([agent_service_pb2.ClientMessage(hello=hello)]))
    assert await refused(session.read()) == DOWN


async def test_an_old_connection_ends_and_its_streams_begin_anew(redis_url: str) -> None:
    """So that clients spread over replicas that were added later; half an hour unless set."""
    async with (
        router(redis_url, max_connection_age_seconds=8, drain_seconds=7) as target,
        centre(target) as here,
    ):
        await small_centre(here)
        async with here.desktop("ann") as first, here.node() as node:
            for stream in (first.stream, node.stream):
                await asyncio.wait_for(stream.ended.wait(), 60)
                assert stream.error is not None
                assert stream.error.code() == grpc.StatusCode.UNAVAILABLE
        async with here.desktop("ann") as again:
            assert again.epoch > first.epoch
    assert (
        RouterSettings(pseudonym_key=SecretStr("a key for tests only")).max_connection_age_seconds
        == 1800
    )
