"""Deliveries to followers of an official account, as customer-service messages.

Facts from developers.weixin.qq.com (sendCustomMessage): POST /cgi-bin/message/custom/send; at most
five messages within 48 hours of what a customer wrote. Return codes: -1 busy, 45009 and 45011 too
many calls, 45015 out of time, 45047 out of number, 43004 no follower, 40003 no such openid.
"""

import structlog

from switchyard_gateway.adapters.wechat.api import WeChatApi, WeChatAway
from switchyard_gateway.domain.channels import Delivery, Outcome, Peer, spelled
from switchyard_gateway.domain.conversation import EntryId, Message
from switchyard_gateway.domain.wechat import WECHAT, letters

_SEND = "/cgi-bin/message/custom/send"
_OUTCOMES = {
    0: Outcome.DELIVERED,
    -1: Outcome.RETRY,
    45009: Outcome.RETRY,
    45011: Outcome.RETRY,
    45015: Outcome.HELD,
    45047: Outcome.HELD,
    43004: Outcome.HELD,
}


class WeChatChannel:
    """The port Channel. Messages that wait together go as few, since their number is limited."""

    name = WECHAT

    def __init__(self, api: WeChatApi) -> None:
        self._api = api
        self._log = structlog.stdlib.get_logger()

    async def deliver(self, peer: Peer, messages: tuple[Message, ...]) -> Delivery:
        """Send them until one is not taken."""
        upto: EntryId | None = None
        texts = tuple((message.id, spelled(message)) for message in messages)
        for last, text in letters(texts):
            outcome = await self._send(peer.address.id, text)
            if outcome is not Outcome.DELIVERED:
                return Delivery(outcome, upto)
            upto = last or upto
        return Delivery(Outcome.DELIVERED, upto)

    async def _send(self, openid: str, text: str) -> Outcome:
        body = {"touser": openid, "msgtype": "text", "text": {"content": text}}
        try:
            code = await self._api.post(_SEND, body)
        except WeChatAway as error:
            self._log.warning("wechat_away", problem=str(error))
            return Outcome.RETRY
        if code:
            self._log.warning("wechat_refused", errcode=code)
        return _OUTCOMES.get(code, Outcome.REFUSED)
