"""How streams begin, and how they end for clients that misbehave."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import grpc
import pytest
import pytest_asyncio
from google.protobuf.struct_pb2 import Struct
from switchyard.router.v1 import (
    agent_pb2,
    agent_service_pb2,
    contact_pb2,
    contact_service_pb2,
    supervision_service_pb2,
)
from switchyard_common.settings import TlsFiles

from tests.fakes.certificates import Authority
from tests.fakes.router.clients import TENANT, Centre, centre, refused
from tests.fakes.router.server import router

pytestmark = pytest.mark.integration

INVALID = grpc.StatusCode.INVALID_ARGUMENT
FOREIGN = (grpc.StatusCode.PERMISSION_DENIED, "TENANT_MISMATCH")


@pytest_asyncio.fixture
async def small(redis_url: str) -> AsyncGenerator[Centre]:
    async with router(redis_url) as target, centre(target) as clients:
        await clients.queue()
        for agent in ("ann", "bob"):
            await clients.agent(agent)
        yield clients


async def read_first(call: Any) -> Any:
    return await call.read()


async def read_on(call: Any) -> None:
    while await call.read() is not grpc.aio.EOF:
        pass


async def test_a_stream_begins_with_hello(small: Centre) -> None:
    beat = agent_service_pb2.ClientMessage(heartbeat=contact_service_pb2.Heartbeat())
    session = small.agents.Session(iter([beat]))
    assert (await refused(read_first(session)))[0] == INVALID
    ack = contact_service_pb2.PbxMessage(ack=contact_service_pb2.Ack())
    assert (await refused(read_first(small.contacts.Attach(iter([ack])))))[0] == INVALID
    assert (await refused(read_first(small.agents.Session(iter([])))))[0] == INVALID


@pytest.mark.parametrize("node", ["", "a:b", "x" * 65])
async def test_a_node_needs_a_plain_name(small: Centre, node: str) -> None:
    hello = contact_service_pb2.PbxHello(node=node, parent=TENANT)
    call = small.contacts.Attach(iter([contact_service_pb2.PbxMessage(hello=hello)]))
    assert (await refused(read_first(call)))[0] == INVALID


async def test_an_unknown_agent_has_no_session(small: Centre) -> None:
    hello = agent_service_pb2.AgentHello(agent=f"{TENANT}/agents/nobody")
    call = small.agents.Session(iter([agent_service_pb2.ClientMessage(hello=hello)]))
    assert await refused(read_first(call)) == (grpc.StatusCode.NOT_FOUND, "AGENT")


async def test_another_tenant_is_refused_everywhere(small: Centre) -> None:
    other = "tenants/other"
    hello = agent_service_pb2.AgentHello(agent=f"{other}/agents/ann")
    attach = contact_service_pb2.PbxHello(node="pbx", parent=other)
    contact = contact_pb2.Contact(external_id="x", channel=contact_pb2.VOICE)
    contact.queue = f"{other}/queues/billing"
    mixed = contact_service_pb2.CreateContactRequest(parent=TENANT, contact=contact)
    for call in (
        read_first(small.agents.Session(iter([agent_service_pb2.ClientMessage(hello=hello)]))),
        read_first(small.contacts.Attach(iter([contact_service_pb2.PbxMessage(hello=attach)]))),
        small.contacts.CreateContact(mixed),
        small.contacts.GetContact(
            contact_service_pb2.GetContactRequest(name=f"{other}/contacts/c")
        ),
        read_first(
            small.supervision.StreamEvents(
                supervision_service_pb2.StreamEventsRequest(parent=other)
            )
        ),
    ):
        assert await refused(call) == FOREIGN


async def test_a_desktop_cannot_speak_for_another_agent(small: Centre) -> None:
    async with small.desktop("ann") as ann:
        other = agent_service_pb2.SetPresenceRequest(
            agent=f"{TENANT}/agents/bob", presence=agent_pb2.NOT_READY
        )
        result = await ann.say(presence=other)
        assert (result.code, result.reason) == (INVALID.value[0], "BAD_FIELD")
        again = agent_service_pb2.AgentHello(agent=f"{TENANT}/agents/ann")
        assert (await ann.say(hello=again)).code == INVALID.value[0]


async def test_a_client_that_does_not_read_is_cut_off_alone(small: Centre) -> None:
    async def say() -> AsyncGenerator[agent_service_pb2.ClientMessage]:
        yield agent_service_pb2.ClientMessage(
            hello=agent_service_pb2.AgentHello(
                agent=f"{TENANT}/agents/ann", initial_presence=agent_pb2.AVAILABLE
            )
        )
        await asyncio.Event().wait()

    call: Any = small.agents.Session(say())
    assert (await call.read()).HasField("welcome")
    large = Struct()
    large.update({"note": "x" * 15_000})
    contact = await small.create("call-1", attributes=large)
    await small.reaches(contact.name, "OFFERING")
    await small.report("BRIDGED", contact.name, fence=(await small.contact(contact.name)).fence)
    for _ in range(700):  # 20 MB of news, more than gRPC itself takes in
        await small.report("HOLD", contact.name)
        await small.report("UNHOLD", contact.name)
    ended = await refused(asyncio.wait_for(read_on(call), 60))
    assert ended == (grpc.StatusCode.RESOURCE_EXHAUSTED, "SLOW_CONSUMER")
    async with small.desktop("ann") as again:
        assert [c.name for c in again.stream.received[0].welcome.contacts] == [contact.name]


async def test_a_node_with_many_calls_attaches(small: Centre) -> None:
    """More than a stream's outbox would hold."""
    names = [(await small.create(f"call-{number}")).name for number in range(700)]
    async with small.node(live=tuple(names)) as node:
        await node.stream.until(lambda m: m.contact.contact.name == names[-1])
        told = {m.contact.contact.name for m in node.stream.received if m.HasField("contact")}
        assert told == set(names)
        assert not node.stream.ended.is_set()


async def test_platform_and_desktops_speak_mutual_tls(redis_url: str, tmp_path: Path) -> None:
    ours, theirs = Authority(tmp_path / "ours"), Authority(tmp_path / "theirs")
    server, everybody = ours.server(), "switchyard://demo/admin+platform+agent+supervisor/ann"
    client, stranger = ours.client("client", everybody), theirs.client("stranger", everybody)
    settings: dict[str, Any] = {"tls_cert": server.cert, "tls_key": server.key, "tls_ca": server.ca}
    async with router(redis_url, **settings) as target:
        async with centre(target, client) as clients:
            await clients.queue()
            await clients.agent("ann")
            async with clients.desktop("ann") as ann, clients.node():
                contact = await clients.create("call-1")
                assert (await ann.offer()).contact == contact.name
        for tls in (None, TlsFiles(stranger.cert, stranger.key, server.ca)):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1), centre(target, tls):
                    pass
