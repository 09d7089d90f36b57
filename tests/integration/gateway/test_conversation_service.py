"""The conversation service over real gRPC: desktops, and channels with customers of their own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import httpx
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from switchyard.conversation.v1 import conversation_service_pb2 as pb
from switchyard_common.grpc_errors import reason_of, retry_after_of, violations_of
from switchyard_gateway.domain.conversation import Identifier
from switchyard_gateway.service.bot import Reply, Said

from tests.fakes.gateway.router import ANN, BOB
from tests.fakes.gateway.running import OpenPage, RunningGateway, eventually, gateway

pytestmark = pytest.mark.integration

NOBODY = "tenants/demo/conversations/nobody"


@pytest.fixture
async def running(redis_url: str) -> AsyncIterator[RunningGateway]:
    async with gateway(redis_url) as running:
        yield running


@asynccontextmanager
async def with_agent(running: RunningGateway) -> AsyncIterator[OpenPage]:
    """A page whose customer talks to Ann."""
    async with running.page("en") as page:
        await page.says("a person, please")
        await page.until(lambda f: f["type"] == "wait")
        await running.router.assign(running.router.only().name)
        await page.state("WITH_AGENT")
        yield page


def post(name: str, text: str = "hello", **fields: Any) -> pb.PostMessageRequest:
    values: dict[str, Any] = {"message_id": "a1", "role": pb.AGENT, "agent": ANN, "text": text}
    values |= fields
    return pb.PostMessageRequest(parent=name, message=pb.Message(**values))


def end(name: str, agent: str = ANN, request_id: str = "e1") -> pb.EndConversationRequest:
    return pb.EndConversationRequest(
        name=name, agent=agent, disposition="solved", request_id=request_id
    )


async def refused(call: Any) -> tuple[grpc.StatusCode, str | None]:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call
    return error.value.code(), reason_of(error.value)


async def until(stream: Any, kind: str, fits: Any = lambda _: True) -> pb.ConversationEvent:
    async with asyncio.timeout(60):
        while True:
            event = await stream.read()
            assert event is not grpc.aio.EOF
            if event.WhichOneof("event") == kind and fits(getattr(event, kind)):
                return event  # type: ignore[no-any-return]


async def test_agent_and_customer_talk_and_the_agent_ends_it(running: RunningGateway) -> None:
    async with with_agent(running) as page:
        stream = running.stub.WatchConversation(pb.WatchConversationRequest(name=page.name))
        await until(stream, "conversation", lambda c: c.state == pb.WITH_AGENT)
        posted = await running.stub.PostMessage(post(page.name, "Hello, I am Ann."))
        assert (posted.role, posted.agent) == (pb.AGENT, ANN)
        await page.hears("Hello, I am Ann.", "AGENT")
        await page.says("hi Ann")
        heard = await until(stream, "message", lambda m: m.role == pb.CUSTOMER and "Ann" in m.text)
        assert heard.message.text == "hi Ann"
        ended = await running.stub.EndConversation(end(page.name))
        assert (ended.state, ended.agent, ended.contact) == (pb.WITH_BOT, "", "")
        await page.hears("agent_ended", "SYSTEM")
        await page.hears("This is the bot again.", "BOT")
        assert running.router.dispositions == {running.router.only().name: "solved"}


async def test_the_transcript_and_all_that_is_known_wait_for_the_agent(
    running: RunningGateway,
) -> None:
    async with with_agent(running) as page:
        listed = await running.stub.ListMessages(pb.ListMessagesRequest(parent=page.name))
        roles = [pb.Role.Name(message.role) for message in listed.messages]
        assert roles == ["CUSTOMER", "BOT", "SYSTEM", "SYSTEM"]
        assert not listed.more
        conversation = await running.stub.GetConversation(pb.GetConversationRequest(name=page.name))
        assert conversation.slots["order_number"] == "SY20480001"
        assert conversation.verification_level == "verified"
        assert (conversation.agent, conversation.contact) == (ANN, running.router.only().name)
        assert conversation.channel == "chat"


async def test_messages_are_listed_in_pages(running: RunningGateway) -> None:
    async with running.page() as page:
        for number in range(3):
            await page.says(f"n{number}")
            await page.hears(f"You said: n{number}")
        seen: list[str] = []
        after, more = "", True
        while more:
            response = await running.stub.ListMessages(
                pb.ListMessagesRequest(parent=page.name, after_id=after, page_size=2)
            )
            seen += [message.text for message in response.messages]
            after, more = response.messages[-1].id, response.more
        assert seen == [text for n in range(3) for text in (f"n{n}", f"You said: n{n}")]


async def test_posting_again_returns_the_stored_message(running: RunningGateway) -> None:
    async with with_agent(running) as page:
        first = await running.stub.PostMessage(post(page.name, "once"))
        again = await running.stub.PostMessage(post(page.name, "twice"))
        assert again == first


async def test_watching_resumes_and_sees_each_change_in_order(running: RunningGateway) -> None:
    async with with_agent(running) as page:
        await running.stub.EndConversation(end(page.name))
        await page.hears("This is the bot again.")
        stream = running.stub.WatchConversation(pb.WatchConversationRequest(name=page.name))
        states: list[str] = []
        last = ""
        while len(states) < 4:
            event = await until(stream, "conversation")
            states.append(pb.ConversationState.Name(event.conversation.state))
            last = event.id
        assert states == ["WAITING_FOR_AGENT", "WAITING_FOR_AGENT", "WITH_AGENT", "WITH_BOT"]
        stream.cancel()
        again = running.stub.WatchConversation(
            pb.WatchConversationRequest(name=page.name, after_id=last)
        )
        assert (await until(again, "message")).message.text == "This is the bot again."


async def test_each_side_sees_the_other_type(running: RunningGateway) -> None:
    async with with_agent(running) as page:
        stream = running.stub.WatchConversation(pb.WatchConversationRequest(name=page.name))
        await until(stream, "conversation", lambda c: c.state == pb.WITH_AGENT)
        await running.stub.SetTyping(pb.SetTypingRequest(name=page.name, role=pb.AGENT))
        await page.until(lambda f: f == {"type": "typing", "role": "AGENT"})
        await page.send(type="typing")
        await until(stream, "typing", lambda t: t.role == pb.CUSTOMER)


async def test_an_agent_hands_back_with_a_note(running: RunningGateway) -> None:
    async with with_agent(running) as page:
        back = await running.stub.HandBack(
            pb.HandBackRequest(name=page.name, agent=ANN, note="wants a refund", request_id="b1")
        )
        assert back.state == pb.WITH_BOT
        await page.hears("handed_back")
        assert running.router.dispositions == {running.router.only().name: "handed_back"}


async def test_nobody_but_the_assigned_agent_acts_as_agent(running: RunningGateway) -> None:
    denied = (grpc.StatusCode.PERMISSION_DENIED, "NOT_ASSIGNED_AGENT")
    async with with_agent(running) as page:
        assert await refused(running.stub.PostMessage(post(page.name, agent=BOB))) == denied
        assert await refused(running.stub.EndConversation(end(page.name, BOB))) == denied
    wrong = (grpc.StatusCode.FAILED_PRECONDITION, "WRONG_STATE")
    async with running.page() as page:
        assert await refused(running.stub.PostMessage(post(page.name))) == wrong
        assert await refused(running.stub.EndConversation(end(page.name))) == wrong


@pytest.mark.parametrize("role", [pb.BOT, pb.SYSTEM])
async def test_nobody_writes_as_bot_or_system(running: RunningGateway, role: Any) -> None:
    async with with_agent(running) as page:
        answer = await refused(running.stub.PostMessage(post(page.name, role=role)))
        assert answer == (grpc.StatusCode.PERMISSION_DENIED, "ROLE")
        typing = pb.SetTypingRequest(name=page.name, role=role)
        assert (await refused(running.stub.SetTyping(typing)))[1] == "ROLE"


async def test_a_channel_brings_its_own_customers(running: RunningGateway) -> None:
    request = pb.OpenConversationRequest(
        parent="tenants/demo",
        conversation=pb.Conversation(channel="wechat", language="zh"),
        request_id="openid-7",
    )
    opened = await running.stub.OpenConversation(request)
    assert (opened.state, opened.channel, opened.language) == (pb.WITH_BOT, "wechat", "zh")
    assert await running.stub.OpenConversation(request) == opened
    stream = running.stub.WatchConversation(pb.WatchConversationRequest(name=opened.name))
    await running.stub.PostMessage(
        post(opened.name, "where is my order?", role=pb.CUSTOMER, agent="", message_id="w1")
    )
    answer = await until(stream, "message", lambda m: m.role == pb.BOT)
    assert "SY20480001" in answer.message.text


async def test_a_wrong_field_is_named(running: RunningGateway) -> None:
    stub = running.stub
    get, page, channel = pb.GetConversationRequest, pb.ListMessagesRequest, pb.Conversation()
    wrong: dict[str, Any] = {
        "name": stub.GetConversation(get(name="x")),
        "page_size": stub.ListMessages(page(parent=NOBODY, page_size=1001)),
        "after_id": stub.ListMessages(page(parent=NOBODY, after_id="x")),
        "message.role": stub.PostMessage(post(NOBODY, role=pb.ROLE_UNSPECIFIED)),
        "message.agent": stub.PostMessage(post(NOBODY, agent="ann")),
        "message.text": stub.PostMessage(post(NOBODY, "")),
        "message.message_id": stub.PostMessage(post(NOBODY, message_id="")),
        "request_id": stub.EndConversation(end(NOBODY, request_id="")),
        "agent": stub.HandBack(pb.HandBackRequest(name=NOBODY, request_id="r")),
        "conversation.channel": stub.OpenConversation(
            pb.OpenConversationRequest(parent="tenants/demo", conversation=channel, request_id="r")
        ),
    }
    for field, call in wrong.items():
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await call
        assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert field in violations_of(error.value)


async def test_what_does_not_exist_is_not_found(running: RunningGateway) -> None:
    unknown = (grpc.StatusCode.NOT_FOUND, "CONVERSATION")
    stub = running.stub
    assert await refused(stub.GetConversation(pb.GetConversationRequest(name=NOBODY))) == unknown
    assert await refused(stub.ListMessages(pb.ListMessagesRequest(parent=NOBODY))) == unknown
    assert await refused(stub.PostMessage(post(NOBODY))) == unknown
    assert await refused(stub.EndConversation(end(NOBODY))) == unknown
    watch = stub.WatchConversation(pb.WatchConversationRequest(name=NOBODY))
    assert await refused(watch.read()) == unknown


async def test_other_tenants_are_denied(running: RunningGateway) -> None:
    name = "tenants/other/conversations/c1"
    answer = await refused(running.stub.GetConversation(pb.GetConversationRequest(name=name)))
    assert answer == (grpc.StatusCode.PERMISSION_DENIED, "TENANT_MISMATCH")


async def test_an_end_waits_for_the_router(running: RunningGateway) -> None:
    async with with_agent(running) as page:
        running.router.down = True
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await running.stub.EndConversation(end(page.name))
        assert error.value.code() is grpc.StatusCode.UNAVAILABLE
        assert retry_after_of(error.value) is not None
        running.router.down = False
        ended = await running.stub.EndConversation(end(page.name))
        assert ended.state == pb.WITH_BOT


async def test_health_and_reflection_tell_about_the_service(running: RunningGateway) -> None:
    name = "switchyard.conversation.v1.ConversationService"
    health: Any = health_pb2_grpc.HealthStub(running.channel)
    async with asyncio.timeout(60):
        while True:
            answer = await health.Check(health_pb2.HealthCheckRequest(service=name))
            if answer.status == health_pb2.HealthCheckResponse.SERVING:
                break
            await asyncio.sleep(0.05)
    channel: Any = running.channel
    reflection: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
    asked = reflection_pb2.ServerReflectionRequest(list_services="")
    async for response in reflection.ServerReflectionInfo(iter([asked])):
        services = {service.name for service in response.list_services_response.service}
        assert name in services
        break


async def test_calls_and_hand_overs_are_counted(running: RunningGateway) -> None:
    async with with_agent(running) as page:
        await running.stub.EndConversation(end(page.name))
        await page.hears("This is the bot again.")
    metrics = running.metrics()
    for outcome in ("asked", "queued", "joined", "agent_ended"):
        name = f'switchyard_gateway_handovers_total{{outcome="{outcome}"}}'
        assert metrics[name] == 1, outcome
    ended = (
        'switchyard_gateway_rpc_handled_total{code="OK",grpc_method="EndConversation",'
        'grpc_service="switchyard.conversation.v1.ConversationService"}'
    )
    assert metrics[ended] == 1
    assert metrics["switchyard_gateway_router_attached"] == 1
    await eventually(lambda: running.metrics()["switchyard_gateway_open_websockets"] == 0)


async def test_a_channel_says_what_it_knows_of_its_customer(running: RunningGateway) -> None:
    known = pb.Identifier(kind="handle", value="o-1", namespace="wx", proven=True)
    request = pb.OpenConversationRequest(
        parent="tenants/demo",
        conversation=pb.Conversation(channel="wechat", language="zh", identifiers=[known]),
        request_id="r1",
    )
    opened = await running.stub.OpenConversation(request)
    assert list(opened.identifiers) == [known]
    hello = post(opened.name, role=pb.CUSTOMER, agent="")
    await running.stub.PostMessage(hello)
    await eventually(lambda: bool(running.bot.asked))
    (asked,) = running.bot.asked
    assert asked.channel == "wechat"
    assert asked.identifiers == (Identifier("handle", "o-1", "wx", proven=True),)


@pytest.mark.parametrize(
    "identifiers",
    [
        [pb.Identifier(kind="soul", value="x")],
        [pb.Identifier(kind="phone")],
        [pb.Identifier(kind="phone", value="x" * 257)],
        [pb.Identifier(kind="phone", value="1", namespace="x" * 65)],
        [pb.Identifier(kind="phone", value=str(number)) for number in range(9)],
    ],
)
async def test_odd_identifiers_are_refused(
    running: RunningGateway, identifiers: list[pb.Identifier]
) -> None:
    request = pb.OpenConversationRequest(
        parent="tenants/demo",
        conversation=pb.Conversation(channel="wechat", identifiers=identifiers),
        request_id="r1",
    )
    code, _ = await refused(running.stub.OpenConversation(request))
    assert code is grpc.StatusCode.INVALID_ARGUMENT


async def test_the_agent_reads_what_the_customer_sent(running: RunningGateway) -> None:
    content = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 2048
    async with with_agent(running) as page:
        async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
            answer = await client.put(
                f"{running.origin}/chat/{page.conversation}/files/f-1?name=photo.png",
                content=content,
                headers={"authorization": f"Bearer {page.token}", "origin": running.origin},
            )
        assert answer.is_success, answer.text
        listed = await running.stub.ListMessages(pb.ListMessagesRequest(parent=page.name))
        (sent,) = [m for m in listed.messages if m.attachments]
        (photo,) = sent.attachments
        assert (photo.type, photo.size_bytes) == ("image/png", len(content))
        request = pb.ReadAttachmentRequest(parent=page.name, attachment=photo.id, agent=ANN)
        pieces = [piece async for piece in running.stub.ReadAttachment(request)]
        assert pieces[0].attachment == photo
        assert len(pieces) > 1
        assert b"".join(piece.content for piece in pieces) == content
        stranger = pb.ReadAttachmentRequest(parent=page.name, attachment=photo.id, agent=BOB)
        assert await refused(anext(aiter(running.stub.ReadAttachment(stranger)))) == (
            grpc.StatusCode.PERMISSION_DENIED,
            "NOT_ASSIGNED_AGENT",
        )


async def test_agents_see_choices_and_what_switchyard_says(running: RunningGateway) -> None:
    running.bot.script["help"] = Reply((Said("Which?", ("My order", "My bill")),))
    async with running.page() as page:
        await page.says("help")
        await page.hears("Which?")
        await page.says("a person, please")
        await page.state("WAITING_FOR_AGENT")
        listed = await running.stub.ListMessages(pb.ListMessagesRequest(parent=page.name))
    assert [list(m.choices) for m in listed.messages if m.text == "Which?"] == [
        ["My order", "My bill"]
    ]
    assert listed.messages[-1].notice == "looking_for_agent"
