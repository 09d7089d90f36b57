"""Who is let in, on gRPC and on HTTP: certificates, tokens, roles, tenants, limits, audit."""

import asyncio
import json
import os
import ssl
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import httpx
import jwt
import pytest
import pytest_asyncio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from pydantic import SecretStr
from structlog.testing import capture_logs
from switchyard.router.v1 import (
    agent_pb2,
    agent_service_pb2,
    config_service_pb2,
    contact_service_pb2,
    supervision_service_pb2,
)
from switchyard_common.grpc_channel import open_channel
from switchyard_common.grpc_errors import reason_of, retry_after_of
from switchyard_common.settings import TlsFiles

from tests.fakes.certificates import Authority
from tests.fakes.ports import free_port
from tests.fakes.router.clients import TENANT, Centre, Stream, refused
from tests.fakes.router.server import router

pytestmark = pytest.mark.integration

SECRET = "a secret for tests, and for tests only"
DENIED, UNKNOWN = grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED


def token(*roles: str, subject: str = "someone", seconds: float = 36_000, **changes: Any) -> str:
    claims = {"sub": subject, "tenant": "demo", "roles": roles, "aud": "router"}
    return jwt.encode({**claims, "exp": time.time() + seconds, **changes}, SECRET, "HS256")


def shown(text: str) -> dict[str, str]:
    return {"authorization": f"Bearer {text}"}


@asynccontextmanager
async def calling(target: str, text: str = "", tls: TlsFiles | None = None) -> Any:
    """Clients that show a token, a certificate, or nothing."""
    async with AsyncExitStack() as stack:
        file = None
        if text:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            file = Path(folder) / "token"
            file.write_text(text)
        yield Centre(await stack.enter_async_context(open_channel(target, tls, file)))


@pytest_asyncio.fixture
async def guarded(redis_url: str) -> AsyncGenerator[tuple[str, str]]:
    """A router that takes tokens: its gRPC address and its HTTP address."""
    port = free_port()
    async with router(
        redis_url, http_port=port, token_secret=SecretStr(SECRET), token_audience="router"
    ) as target:
        async with calling(target, token("admin")) as admin:
            await admin.queue()
            await admin.agent("ann")
            await admin.agent("bob")
        yield target, f"http://127.0.0.1:{port}"


@pytest.fixture
def target(guarded: tuple[str, str]) -> str:
    return guarded[0]


@pytest.fixture
async def http(guarded: tuple[str, str]) -> AsyncGenerator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=guarded[1], trust_env=False, timeout=60) as client:
        yield client


def get_agent(name: str = "ann") -> agent_service_pb2.GetAgentRequest:
    return agent_service_pb2.GetAgentRequest(name=f"{TENANT}/agents/{name}")


async def test_a_token_opens_what_its_role_may_do(target: str, http: httpx.AsyncClient) -> None:
    async with calling(target, token("platform", subject="pbx-1")) as platform:
        contact = await platform.create("call-1")
        assert await platform.state(contact.name) == "QUEUED"
        assert await refused(platform.queue("other")) == (DENIED, "ROLE")
    path = f"/v1/contacts/{contact.name.rpartition('/')[2]}"
    assert (await http.get(path, headers=shown(token("supervisor")))).status_code == 200
    answer = await http.get(path, headers=shown(token("agent")))
    assert (answer.status_code, answer.json()["reason"]) == (403, "ROLE")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "NO_IDENTITY"),
        ("garbage", "BAD_TOKEN"),
        (token("king"), "BAD_IDENTITY"),
        (token("admin", seconds=-60), "TOKEN_EXPIRED"),
        (token("admin", aud="crm"), "BAD_TOKEN"),
    ],
)
async def test_who_is_vouched_for_by_nobody_is_kept_out_of_both_faces(
    target: str, http: httpx.AsyncClient, text: str, reason: str
) -> None:
    async with calling(target, text) as nobody:
        assert await refused(nobody.agents.GetAgent(get_agent())) == (UNKNOWN, reason)
    answer = await http.get("/v1/agents/ann", headers=shown(text) if text else {})
    assert (answer.status_code, answer.json()["reason"]) == (401, reason)
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_token_of_another_tenant_is_kept_out(target: str, http: httpx.AsyncClient) -> None:
    other = token("admin", tenant="other")
    async with calling(target, other) as stranger:
        assert await refused(stranger.agents.GetAgent(get_agent())) == (DENIED, "TENANT_MISMATCH")
    answer = await http.get("/v1/agents/ann", headers=shown(other))
    assert (answer.status_code, answer.json()["reason"]) == (403, "TENANT_MISMATCH")


async def test_a_customer_of_another_tenant_is_not_looked_up(target: str) -> None:
    async with calling(target, token("platform")) as platform:
        create = platform.create("call-1", customer="tenants/other/customers/1")
        assert await refused(create) == (DENIED, "TENANT_MISMATCH")


