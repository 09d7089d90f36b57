"""The chat's JSON over the websocket: what a page may send, and what it gets."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from switchyard_common.errors import DomainError
from switchyard_common.tokens import LONGEST_TOKEN

from switchyard_gateway.domain.conversation import (
    Attachment,
    Changed,
    Conversation,
    Live,
    Message,
    Role,
    Typing,
    Wait,
)
from switchyard_gateway.domain.errors import bad_field
from switchyard_gateway.domain.files import FileLimits

type Json = dict[str, object]
Language = Literal["zh", "en"]


class _Frame(BaseModel):
    model_config = ConfigDict(frozen=True)


class Hello(_Frame):
    """The first frame: a new chat, or one to go on with from the last entry seen."""

    type: Literal["hello"]
    language: Language = "en"
    conversation: str = Field(default="", max_length=64)
    token: str = Field(default="", max_length=128)
    last_id: str = Field(default="", pattern=r"^(\d{1,20}-\d{1,20})?$")
    customer_token: str = Field(default="", max_length=LONGEST_TOKEN)
    """Of a new chat: who the customer is, as the company's own login says."""


class Say(_Frame):
    """A message; `id` is the page's own, so that it may be sent again."""

    type: Literal["message"]
    id: str
    text: str


class ChooseLanguage(_Frame):
    """The customer switched the language."""

    type: Literal["language"]
    language: Language


class Plain(_Frame):
    """typing; person: wants one; leave: back to the bot; end: for good; ping: are you there?"""

    type: Literal["typing", "person", "leave", "end", "ping"]


class CallBack(_Frame):
    """A call back instead of waiting; the place in the queue is kept."""

    type: Literal["callback"]
    number: str = Field(max_length=64)


type Frame = Hello | Say | ChooseLanguage | CallBack | Plain
_FRAMES: TypeAdapter[Frame] = TypeAdapter(
    Annotated[Hello | Say | ChooseLanguage | CallBack | Plain, Field(discriminator="type")]
)


def parse(text: str) -> Frame:
    """The frame in a text; INVALID (BAD_FRAME) if there is none."""
    try:
        return _FRAMES.validate_python(orjson.loads(text))
    except (orjson.JSONDecodeError, ValidationError) as error:
        raise bad_field("frame", "is none that a chat page sends", "BAD_FRAME") from error


@dataclass(frozen=True, slots=True)
class Offers:
    """What a page may do beside writing: be called back instead of waiting, send such files."""

    callbacks: bool = True
    files: FileLimits = field(default_factory=FileLimits)


def welcome(conversation: Conversation, token: str, offers: Offers) -> Json:
    """Answer to a hello; the token only for a new conversation."""
    return {
        "type": "welcome",
        "conversation": conversation.id,
        "token": token,
        "state": conversation.state,
        "language": conversation.language,
        "agent": conversation.handover.agent_display if conversation.handover else "",
        "wait": _wait(conversation.wait) if conversation.wait else None,
        "callbacks": offers.callbacks,
        "files": {
            "types": offers.files.types,
            "largest_bytes": offers.files.largest_bytes,
        },
    }


def not_known(error: DomainError) -> Json:
    """For those who build the page: why the customer is nobody known, though a token was given."""
    return {"type": "not_known", "code": error.reason, "message": error.message}


def show(live: Live) -> Json | None:
    """What the customer's page is told; None for what is not for customers."""
    match live:
        case Message():
            return {
                "type": "message",
                "id": live.id,
                "message_id": live.message_id if live.role is Role.CUSTOMER else "",
                "role": live.role,
                "text": live.text,
                "time": live.time.isoformat(timespec="milliseconds"),
                "notice": live.notice,
                "choices": live.choices,
                "attachments": [_file(each) for each in live.attachments],
            }
        case Changed():
            return {
                "type": "state",
                "id": live.id,
                "state": live.state,
                "agent": live.agent_display,
            }
        case Wait():
            return {"type": "wait", **_wait(live)}
        case Typing(Role.CUSTOMER):
            return None
        case Typing():
            return {"type": "typing", "role": live.role}


def pong() -> Json:
    """Answer to a ping."""
    return {"type": "pong"}


def _file(attachment: Attachment) -> Json:
    return {
        "id": attachment.id,
        "name": attachment.name,
        "type": attachment.type,
        "size": attachment.size_bytes,
    }


def _wait(wait: Wait) -> Json:
    return {
        "position": wait.position,
        "p50_seconds": wait.p50_seconds,
        "p90_seconds": wait.p90_seconds,
    }
