"""A conversation service on a free port that keeps one conversation, as the gateway would."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
from switchyard.conversation.v1 import conversation_service_pb2 as pb
from switchyard.conversation.v1 import conversation_service_pb2_grpc

NAME = "tenants/demo/conversations/k1"


class FakeConversations(conversation_service_pb2_grpc.ConversationServiceServicer):
    """Keeps the log of one conversation; tests write the customer's side into it."""

    def __init__(self) -> None:
        self.target = ""
        self.endings: list[pb.EndConversationRequest] = []
        self.refuse: grpc.StatusCode | None = None
        self.watches = 0
        self._log: list[pb.ConversationEvent] = []
        self._news = asyncio.Event()
        self._agent = ""

    @property
    def said(self) -> list[pb.Message]:
        """What the agent wrote."""
        messages = (event.message for event in self._log if event.HasField("message"))
        return [message for message in messages if message.role == pb.AGENT]

    def state(self, state: pb.ConversationState.ValueType, agent: str, contact: str) -> None:
        """The conversation changes."""
        self._agent = agent
        conversation = pb.Conversation(
            name=NAME, state=state, agent=agent, contact=contact, language="zh"
        )
        self._add(pb.ConversationEvent(conversation=conversation))

    def customer(self, text: str) -> None:
        """The customer writes."""
        self._message(pb.Message(role=pb.CUSTOMER, text=text, message_id=f"c{len(self._log)}"))

    async def until_said(self, number: int) -> list[pb.Message]:
        """Wait until the agent has written so many messages."""
        async with asyncio.timeout(60):
            while len(self.said) < number:
                await asyncio.sleep(0.01)
        return self.said

    async def WatchConversation(
        self, request: pb.WatchConversationRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> AsyncIterator[pb.ConversationEvent]:
        """Stream the log from a position on."""
        self.watches += 1
        position = int(request.after_id.partition("-")[0] or 0)
        while True:
            self._news.clear()
            for event in self._log[position:]:
                position += 1
                yield event
            await self._news.wait()

    async def PostMessage(
        self, request: pb.PostMessageRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.Message:
        """Keep a message once."""
        if self.refuse is not None:
            await context.abort(self.refuse, "not now")
        if request.message.agent != self._agent:
            await context.abort(grpc.StatusCode.PERMISSION_DENIED, "not the agent")
        if request.message.message_id not in [message.message_id for message in self.said]:
            self._message(request.message)
        return request.message

    async def SetTyping(
        self, request: pb.SetTypingRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.SetTypingResponse:
        """Tell nobody."""
        return pb.SetTypingResponse()

    async def EndConversation(
        self, request: pb.EndConversationRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.Conversation:
        """Back to the bot."""
        self.endings.append(request)
        self.state(pb.WITH_BOT, "", "")
        return pb.Conversation(name=NAME, state=pb.WITH_BOT)

    def _message(self, message: pb.Message) -> None:
        kept = pb.Message()
        kept.CopyFrom(message)
        kept.id = f"{len(self._log) + 1}-0"
        self._add(pb.ConversationEvent(message=kept))

    def _add(self, event: pb.ConversationEvent) -> None:
        event.id = f"{len(self._log) + 1}-0"
        self._log.append(event)
        self._news.set()


@asynccontextmanager
async def conversations() -> AsyncGenerator[FakeConversations]:
    """The service for the length of the block."""
    fake = FakeConversations()
    server = grpc.aio.server()
    conversation_service_pb2_grpc.add_ConversationServiceServicer_to_server(fake, server)
    fake.target = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    try:
        yield fake
    finally:
        await server.stop(0)
