"""switchyard.conversation.v1.ConversationService: convert, call, convert."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import grpc
from switchyard.conversation.v1 import conversation_service_pb2 as pb
from switchyard.conversation.v1 import conversation_service_pb2_grpc
from switchyard_common.errors import DomainError, ErrorKind

from switchyard_gateway.domain.conversation import (
    Attachment,
    Changed,
    ConversationId,
    Live,
    Message,
    Role,
    Typing,
)
from switchyard_gateway.domain.errors import bad_field
from switchyard_gateway.domain.names import Tenant
from switchyard_gateway.domain.notices import Notice
from switchyard_gateway.entrypoints.grpc import convert
from switchyard_gateway.entrypoints.grpc.access import ServedByCaller
from switchyard_gateway.service.end_by_agent import EndByAgent, Ending
from switchyard_gateway.service.feed import Feed
from switchyard_gateway.service.files import ReadFile
from switchyard_gateway.service.open_conversation import OpenForChannel
from switchyard_gateway.service.post_message import PostAgentMessage, PostCustomerMessage
from switchyard_gateway.service.store import Conversations, Transcript, Whispers

_PAGE = 100
_MOST = 1000
_ID_CHARS = 128
_CHANNEL_CHARS = 32
_LANGUAGE_CHARS = 35
_PIECE_BYTES = 256 * 1024

type Context = grpc.aio.ServicerContext[Any, Any]


@dataclass(frozen=True, slots=True)
class ConversationUseCases:
    """What desktops and channels can do."""

    open: OpenForChannel
    post_customer: PostCustomerMessage
    post_agent: PostAgentMessage
    end: EndByAgent
    conversations: Conversations
    transcript: Transcript
    whispers: Whispers
    feed: Feed
    read_file: ReadFile


class ConversationServicer(conversation_service_pb2_grpc.ConversationServiceServicer):
    """Text conversations for agents' desktops and for channels with customers of their own."""

    def __init__(
        self, use_cases: ConversationUseCases, tenant: Tenant, served: ServedByCaller
    ) -> None:
        self._do = use_cases
        self._tenant = tenant
        self._served = served

    async def OpenConversation(
        self, request: pb.OpenConversationRequest, context: Context
    ) -> pb.Conversation:
        """Opens one, or returns the one that this request_id opened."""
        self._tenant.check_parent(request.parent)
        channel = _required(request.conversation.channel, "conversation.channel", _CHANNEL_CHARS)
        request_id = _required(request.request_id, "request_id", _ID_CHARS)
        language = request.conversation.language or "en"
        conversation = await self._do.open.execute(
            channel,
            _required(language, "conversation.language", _LANGUAGE_CHARS),
            request_id,
            convert.to_identifiers(request.conversation.identifiers, "conversation.identifiers"),
        )
        return convert.to_conversation(conversation, self._tenant)

    async def GetConversation(
        self, request: pb.GetConversationRequest, context: Context
    ) -> pb.Conversation:
        """Reads one."""
        conversation = await self._do.conversations.load(self._id(request.name, "name"))
        return convert.to_conversation(conversation, self._tenant)

    async def ListMessages(
        self, request: pb.ListMessagesRequest, context: Context
    ) -> pb.ListMessagesResponse:
        """Reads messages after one of them."""
        conversation_id = self._id(request.parent, "parent")
        after = convert.to_entry_id(request.after_id, "after_id")
        size = request.page_size or _PAGE
        if not 1 <= size <= _MOST:
            raise bad_field("page_size", f"1 to {_MOST}, or 0 for {_PAGE}")
        await self._do.conversations.load(conversation_id)  # unknown is an error, not an empty page
        found: list[Message] = []
        while len(found) <= size:
            entries = await self._do.transcript.read(conversation_id, after, _MOST)
            found += [entry for entry in entries if isinstance(entry, Message)]
            if len(entries) < _MOST:
                break
            after = entries[-1].id
        return pb.ListMessagesResponse(
            messages=[convert.to_message(message) for message in found[:size]],
            more=len(found) > size,
        )

    async def PostMessage(self, request: pb.PostMessageRequest, context: Context) -> pb.Message:
        """Adds a customer's or the assigned agent's message."""
        conversation_id = self._id(request.parent, "parent")
        message = request.message
        match convert.to_role(message.role, "message.role"):
            case Role.CUSTOMER:
                stored = await self._do.post_customer.execute(
                    conversation_id, message.message_id, message.text
                )
            case Role.AGENT:
                self._tenant.parse("agents", message.agent, "message.agent")
                stored = await self._do.post_agent.execute(
                    conversation_id, message.message_id, message.text, message.agent
                )
            case _:
                raise _not_theirs()
        return convert.to_message(stored)

    async def WatchConversation(
        self, request: pb.WatchConversationRequest, context: Context
    ) -> AsyncIterator[pb.ConversationEvent]:
        """Streams messages and changes, from the position given."""
        conversation_id = self._id(request.name, "name")
        after = convert.to_entry_id(request.after_id, "after_id")
        await self._do.conversations.load(conversation_id)
        async with self._do.feed.watch(conversation_id, after) as live:
            async for item in live:
                if isinstance(item, Changed):
                    await self._served.still(conversation_id)
                event = await self._event(conversation_id, item)
                if event is not None:
                    yield event
        raise _draining()

    async def SetTyping(
        self, request: pb.SetTypingRequest, context: Context
    ) -> pb.SetTypingResponse:
        """Shows the other side that somebody writes."""
        conversation_id = self._id(request.name, "name")
        role = convert.to_role(request.role, "role")
        if role not in (Role.AGENT, Role.CUSTOMER):
            raise _not_theirs()
        await self._do.whispers.whisper(conversation_id, Typing(role))
        return pb.SetTypingResponse()

    async def HandBack(self, request: pb.HandBackRequest, context: Context) -> pb.Conversation:
        """The agent gives the customer back to the bot, with a note."""
        return await self._end(
            Ending(
                conversation=self._id(request.name, "name"),
                agent=self._agent(request.agent),
                request_id=_required(request.request_id, "request_id", _ID_CHARS),
                why=Notice.HANDED_BACK,
                disposition="handed_back",
                note=request.note,
            )
        )

    async def EndConversation(
        self, request: pb.EndConversationRequest, context: Context
    ) -> pb.Conversation:
        """The agent's part is over."""
        return await self._end(
            Ending(
                conversation=self._id(request.name, "name"),
                agent=self._agent(request.agent),
                request_id=_required(request.request_id, "request_id", _ID_CHARS),
                why=Notice.AGENT_ENDED,
                disposition=request.disposition,
            )
        )

    async def ReadAttachment(
        self, request: pb.ReadAttachmentRequest, context: Context
    ) -> AsyncIterator[pb.ReadAttachmentResponse]:
        """A file, in pieces."""
        file = await self._do.read_file.execute(
            self._id(request.parent, "parent"), request.attachment, self._agent(request.agent)
        )
        about = Attachment(file.id, file.name, file.type, len(file.content))
        yield pb.ReadAttachmentResponse(
            attachment=convert.to_attachment(about), content=file.content[:_PIECE_BYTES]
        )
        for start in range(_PIECE_BYTES, len(file.content), _PIECE_BYTES):
            piece = file.content[start : start + _PIECE_BYTES]
            yield pb.ReadAttachmentResponse(content=piece)

    async def _end(self, ending: Ending) -> pb.Conversation:
        return convert.to_conversation(await self._do.end.execute(ending), self._tenant)

    async def _event(
        self, conversation_id: ConversationId, item: Live
    ) -> pb.ConversationEvent | None:
        match item:
            case Message():
                return pb.ConversationEvent(id=item.id, message=convert.to_message(item))
            case Changed():
                newest = await self._do.conversations.load(conversation_id)
                return convert.to_change(newest, item, self._tenant)
            case Typing():
                return convert.to_typing(item)
        return None  # wait estimates are the customer's

    def _id(self, name: str, field: str) -> ConversationId:
        return ConversationId(self._tenant.parse("conversations", name, field))

    def _agent(self, name: str) -> str:
        self._tenant.parse("agents", name, "agent")
        return name


def _required(value: str, field: str, most_chars: int) -> str:
    if not 1 <= len(value) <= most_chars:
        raise bad_field(field, f"1 to {most_chars} characters")
    return value


def _draining() -> DomainError:
    return DomainError(
        kind=ErrorKind.UNAVAILABLE,
        reason="DRAINING",
        message="this gateway is stopping; watch again from the last event, elsewhere",
        retry_after_seconds=0.5,
    )


def _not_theirs() -> DomainError:
    return DomainError(
        kind=ErrorKind.PERMISSION,
        reason="ROLE",
        message="only customers and agents write through this service",
    )
