"""Who is let into conversations over gRPC: roles, tenants, and agents with those they serve."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import jwt
import pytest
from pydantic import SecretStr
from switchyard.conversation.v1 import conversation_service_pb2 as pb
from switchyard_common.audit_chain import AuditKey, Chain
from switchyard_common.audit_journal import chains_in, files_of
from switchyard_common.grpc_errors import reason_of

from tests.fakes.gateway.router import ANN, BOB
from tests.fakes.gateway.running import OpenPage, RunningGateway, gateway

pytestmark = pytest.mark.integration

SECRET = "a secret for tests, and for tests only"
ANN_ID, BOB_ID = ANN.rpartition("/")[2], BOB.rpartition("/")[2]
DENIED = grpc.StatusCode.PERMISSION_DENIED, "ROLE"


@pytest.fixture
async def guarded(redis_url: str, tmp_path: Path) -> AsyncIterator[RunningGateway]:
    async with gateway(
        redis_url,
        token_secret=SecretStr(SECRET),
        token_audience="chat",
        audit_dir=tmp_path,
        audit_key=SecretStr(SECRET),
    ) as running:
        yield running


def shown(role: str, subject: str = "someone", tenant: str = "demo") -> dict[str, Any]:
    """Options of a call that shows a token."""
    claims = {"sub": subject, "tenant": tenant, "roles": [role], "aud": "chat"}
    text = jwt.encode({**claims, "exp": time.time() + 600}, SECRET, "HS256")
    return {"metadata": (("authorization", f"Bearer {text}"),), "timeout": 120}


def agent(subject: str) -> dict[str, Any]:
    return shown("agent", subject)


@asynccontextmanager
async def with_ann(running: RunningGateway) -> AsyncIterator[OpenPage]:
    """A page whose customer talks to Ann."""
    async with running.page("en") as page:
        await page.says("a person, please")
        await page.until(lambda f: f["type"] == "wait")
        await running.router.assign(running.router.only().name)
        await page.state("WITH_AGENT")
        yield page


async def refusal(call: Any) -> tuple[grpc.StatusCode, str | None]:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value.code(), reason_of(caught.value)


def wishes(name: str, whose: str) -> dict[str, Any]:
    """A request of each kind about a conversation, in the name of an agent."""
    words = pb.Message(role=pb.AGENT, agent=whose, text="hello", message_id="a1")
    return {
        "GetConversation": pb.GetConversationRequest(name=name),
        "ListMessages": pb.ListMessagesRequest(parent=name),
        "PostMessage": pb.PostMessageRequest(parent=name, message=words),
        "SetTyping": pb.SetTypingRequest(name=name, role=pb.AGENT),
        "HandBack": pb.HandBackRequest(name=name, agent=whose, request_id="h1"),
        "EndConversation": pb.EndConversationRequest(name=name, agent=whose, request_id="e1"),
    }


async def test_who_shows_nothing_or_is_of_another_tenant_is_kept_out(
    guarded: RunningGateway,
) -> None:
    async with guarded.page() as page:
        for method, request in wishes(page.name, ANN).items():
            call = getattr(guarded.stub, method)
            nobody = await refusal(call(request, timeout=120))
            assert nobody == (grpc.StatusCode.UNAUTHENTICATED, "NO_IDENTITY"), method
            stranger = await refusal(call(request, **shown("platform", tenant="other")))
            assert stranger[1] == "TENANT_MISMATCH", method
    samples = guarded.metrics()
    assert samples['switchyard_gateway_refused_calls_total{reason="NO_IDENTITY"}'] == 6
    assert samples['switchyard_gateway_refused_calls_total{reason="TENANT_MISMATCH"}'] == 6


async def test_an_agent_gets_nothing_of_a_conversation_that_another_one_has(
    guarded: RunningGateway,
) -> None:
    async with with_ann(guarded) as page:
        for whose in (ANN, BOB):  # Bob as himself, and Bob in Ann's name
            for method, request in wishes(page.name, whose).items():
                asked = getattr(guarded.stub, method)(request, **agent(BOB_ID))
                denied = await refusal(asked)
                assert denied[0] in (DENIED[0], grpc.StatusCode.FAILED_PRECONDITION), method
        watched = guarded.stub.WatchConversation(
            pb.WatchConversationRequest(name=page.name), **agent(BOB_ID)
        )
        assert await refusal(watched.read()) == DENIED
        file = pb.ReadAttachmentRequest(parent=page.name, attachment="f", agent=ANN)
        assert await refusal(guarded.stub.ReadAttachment(file, **agent(BOB_ID)).read()) == DENIED
        assert not [text for text in page.texts("AGENT") if text == "hello"]


async def test_an_agent_does_not_speak_as_the_customer_nor_open_conversations(
    guarded: RunningGateway,
) -> None:
    async with with_ann(guarded) as page:
        words = pb.Message(role=pb.CUSTOMER, text="I confirm", message_id="c1")
        forged = pb.PostMessageRequest(parent=page.name, message=words)
        assert await refusal(guarded.stub.PostMessage(forged, **agent(ANN_ID))) == DENIED
        typing = pb.SetTypingRequest(name=page.name, role=pb.CUSTOMER)
        assert await refusal(guarded.stub.SetTyping(typing, **agent(ANN_ID))) == DENIED
        opened = pb.OpenConversationRequest(parent="tenants/demo", request_id="o1")
        assert await refusal(guarded.stub.OpenConversation(opened, **agent(ANN_ID))) == DENIED


async def test_an_agent_serves_their_own_conversation_until_it_is_over(
    guarded: RunningGateway,
) -> None:
    async with with_ann(guarded) as page:
        request = wishes(page.name, ANN)
        watching = guarded.stub.WatchConversation(
            pb.WatchConversationRequest(name=page.name), **agent(ANN_ID)
        )
        assert (await watching.read()).WhichOneof("event")
        await guarded.stub.PostMessage(request["PostMessage"], **agent(ANN_ID))
        await page.hears("hello", "AGENT")
        await guarded.stub.EndConversation(request["EndConversation"], **agent(ANN_ID))

        async def to_the_end() -> None:
            while await watching.read() is not grpc.aio.EOF:
                continue

        assert await refusal(to_the_end()) == DENIED
        read = guarded.stub.GetConversation(request["GetConversation"], **agent(ANN_ID))
        assert await refusal(read) == DENIED


async def test_supervisors_read_and_write_nothing(guarded: RunningGateway) -> None:
    async with with_ann(guarded) as page:
        request = wishes(page.name, ANN)
        role = shown("supervisor")
        seen = await guarded.stub.GetConversation(request["GetConversation"], **role)
        assert seen.agent == ANN
        for method in ("PostMessage", "SetTyping", "HandBack", "EndConversation"):
            assert await refusal(getattr(guarded.stub, method)(request[method], **role)) == DENIED


async def test_who_reads_a_conversation_stands_in_the_sealed_log(
    guarded: RunningGateway, tmp_path: Path
) -> None:
    async with guarded.page() as page:
        asked = wishes(page.name, ANN)
        for method in ("GetConversation", "ListMessages"):
            await getattr(guarded.stub, method)(asked[method], **shown("supervisor", "eve"))
    key = AuditKey(SECRET)
    lines = [
        ("", line)
        for chain in chains_in(tmp_path)
        for file in files_of(tmp_path, chain)
        for line in file.read_text().splitlines()
    ]
    assert list(Chain(key).faults(lines)) == []
    reads = [line for _, line in lines if '"supervisor/eve"' in line]
    assert len(reads) == 2
    assert all(key.subject(page.name) in line for line in reads)
    assert page.conversation not in "".join(reads)