async def test_an_agent_acts_as_itself_only(target: str, http: httpx.AsyncClient) -> None:
    async with (
        calling(target, token("agent", subject="ann")) as ann,
        calling(target, token("agent", subject="bob")) as bob,
        calling(target, token("platform")) as platform,
    ):
        assert await ann.presence("ann") == "OFFLINE"
        assert await refused(ann.presence("bob")) == (DENIED, "ROLE")
        forged = agent_service_pb2.SetPresenceRequest(
            agent=f"{TENANT}/agents/bob", presence=agent_pb2.AVAILABLE
        )
        assert await refused(ann.agents.SetPresence(forged)) == (DENIED, "ROLE")
        async with ann.desktop("ann") as desk, bob.desktop("bob", 3) as thief:
            contact = await platform.create("call-1")
            offer = await desk.offer(contact.name)
            take = agent_service_pb2.AcceptOfferRequest(name=offer.name, fence=offer.fence)
            assert await refused(bob.agents.AcceptOffer(take)) == (DENIED, "ROLE")
            thief.stream.send(agent_service_pb2.ClientMessage(seq=9, accept=take))
            await asyncio.wait_for(thief.stream.ended.wait(), 60)
            assert thief.stream.error is not None
            assert thief.stream.error.code() is DENIED
            assert (await desk.accept(offer)).code == 0
            await platform.report(
                "BRIDGED", contact.name, offer=offer.name, agent=offer.agent, fence=offer.fence
            )
            end = contact_service_pb2.CompleteContactRequest(name=contact.name)
            assert await refused(bob.contacts.CompleteContact(end)) == (DENIED, "ROLE")
            done = await ann.contacts.CompleteContact(end)
            assert contact_service_pb2.ContactEvent(contact=done).contact.state
    answer = await http.post(
        "/v1/agents/bob:setPresence",
        json={"presence": "OFFLINE"},
        headers=shown(token("agent", subject="ann")),
    )
    assert (answer.status_code, answer.json()["reason"]) == (403, "ROLE")


async def test_a_session_of_somebody_else_is_not_opened(target: str) -> None:
    async with calling(target, token("agent", subject="ann")) as ann:
        stream = Stream()
        hello = agent_service_pb2.AgentHello(agent=f"{TENANT}/agents/bob")
        stream.send(agent_service_pb2.ClientMessage(seq=1, hello=hello))
        await asyncio.wait_for(stream.listen(ann.agents.Session(stream.outgoing())), 60)
        assert stream.error is not None
        assert (stream.error.code(), reason_of(stream.error)) == (DENIED, "ROLE")


async def test_a_stream_ends_with_its_token(target: str) -> None:
    short_lived = token("agent", subject="ann", seconds=20)  # to connect takes its time
    async with calling(target, short_lived) as ann, ann.desktop("ann") as desk:
        await asyncio.wait_for(desk.stream.ended.wait(), 60)
        assert desk.stream.error is not None
        assert desk.stream.error.code() is UNKNOWN
        assert reason_of(desk.stream.error) == "TOKEN_EXPIRED"


async def test_every_change_is_signed_and_refusals_are_logged(
    target: str, http: httpx.AsyncClient
) -> None:
    with capture_logs() as logs:
        async with calling(target, token("platform", subject="pbx-1")) as platform:
            contact = await platform.create("call-1", caller="+8613812345678")
            await platform.contact(contact.name)
            await refused(platform.queue("other"))
            cancel = contact_service_pb2.CancelContactRequest(name=f"{TENANT}/contacts/nobody")
            await refused(platform.contacts.CancelContact(cancel))
        await http.get("/v1/agents")
    audit = [line for line in logs if line["event"] == "audit"]
    told = [(a["outcome"], a["rpc"].rpartition("/")[2], a.get("reason", "")) for a in audit]
    assert told == [
        ("read", "GetContact", ""),
        ("turned_away", "UpsertQueue", "ROLE"),
        ("refused", "CancelContact", "CONTACT"),
        ("turned_away", "ListAgents", "NO_IDENTITY"),
    ]
    assert "13812345678" not in json.dumps(logs, default=str)
    async with calling(target, token("supervisor")) as supervisor:
        request = supervision_service_pb2.StreamEventsRequest(parent=TENANT, resume_token="0")
        async for message in supervisor.supervision.StreamEvents(request):
            if message.event.type == "contact.queued":
                assert message.event.actor == "platform/pbx-1"
                break


async def test_ten_thousand_streams_of_one_caller_disturb_nobody(redis_url: str) -> None:
    async with (
        router(
            redis_url,
            token_secret=SecretStr(SECRET),
            token_audience="router",
            streams_per_caller=50,
        ) as target,
        calling(target, token("admin", "platform", subject="flood")) as flood,
        calling(target, token("agent", subject="ann")) as ann,
    ):
        await flood.queue()
        await flood.agent("ann")
        contact = await flood.create("call-1")
        watch = contact_service_pb2.WatchContactRequest(name=contact.name)
        held = [flood.contacts.WatchContact(watch) for _ in range(50)]
        for call in held:
            await call.read()
        for _ in range(20):
            calls = [flood.contacts.WatchContact(watch) for _ in range(500)]
            for call in calls:
                with pytest.raises(grpc.aio.AioRpcError) as caught:
                    await call.read()
                assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
                assert reason_of(caught.value) == "RATE_LIMITED"
                assert retry_after_of(caught.value) == 5.0
        async with ann.desktop("ann") as desk:
            assert (await desk.offer()).contact == contact.name
        for call in held:
            call.cancel()


