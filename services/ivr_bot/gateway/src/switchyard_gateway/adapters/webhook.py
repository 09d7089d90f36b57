"""Deliveries to the operator's own system: signed JSON, one message a request, in order."""

import time
from collections.abc import Callable

import orjson
import structlog
from switchyard_common.http_post import BadAnswer, HttpPost

from switchyard_gateway.domain.channels import Delivery, Outcome, Peer
from switchyard_gateway.domain.conversation import EntryId, Message
from switchyard_gateway.domain.signatures import sign

WEBHOOK = "webhook"
# Try again later: too early, too many, or the other side's own trouble.
_PASSING = frozenset({408, 425, 429})
_GONE = 410


class WebhookChannel:
    """The port Channel over HTTP. `path` is the rest of the URL that `http` is connected to."""

    name = WEBHOOK

    def __init__(
        self, http: HttpPost, path: str, secret: str, now: Callable[[], float] = time.time
    ) -> None:
        self._http = http
        self._path = path
        self._secret = secret
        self._now = now
        self._log = structlog.stdlib.get_logger()

    async def deliver(self, peer: Peer, messages: tuple[Message, ...]) -> Delivery:
        """Send them until one is not taken."""
        upto: EntryId | None = None
        for message in messages:
            outcome, again = await self._send(_body(peer, message))
            if outcome is not Outcome.DELIVERED:
                return Delivery(outcome, upto, again)
            upto = message.id
        return Delivery(Outcome.DELIVERED, upto)

    async def _send(self, body: bytes) -> tuple[Outcome, float | None]:
        signature = sign(self._secret, int(self._now()), body)
        headers = (("x-switchyard-signature", signature),)
        try:
            answer = await self._http.post(self._path, body, headers)
        except (OSError, TimeoutError, BadAnswer) as error:
            self._log.warning("webhook_unreachable", problem=type(error).__name__)
            return Outcome.RETRY, None
        if 200 <= answer.status < 300:
            return Outcome.DELIVERED, None
        self._log.warning("webhook_refused", status=answer.status)
        if answer.status in _PASSING or answer.status >= 500:
            return Outcome.RETRY, answer.retry_after_seconds
        return (Outcome.HELD if answer.status == _GONE else Outcome.REFUSED), None


def _body(peer: Peer, message: Message) -> bytes:
    return orjson.dumps(
        {
            "id": f"{peer.conversation}.{message.id}",
            "to": peer.address.id,
            "conversation": peer.conversation,
            "role": message.role,
            "text": message.text,
            "time": message.time.isoformat(timespec="milliseconds"),
            "notice": message.notice,
            "choices": message.choices,
        }
    )
