"""The webhook channel: any system that can sign JSON brings its customers. docs/channels.md."""

import time
from collections.abc import Callable
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from switchyard_common.errors import DomainError

from switchyard_gateway.domain.channels import Address, Incoming, Wish
from switchyard_gateway.domain.conversation import Identifier
from switchyard_gateway.domain.errors import bad_field
from switchyard_gateway.domain.signatures import check
from switchyard_gateway.entrypoints.channels.body import read, refusal
from switchyard_gateway.service.channels import ChannelObserver
from switchyard_gateway.service.deliver import DeliverToPeers
from switchyard_gateway.service.hear_channel import HearChannel

WEBHOOK = "webhook"
LARGEST_BODY_BYTES = 64 * 1024
REPLAY_SECONDS = 300.0
_SIGNATURE = "x-switchyard-signature"


class _Known(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["phone", "email", "handle"]
    value: str = Field(min_length=1, max_length=254)
    namespace: str = Field(default="", max_length=64)
    proven: bool = False


class _Sent(BaseModel):
    """`customer` is the sender's own id of the customer; `id` the message's."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    id: str = Field(pattern=r"^[A-Za-z0-9._:-]{1,64}$")
    customer: str = Field(alias="from", min_length=1, max_length=128)
    type: Literal["message", "person", "leave", "end"] = "message"
    text: str = ""
    language: Literal["zh", "en"] = "zh"
    identifiers: tuple[_Known, ...] = Field(default=(), max_length=8)


_FILES = frozenset({"file", "files", "attachment", "attachments", "image", "images", "media"})
"""Fields by which systems usually send files."""


class WebhookEndpoint:
    """Takes signed messages; what is said in return is delivered to GATEWAY_WEBHOOK_URL."""

    def __init__(
        self,
        hear: HearChannel,
        deliver: DeliverToPeers,
        observer: ChannelObserver,
        secret: str,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._hear = hear
        self._deliver = deliver
        self._observer = observer
        self._secret = secret
        self._now = now

    def routes(self) -> list[Route]:
        """The channel's address."""
        return [Route("/channels/webhook", self.serve, methods=["POST"])]

    async def serve(self, request: Request) -> Response:
        """One message."""
        try:
            body = await read(request, LARGEST_BODY_BYTES)
            signature = request.headers.get(_SIGNATURE, "")
            check(self._secret, signature, body, self._now(), REPLAY_SECONDS)
            incoming = _incoming(body)
        except DomainError as error:
            self._observer.channel_rejected(WEBHOOK, error.reason.lower())
            return refusal(error)
        try:
            heard = await self._hear.execute(incoming)
        except DomainError as error:
            return refusal(error)
        self._deliver.kick(incoming.address.key)
        taken = {"conversation": heard.peer.conversation, "repeated": heard.repeated}
        return JSONResponse(taken, status_code=202)


def _incoming(body: bytes) -> Incoming:
    try:
        sent = _Sent.model_validate_json(body)
    except ValidationError as error:
        named = {str(each["loc"][0]) for each in error.errors() if each["loc"]}
        if named & _FILES:
            raise bad_field(
                ", ".join(sorted(named & _FILES)),
                "cannot be sent here: this channel takes words only; ask the customer to use the "
                "chat page for files, or put a link into the text",
                "FILES_NOT_TAKEN",
            ) from error
        where = ", ".join(".".join(map(str, each["loc"])) or "body" for each in error.errors())
        raise bad_field(
            where, "is missing or not as docs/channels.md has it", "BAD_BODY"
        ) from error
    if sent.type == "message" and not sent.text.strip():
        raise bad_field("text", "must hold some text", "TEXT_EMPTY")
    return Incoming(
        Address(WEBHOOK, "", sent.customer),
        sent.id,
        text=sent.text if sent.type == "message" else "",
        language=sent.language,
        identifiers=tuple(
            Identifier(each.kind, each.value, each.namespace, each.proven)
            for each in sent.identifiers
        ),
        wish=None if sent.type == "message" else Wish(sent.type),
    )