async def test_calls_above_the_rate_are_told_when_to_come_back(redis_url: str) -> None:
    tokens: dict[str, Any] = {"token_secret": SecretStr(SECRET), "token_audience": "router"}
    async with (
        router(redis_url, **tokens, calls_per_second=0.001, call_burst=3) as target,
        calling(target, token("admin")) as admin,
        calling(target, token("supervisor")) as other,
    ):
        for _ in range(3):
            await refused(admin.agents.GetAgent(get_agent()))
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await admin.agents.GetAgent(get_agent())
        assert reason_of(caught.value) == "RATE_LIMITED"
        assert 0 < (retry_after_of(caught.value) or 0) <= 1000
        unknown = await refused(other.agents.GetAgent(get_agent()))
        assert unknown == (grpc.StatusCode.NOT_FOUND, "AGENT")


async def test_large_metadata_and_messages_are_refused_by_name(target: str) -> None:
    async with calling(target, token("platform")) as platform:
        request = contact_service_pb2.GetContactRequest(name="x" * (5 * 1024 * 1024))
        code, _ = await refused(platform.contacts.GetContact(request))
        assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
        small = contact_service_pb2.GetContactRequest(name="x")
        call = platform.contacts.GetContact(small, metadata=(("x", "y" * 64_000),))
        code, _ = await refused(call)
        assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert (await refused(platform.contacts.GetContact(small)))[1] == "BAD_NAME"


@asynccontextmanager
async def secured(redis_url: str, authority: Authority, **settings: Any) -> Any:
    tls, port = authority.server(), free_port()
    async with router(
        redis_url, tls_cert=tls.cert, tls_key=tls.key, tls_ca=tls.ca, http_port=port, **settings
    ) as target:
        yield target, f"https://127.0.0.1:{port}"


def browser(url: str, tls: TlsFiles, *, certificate: bool = True) -> httpx.AsyncClient:
    context = ssl.create_default_context(cafile=str(tls.ca))
    if certificate:
        context.load_cert_chain(tls.cert, tls.key)
    return httpx.AsyncClient(base_url=url, verify=context, trust_env=False, timeout=60)


async def test_a_certificate_tells_who_calls_on_both_faces(redis_url: str, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    admin = authority.client("admin", "switchyard://demo/admin+supervisor/ops")
    ann = authority.client("ann", "switchyard://demo/agent/ann")
    nameless = authority.client("nameless")
    foreign = authority.client("foreign", "switchyard://other/admin/ops")
    async with secured(redis_url, authority) as (target, url):
        async with calling(target, tls=admin) as ops:
            await ops.queue()
            await ops.agent("ann")
            await ops.agent("bob")
        async with calling(target, tls=ann) as agent:
            assert await agent.presence("ann") == "OFFLINE"
            assert await refused(agent.presence("bob")) == (DENIED, "ROLE")
        for tls, refusal in (
            (nameless, (UNKNOWN, "NO_IDENTITY")),
            (foreign, (DENIED, "TENANT_MISMATCH")),
        ):
            async with calling(target, tls=tls) as other:
                assert await refused(other.presence("ann")) == refusal
        for tls, status in ((admin, 200), (ann, 403), (nameless, 401), (foreign, 403)):
            async with browser(url, tls) as http:
                assert (await http.get("/v1/agents")).status_code == status
        async with browser(url, ann, certificate=False) as bare:
            with pytest.raises(httpx.TransportError):
                await bare.get("/v1/agents")


async def test_tokens_serve_where_there_are_no_certificates(redis_url: str, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    anybody = authority.client("anybody")
    async with secured(
        redis_url,
        authority,
        token_secret=SecretStr(SECRET),
        token_audience="router",
        client_certificates=False,
    ) as (target, url):
        async with calling(target, token("admin"), anybody) as admin:
            await admin.agent("ann", queues=())
        async with browser(url, anybody, certificate=False) as http:
            answer = await http.get("/v1/agents", headers=shown(token("supervisor")))
            assert [a["name"] for a in answer.json()["agents"]] == [f"{TENANT}/agents/ann"]
            assert (await http.get("/v1/agents")).status_code == 401


async def test_health_and_reflection_are_open(guarded: tuple[str, str]) -> None:
    async with open_channel(guarded[0]) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        assert (await stub.Check(health_pb2.HealthCheckRequest())).status in (1, 2)


async def test_a_token_in_a_file_is_read_anew(target: str, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(token("supervisor"))
    async with open_channel(target, None, file) as channel:
        clients = Centre(channel)
        listed = config_service_pb2.ListQueuesRequest(parent=TENANT)
        assert len((await clients.config.ListQueues(listed)).queues) == 1
        assert (await refused(clients.queue("other"))) == (DENIED, "ROLE")
        file.write_text(token("admin") + "\n")
        os.utime(file, (1, 1))
        await clients.queue("other")
