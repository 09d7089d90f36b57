"""One chat page's connection: what the customer does goes up, the conversation comes down."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from starlette.websockets import WebSocketDisconnect
from structlog.contextvars import bound_contextvars
from switchyard_common.errors import DomainError, ErrorKind

from switchyard_gateway.domain.conversation import (
    Conversation,
    ConversationId,
    EntryId,
    Identifier,
    Live,
    Message,
    Role,
    Typing,
)
from switchyard_gateway.domain.errors import ConversationUnknown, StoreDown, bad_field
from switchyard_gateway.entrypoints.http import frames
from switchyard_gateway.entrypoints.http.frames import Hello, Offers, Plain, Say
from switchyard_gateway.entrypoints.http.wire import (
    POLICY_VIOLATION,
    TRY_AGAIN_LATER,
    SocketCounter,
    Wire,
)
from switchyard_gateway.service.absence import AbsenceWatch
from switchyard_gateway.service.callback import BookCallback
from switchyard_gateway.service.choose_language import ChooseLanguage
from switchyard_gateway.service.customers import Customers
from switchyard_gateway.service.feed import Feed
from switchyard_gateway.service.hand_over import AskForPerson
from switchyard_gateway.service.leave import LeavePerson
from switchyard_gateway.service.open_conversation import OpenChat, ResumeChat
from switchyard_gateway.service.post_message import PostCustomerMessage
from switchyard_gateway.service.store import Transcript, Whispers

_HELLO_SECONDS = 10.0
_STORE_PAUSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class ChatUseCases:
    """What a customer can do."""

    customers: Customers
    open: OpenChat
    resume: ResumeChat
    post: PostCustomerMessage
    ask_for_person: AskForPerson
    leave: LeavePerson
    callback: BookCallback
    choose_language: ChooseLanguage
    whispers: Whispers
    transcript: Transcript
    feed: Feed
    absence: AbsenceWatch
    offers: Offers


class ChatSession:
    """Serves one websocket, from its hello to its end.

    `may_open` says whether the page's address may open one more chat.
    """

    def __init__(
        self,
        wire: Wire,
        use_cases: ChatUseCases,
        counter: SocketCounter,
        may_open: Callable[[], bool],
    ) -> None:
        self._wire = wire
        self._do = use_cases
        self._counter = counter
        self._may_open = may_open
        self._log = structlog.stdlib.get_logger()

    async def serve(self) -> None:
        """Until the page is gone."""
        try:
            conversation, after = await self._enter()
        except DomainError as error:
            await self._turn_away(error)
        else:
            with bound_contextvars(conversation=conversation.id):
                await self._converse(conversation, after)

    async def _enter(self) -> tuple[Conversation, EntryId]:
        try:
            async with asyncio.timeout(_HELLO_SECONDS):
                hello = await self._wire.receive()
        except TimeoutError as error:
            raise _expected_hello() from error
        if not isinstance(hello, Hello):
            raise _expected_hello()
        self._wire.language = hello.language
        return await self._resume(hello) or await self._open(hello)

    async def _resume(self, hello: Hello) -> tuple[Conversation, EntryId] | None:
        if not hello.conversation:
            return None
        try:
            conversation = await self._do.resume.execute(
                ConversationId(hello.conversation), hello.token
            )
        except ConversationUnknown:
            self._counter.rejected("unknown_conversation")
            await self._wire.send({"type": "expired"})
            return None
        await self._wire.send(frames.welcome(conversation, "", self._do.offers))
        return conversation, EntryId(hello.last_id)

    async def _open(self, hello: Hello) -> tuple[Conversation, EntryId]:
        if not self._may_open():
            raise DomainError(
                kind=ErrorKind.EXHAUSTED,
                reason="TOO_MANY_CHATS",
                message="this address opened too many chats; wait before the next one",
                retry_after_seconds=60.0,
            )
        opened = await self._do.open.execute(hello.language, await self._known_as(hello))
        welcome = frames.welcome(opened.conversation, opened.token, self._do.offers)
        await self._wire.send(welcome)
        return opened.conversation, EntryId("")

    async def _known_as(self, hello: Hello) -> tuple[Identifier, ...]:
        """A token that cannot be trusted keeps nobody from help: they are a stranger then."""
        if not hello.customer_token:
            return ()
        try:
            return await self._do.customers.known_as(hello.customer_token)
        except DomainError as error:
            self._counter.rejected(error.reason.lower())
            self._log.warning("customer_not_known", reason=error.reason, problem=error.message)
            await self._wire.send(frames.not_known(error))
            return ()

    async def _turn_away(self, error: DomainError) -> None:
        await self._wire.refuse(error)
        passing = error.kind in (ErrorKind.UNAVAILABLE, ErrorKind.EXHAUSTED)
        await self._wire.close(TRY_AGAIN_LATER if passing else POLICY_VIOLATION, error.reason)

    async def _converse(self, conversation: Conversation, after: EntryId) -> None:
        self._do.absence.came(conversation.id)
        self._counter.socket_opened()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._show(conversation.id, after), name="chat-show")
                tasks.create_task(self._listen(conversation.id), name="chat-listen")
        except* WebSocketDisconnect:
            self._log.debug("page_gone")
        finally:
            self._counter.socket_closed()
            self._do.absence.went(conversation.id)

    async def _show(self, conversation_id: ConversationId, after: EntryId) -> None:
        while True:
            try:
                async with self._do.feed.watch(conversation_id, after) as live:
                    async for item in live:
                        await self._send(conversation_id, item)
                        after = EntryId(getattr(item, "id", after))
                return  # the process is stopping; the server says good-bye
            except StoreDown as error:
                await self._wire.refuse(error)
                await asyncio.sleep(_STORE_PAUSE_SECONDS)

    async def _send(self, conversation_id: ConversationId, item: Live) -> None:
        if isinstance(item, Message):
            item = await self._do.transcript.whole(conversation_id, item)
        shown = frames.show(item)
        if shown is not None:
            await self._wire.send(shown)

    async def _listen(self, conversation_id: ConversationId) -> None:
        while True:
            message_id = ""
            try:
                frame = await self._wire.receive()
                message_id = frame.id if isinstance(frame, Say) else ""
                await self._handle(conversation_id, frame)
            except DomainError as error:
                await self._wire.refuse(error, message_id)

    async def _handle(self, conversation_id: ConversationId, frame: frames.Frame) -> None:
        match frame:
            case Say():
                await self._do.post.execute(conversation_id, frame.id, frame.text)
            case frames.ChooseLanguage():
                self._wire.language = frame.language
                await self._do.choose_language.execute(conversation_id, frame.language)
            case frames.CallBack() if self._do.offers.callbacks:
                await self._do.callback.execute(conversation_id, frame.number)
            case Plain(type="ping"):
                await self._wire.send(frames.pong())
            case Plain(type="typing"):
                await self._do.whispers.whisper(conversation_id, Typing(Role.CUSTOMER))
            case Plain(type="person"):
                await self._do.ask_for_person.execute(conversation_id)
            case Plain(type="leave" | "end"):
                await self._do.leave.execute(conversation_id, for_good=frame.type == "end")
            case _:
                raise bad_field("frame", "does not fit here", "BAD_FRAME")


def _expected_hello() -> DomainError:
    return bad_field("frame", "the first frame must be a hello", "BAD_FRAME")
