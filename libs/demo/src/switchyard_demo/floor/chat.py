"""How a simulated agent chats: joins the conversation at the gateway, answers, ends it."""

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import grpc
import structlog
from switchyard.conversation.v1 import conversation_service_pb2 as pb
from switchyard.conversation.v1.conversation_service_pb2_grpc import ConversationServiceStub
from switchyard.router.v1 import contact_pb2
from switchyard_common.grpc_errors import reason_of
from switchyard_common.logs import contact_scope
from switchyard_platform.names import id_of
from switchyard_platform.reconnect import Backoff, keep_connected, persist

from switchyard_demo.company.model import Text
from switchyard_demo.floor import phrases

_CALL_SECONDS = 5.0
_TRIES = 8
_NOT_OURS_ANY_MORE = (grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.PERMISSION_DENIED)


class ChatMeter(Protocol):
    """Counts chats."""

    def chat_ended(self, how: str) -> None:
        """One ended: goodbye, idle, left, never_joined or failed."""
        ...


@dataclass(frozen=True, slots=True)
class ChatTimes:
    """Real seconds."""

    join: float = 30.0
    """Until the gateway must have joined agent and customer."""
    idle: float = 90.0
    typing: tuple[float, float] = (0.8, 2.0)


class ConversationDesk:
    """Where the floor's agents chat."""

    def __init__(
        self,
        channel: grpc.aio.Channel,
        displays: Mapping[str, Text],
        meter: ChatMeter,
        rng: random.Random,
        times: ChatTimes | None = None,
    ) -> None:
        self._stub = ConversationServiceStub(channel)
        self._displays = displays
        self._meter = meter
        self._rng = rng
        self._times = times or ChatTimes()
        self._log = structlog.stdlib.get_logger()

    async def talk(self, agent: str, contact: str, context: contact_pb2.ContactContext) -> None:
        """Serve the conversation of a contact until it is over, whoever ends it."""
        with contact_scope(id_of(contact)):
            visit = _Visit(self._stub, agent, contact, context, self._rng, self._times)
            visit.agent_display = self._displays.get(id_of(agent), Text("", ""))
            try:
                how = await visit.run()
            except grpc.aio.AioRpcError as error:
                how = "left" if error.code() in _NOT_OURS_ANY_MORE else "failed"
                self._log.warning("chat_cut", code=error.code().name, reason=reason_of(error))
            self._log.info("chat_ended", how=how, agent=id_of(agent))
        self._meter.chat_ended(how)


class _Visit:
    """One agent in one conversation. Message ids are derived, so that repeats are dropped."""

    agent_display: Text

    def __init__(
        self,
        stub: ConversationServiceStub,
        agent: str,
        contact: str,
        context: contact_pb2.ContactContext,
        rng: random.Random,
        times: ChatTimes,
    ) -> None:
        self._stub = stub
        self._agent = agent
        self._contact = contact
        self._context = context
        self._rng = rng
        self._times = times
        self._events: asyncio.Queue[pb.ConversationEvent | None] = asyncio.Queue()
        self._after = ""
        self._language = "en"
        self._joined = False
        self._turns = 0

    async def run(self) -> str:
        """Until somebody ends it; returns how."""
        watcher = asyncio.create_task(self._watch())
        try:
            return await self._serve()
        finally:
            watcher.cancel()
            await asyncio.wait((watcher,))

    async def _watch(self) -> None:
        """Events in their order, over breaks; None when there will be none any more."""
        backoff = Backoff(self._rng)

        async def connect() -> None:
            request = pb.WatchConversationRequest(
                name=self._context.conversation, after_id=self._after
            )
            async for event in self._stub.WatchConversation(request):
                backoff.reset()
                self._after = event.id or self._after
                self._events.put_nowait(event)

        try:
            await keep_connected(connect, backoff)
        except grpc.aio.AioRpcError as error:
            structlog.stdlib.get_logger().warning("watch_refused", reason=reason_of(error))
            self._events.put_nowait(None)

    async def _serve(self) -> str:
        until = _now() + self._times.join
        while True:
            try:
                async with asyncio.timeout_at(until):
                    event = await self._events.get()
            except TimeoutError:
                return await self._silence()
            if event is None:
                return "failed"
            how = await self._hear(event)
            if how:
                return how
            if (self._joined and event.HasField("conversation")) or _from_customer(event):
                until = _now() + self._times.idle

    async def _hear(self, event: pb.ConversationEvent) -> str:
        """React; returns how the visit ended, or nothing while it goes on."""
        if event.HasField("conversation"):
            return await self._follow(event.conversation)
        if self._joined and _from_customer(event):
            return await self._answer(event.message)
        return ""

    async def _follow(self, conversation: pb.Conversation) -> str:
        self._language = conversation.language or self._language
        mine = (
            conversation.state == pb.WITH_AGENT
            and conversation.agent == self._agent
            and conversation.contact == self._contact
        )
        if self._joined and not mine:
            return "left"
        if mine and not self._joined:
            self._joined = True
            display = self.agent_display.in_language(self._language)
            text = phrases.greeting(self._language, display, self._context)
            await self._say("hello", text)
        return ""

    async def _answer(self, message: pb.Message) -> str:
        if phrases.is_goodbye(message.text):
            await self._say(f"bye.{message.id}", phrases.farewell(self._language))
            await self._end("demo_done")
            return "goodbye"
        await self._say(f"re.{message.id}", phrases.answer(self._language, self._turns))
        self._turns += 1
        return ""

    async def _silence(self) -> str:
        if not self._joined:
            return "never_joined"
        await self._say("idle", phrases.given_up(self._language))
        await self._end("demo_idle")
        return "idle"

    async def _say(self, message_id: str, text: str) -> None:
        typing = pb.SetTypingRequest(name=self._context.conversation, role=pb.AGENT)
        await persist(
            lambda: self._stub.SetTyping(typing, timeout=_CALL_SECONDS), self._rng, _TRIES
        )
        await asyncio.sleep(self._rng.uniform(*self._times.typing))
        message = pb.Message(
            message_id=f"{id_of(self._contact)}.{message_id}",
            role=pb.AGENT,
            text=text,
            agent=self._agent,
        )
        post = pb.PostMessageRequest(parent=self._context.conversation, message=message)
        await persist(
            lambda: self._stub.PostMessage(post, timeout=_CALL_SECONDS), self._rng, _TRIES
        )

    async def _end(self, disposition: str) -> None:
        request = pb.EndConversationRequest(
            name=self._context.conversation,
            agent=self._agent,
            disposition=disposition,
            request_id=f"{id_of(self._contact)}.end",
        )
        await persist(
            lambda: self._stub.EndConversation(request, timeout=_CALL_SECONDS), self._rng, _TRIES
        )


def _from_customer(event: pb.ConversationEvent) -> bool:
    return event.HasField("message") and event.message.role == pb.CUSTOMER


def _now() -> float:
    return asyncio.get_running_loop().time()
