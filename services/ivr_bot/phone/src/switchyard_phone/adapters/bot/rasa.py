"""The channel `switchyard` of the Rasa project: what callers key in goes as intents and values."""

import asyncio
from collections.abc import Awaitable, Callable
from urllib.parse import quote

import orjson
import structlog
from switchyard_common.clock import Clock
from switchyard_common.http_post import Answer, BadAnswer, HttpPost

from switchyard_phone.adapters.bot.answer import NoAnswer, read_reply
from switchyard_phone.domain.caller_events import Happened, Keys, Words
from switchyard_phone.service.dialogue import BotAway, Question, Reply

# A balancer before several bots keeps a conversation at one of them by this path.
_PATH = "/webhooks/switchyard/message?conversation={}"
_OK = 200
# The server runs and cannot serve: it starts, its model is exchanged, or its store is away.
_NOT_NOW = (409, 502, 503)
_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 2.0


class RasaDialogue:
    """The port Dialogue. A bot that restarts is waited for; every request may be repeated."""

    def __init__(
        self,
        server: HttpPost,
        clock: Clock,
        patience_seconds: float,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._server = server
        self._clock = clock
        self._patience_seconds = patience_seconds
        self._sleep = sleep
        self._log = structlog.stdlib.get_logger()

    async def reply(self, question: Question) -> Reply:
        """The bot's answer; BotAway when it is away for too long, or says what is no answer."""
        path, body = _PATH.format(quote(question.conversation)), orjson.dumps(_body(question))
        due = self._clock.monotonic() + self._patience_seconds
        pause = _FIRST_PAUSE_SECONDS
        while True:
            answer, cause = await self._ask(path, body)
            if answer is not None:
                return _read(answer)
            if self._clock.monotonic() + pause > due:
                raise BotAway(cause)
            self._log.info("bot_waited_for", cause=cause)
            await self._sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    async def _ask(self, path: str, body: bytes) -> tuple[Answer | None, str]:
        """The answer, or why it is worth asking again."""
        try:
            answer = await self._server.post(path, body)
        except TimeoutError:
            return None, "timeout"
        except OSError:
            return None, "unreachable"
        except BadAnswer as error:
            raise BotAway("bad_answer") from error
        return (None, "unavailable") if answer.status in _NOT_NOW else (answer, "")


def _read(answer: Answer) -> Reply:
    if answer.status != _OK:
        raise BotAway("refused")
    try:
        return read_reply(answer.content)
    except NoAnswer as error:
        raise BotAway("bad_answer") from error


def _body(question: Question) -> dict[str, object]:
    metadata: dict[str, object] = {"language": question.language, "channel": "phone"}
    if question.contact:
        metadata["contact"] = question.contact
    if question.caller:
        metadata["identifiers"] = [{"kind": "phone", "value": question.caller, "proven": False}]
    body: dict[str, object] = {
        "sender": question.conversation,
        "message_id": question.message_id,
        "metadata": metadata,
    }
    match question.turn:
        case Keys(intent, slots):
            values = {slot: keyed.reveal() for slot, keyed in slots.items()}
            body["keys"] = {"intent": intent, "slots": values}
        case Words(text):
            body["message"] = text
        case Happened(what, facts):
            body["intent"] = what
            metadata.update(facts)
    return body
