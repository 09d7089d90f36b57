"""The bot over HTTP: the channel `switchyard` of the Rasa project."""

from collections.abc import Mapping
from typing import Any, Protocol

import orjson

from switchyard_gateway.adapters.http_post import Answer, BadAnswer
from switchyard_gateway.domain.conversation import ConversationId
from switchyard_gateway.domain.errors import BotFailed
from switchyard_gateway.domain.handoff import VERIFICATION_LEVELS, Handoff
from switchyard_gateway.domain.text import MAX_CHARS
from switchyard_gateway.service.bot import Question, Reply

_PATH = "/webhooks/switchyard/message"
_OK = 200
_HAND_BACK = "hand_back"
_LANGUAGES = ("zh", "en")


class Server(Protocol):
    """Where requests are sent."""

    async def post(self, path: str, body: bytes) -> Answer:
        """The answer within a deadline; TimeoutError, OSError, BadAnswer."""
        ...


class RasaBot:
    """The port Bot. One request per message; all of them may be repeated."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def reply(self, question: Question) -> Reply:
        """Answer a message; BotFailed."""
        return await self._ask(
            {
                "sender": question.conversation,
                "message": question.text,
                "message_id": question.message_id,
                "metadata": {"language": question.language},
            }
        )

    async def wake(self, conversation_id: ConversationId, message_id: str, language: str) -> Reply:
        """End the silence that a hand-over began; BotFailed."""
        return await self._ask(
            {
                "sender": conversation_id,
                "intent": _HAND_BACK,
                "message_id": message_id,
                "metadata": {"language": language},
            }
        )

    async def _ask(self, body: Mapping[str, object]) -> Reply:
        try:
            answer = await self._server.post(_PATH, orjson.dumps(body))
        except TimeoutError as error:
            raise BotFailed("timeout") from error
        except OSError as error:
            raise BotFailed("unreachable") from error
        except BadAnswer as error:
            raise BotFailed("bad_answer") from error
        if answer.status != _OK:
            raise BotFailed("refused")
        return _to_reply(answer.content)


def _to_reply(content: bytes) -> Reply:
    try:
        body = orjson.loads(content)
        messages = [dict(message) for message in body["messages"]]
        language = (body.get("turn") or {}).get("language", "")
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise BotFailed("bad_answer") from error
    texts = tuple(str(message["text"])[:MAX_CHARS] for message in messages if message.get("text"))
    return Reply(
        texts=texts,
        handoff=_to_handoff(messages),
        language=language if language in _LANGUAGES else "",
    )


def _to_handoff(messages: list[dict[str, Any]]) -> Handoff | None:
    for message in messages:
        match message.get("custom"):
            case {"switchyard": {"type": "handover"} as fields}:
                return Handoff(
                    reason=_text(fields, "reason") or "asked",
                    intent=_text(fields, "intent"),
                    summary=_text(fields, "summary"),
                    slots=_mapping(fields.get("slots")),
                    verification_level=_level(fields.get("verification_level")),
                    customer=_text(fields, "customer"),
                    queue=_text(fields, "queue"),
                    sentiment=_number(fields.get("sentiment")),
                )
    return None


def _text(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def _mapping(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _level(value: object) -> str:
    return value if isinstance(value, str) and value in VERIFICATION_LEVELS else "anonymous"


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
