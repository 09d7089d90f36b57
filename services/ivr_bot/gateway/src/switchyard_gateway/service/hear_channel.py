"""A customer does something through a channel."""

from dataclasses import dataclass, replace

from switchyard_common.errors import DomainError

from switchyard_gateway.domain.channels import Incoming, Peer, PeerKey, Wish, picked
from switchyard_gateway.domain.conversation import (
    Attachment,
    Conversation,
    ConversationId,
    Message,
    State,
)
from switchyard_gateway.domain.errors import ConversationUnknown
from switchyard_gateway.service.channels import ChannelObserver, Peers
from switchyard_gateway.service.files import KeepFile
from switchyard_gateway.service.hand_over import AskForPerson
from switchyard_gateway.service.leave import LeavePerson
from switchyard_gateway.service.open_conversation import OpenForChannel
from switchyard_gateway.service.post_message import PostCustomerMessage
from switchyard_gateway.service.store import Conversations


@dataclass(frozen=True, slots=True)
class Heard:
    """The conversation that it belongs to; `message` is what was stored, if it was one."""

    peer: Peer
    repeated: bool
    message: Message | None = None


class HearChannel:
    """Finds the customer's conversation, or opens one, and posts there what they wrote."""

    def __init__(
        self,
        peers: Peers,
        conversations: Conversations,
        open_conversation: OpenForChannel,
        post: PostCustomerMessage,
        keep_file: KeepFile,
        ask_for_person: AskForPerson,
        leave: LeavePerson,
        observer: ChannelObserver,
    ) -> None:
        self._peers = peers
        self._conversations = conversations
        self._open = open_conversation
        self._post = post
        self._keep_file = keep_file
        self._ask_for_person = ask_for_person
        self._leave = leave
        self._observer = observer

    async def execute(self, incoming: Incoming) -> Heard:
        """Do it once, however often the channel tells it.

        The errors of PostCustomerMessage and KeepFile; afterwards the same may come again.
        """
        key, channel = incoming.address.key, incoming.address.channel
        if not await self._peers.is_new(key, incoming.message_id):
            self._observer.channel_message(channel, "in", "repeated")
            peer, _ = await self._peer(incoming)
            return Heard(peer, repeated=True)
        try:
            heard = await self._take(incoming)
        except DomainError as error:
            await self._peers.unheard(key, incoming.message_id)
            self._observer.channel_message(channel, "in", error.reason.lower())
            raise
        self._observer.channel_message(channel, "in", "taken")
        return heard

    async def forget(self, key: PeerKey) -> None:
        """The customer left the channel. StoreDown."""
        await self._peers.forget(key)

    async def _take(self, incoming: Incoming) -> Heard:
        peer, conversation = await self._peer(incoming)
        message = await self._do(peer, conversation, incoming)
        return Heard(peer, repeated=False, message=message)

    async def _do(
        self, peer: Peer, conversation: Conversation, incoming: Incoming
    ) -> Message | None:
        if incoming.wish is Wish.PERSON:
            await self._ask_for_person.execute(conversation.id)
        elif incoming.wish is not None:
            await self._leave.execute(conversation.id, for_good=incoming.wish is Wish.END)
        elif incoming.file is not None:
            return await self._file(conversation, incoming)
        elif incoming.text:
            text = picked(incoming.text, peer.offered)
            return await self._post.execute(conversation.id, incoming.message_id, text)
        return None

    async def _file(self, conversation: Conversation, incoming: Incoming) -> Message:
        received = incoming.file
        assert received is not None
        file = await self._keep_file.execute(
            conversation, incoming.message_id, received.name, received.content
        )
        attachment = Attachment(file.id, file.name, file.type, len(file.content))
        return await self._post.execute(
            conversation.id, incoming.message_id, incoming.text, (attachment,)
        )

    async def _peer(self, incoming: Incoming) -> tuple[Peer, Conversation]:
        peer = await self._peers.find(incoming.address.key)
        if peer is not None:
            conversation = await self._still_open(peer.conversation)
            if conversation is not None:
                await self._peers.wrote(peer)
                return replace(peer, held=False), conversation
        return await self._begin(incoming, peer.serial + 1 if peer else 1)

    async def _still_open(self, conversation_id: ConversationId) -> Conversation | None:
        try:
            conversation = await self._conversations.load(conversation_id)
        except ConversationUnknown:
            return None
        return None if conversation.state is State.CLOSED else conversation

    async def _begin(self, incoming: Incoming, serial: int) -> tuple[Peer, Conversation]:
        """A conversation of its own for each stretch; who comes back after a day starts anew."""
        address = incoming.address
        while True:
            conversation = await self._open.execute(
                address.channel, incoming.language, f"{address.key}.{serial}", incoming.identifiers
            )
            if conversation.state is not State.CLOSED:
                break
            serial += 1
        peer = Peer(address, conversation.id, serial)
        await self._peers.save(peer)
        return peer, conversation
