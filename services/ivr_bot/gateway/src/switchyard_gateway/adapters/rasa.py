"""The bot over HTTP: the channel `switchyard` of the Rasa project."""

from typing import Protocol
from urllib.parse import quote

import orjson
from switchyard_common.http_post import Answer, BadAnswer

from switchyard_gateway.adapters.rasa_answer import to_reply
from switchyard_gateway.domain.errors import BotFailed
from switchyard_gateway.service.bot import Question, Reply

# A balancer before several bots keeps a conversation at one of them by this path.
_PATH = "/webhooks/switchyard/message?conversation={}"
_OK = 200
# The server runs and cannot serve: it starts, its model is exchanged, or its store is away.
_NOT_NOW = (409, 502, 503)


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
        """Answer a message or an event; BotFailed."""
        body: dict[str, object] = {
            "sender": question.conversation,
            "message_id": question.message_id,
            "metadata": {
                **question.facts,
                "language": question.language,
                "channel": question.channel,
                "identifiers": question.identifiers,
            },
        }
        if question.what is None:
            body["message"] = question.text
        else:
            body["intent"] = question.what
        return to_reply(await self._ask(question.conversation, orjson.dumps(body)))

    async def _ask(self, conversation: str, body: bytes) -> bytes:
        try:
            answer = await self._server.post(_PATH.format(quote(conversation)), body)
        except TimeoutError as error:
            raise BotFailed("timeout") from error
        except OSError as error:
            raise BotFailed("unreachable") from error
        except BadAnswer as error:
            raise BotFailed("bad_answer") from error
        if answer.status in _NOT_NOW:
            raise BotFailed("unavailable")
        if answer.status != _OK:
            raise BotFailed("refused")
        return answer.content
