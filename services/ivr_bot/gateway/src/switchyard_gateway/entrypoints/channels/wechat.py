"""A WeChat official account: its server's requests, answered within the five seconds it waits.

After developers.weixin.qq.com: a GET proves the address (接入指南); a POST brings a message
(接收普通消息) or an event (接收事件推送), three times if there is no answer within five seconds;
the answer is a text (被动回复用户消息) or `success`, and what is said later goes as
customer-service messages. Repeats have the same MsgId, or FromUserName and CreateTime.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from switchyard_common.errors import DomainError

from switchyard_gateway.domain.channels import Address, Incoming
from switchyard_gateway.domain.conversation import Identifier
from switchyard_gateway.domain.signatures import BadSignature
from switchyard_gateway.domain.wechat import WECHAT
from switchyard_gateway.entrypoints.channels.body import read, status_of
from switchyard_gateway.entrypoints.channels.wechat_answer import PassiveAnswer
from switchyard_gateway.entrypoints.channels.wechat_crypto import Envelope, check, signature
from switchyard_gateway.entrypoints.channels.wechat_xml import cdata, parse
from switchyard_gateway.service.channels import ChannelObserver

LARGEST_BODY_BYTES = 64 * 1024
REPLAY_SECONDS = 300.0
_NOTHING = "success"
_HELLO = (
    "您好，欢迎关注！有任何问题直接发消息即可，回复“人工”可转接人工客服。\n"
    "Welcome! Just write to us; for a person, reply “person”."
)
_ONLY_WORDS = (
    "抱歉，这里目前只能接收文字和图片，请用文字告诉我们。\n"
    "Sorry, only text and pictures can be received here. Please tell us in words."
)


@dataclass(frozen=True, slots=True)
class AccountSecrets:
    """AppID, the token that signs, and the key of safe mode; empty: plain mode."""

    app_id: str
    token: str
    encoding_aes_key: str = ""


class WeChatEndpoint:
    """One official account."""

    def __init__(
        self,
        answer: PassiveAnswer,
        observer: ChannelObserver,
        account: AccountSecrets,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._answer = answer
        self._observer = observer
        self._account = account
        key = account.encoding_aes_key
        self._envelope = Envelope(account.app_id, key) if key else None
        self._now = now
        self._log = structlog.stdlib.get_logger()

    def routes(self) -> list[Route]:
        """The address that is set for the account."""
        return [Route("/channels/wechat", self.serve, methods=["GET", "POST"])]

    async def serve(self, request: Request) -> Response:
        """The proof of the address, or a message."""
        try:
            if request.method == "GET":
                return PlainTextResponse(self._echo(request))
            fields = self._open(request, await read(request, LARGEST_BODY_BYTES))
        except DomainError as error:
            self._observer.channel_rejected(WECHAT, error.reason.lower())
            self._log.warning("wechat_request_refused", reason=error.reason)
            return PlainTextResponse(error.reason, status_code=status_of(error))
        try:
            said = await self._hear(fields)
        except DomainError as error:
            # Without an answer the platform asks again, and tells the customer that it is away.
            self._log.warning("wechat_message_not_taken", reason=error.reason)
            return PlainTextResponse(_NOTHING)
        return self._reply(request, fields, said)

    def _echo(self, request: Request) -> str:
        self._check(request, request.query_params.get("signature", ""))
        echo: str = request.query_params.get("echostr", "")[:256]
        return echo

    def _open(self, request: Request, body: bytes) -> dict[str, str]:
        """The fields of a message that comes from WeChat. BadSignature, INVALID."""
        if self._envelope is None:
            self._check(request, request.query_params.get("signature", ""))
            return parse(body)
        if request.query_params.get("encrypt_type") != "aes":
            raise BadSignature("SIGNATURE", "safe mode is set here, and this is no ciphertext")
        sealed = parse(body).get("Encrypt", "")
        self._check(request, request.query_params.get("msg_signature", ""), sealed)
        return parse(self._envelope.open(sealed))

    def _check(self, request: Request, given: str, *more: str) -> None:
        stamp = request.query_params.get("timestamp", "")
        nonce = request.query_params.get("nonce", "")
        check(given, self._account.token, stamp, nonce, *more)
        if not stamp.isascii() or not stamp.isdigit():
            raise BadSignature("SIGNATURE", "the timestamp is no number")
        if abs(self._now() - int(stamp)) > REPLAY_SECONDS:
            raise BadSignature("REPLAY", "the timestamp is too far from now; check the clock")

    async def _hear(self, fields: dict[str, str]) -> str:
        match fields.get("MsgType"):
            case "text":
                return await self._answer.to(self._incoming(fields, fields.get("Content", "")))
            case "voice" if fields.get("Recognition"):
                return await self._answer.to(self._incoming(fields, fields["Recognition"]))
            case "image":
                return await self._answer.to_picture(
                    self._incoming(fields, ""), fields.get("MediaId", "")
                )
            case "event":
                return await self._event(fields)
        return _ONLY_WORDS

    async def _event(self, fields: dict[str, str]) -> str:
        match fields.get("Event", "").lower():
            case "subscribe":
                return _HELLO
            case "unsubscribe":
                await self._answer.forget(self._incoming(fields, "").address.key)
            case "click":
                return await self._answer.to(self._incoming(fields, fields.get("EventKey", "")))
        return ""

    def _incoming(self, fields: dict[str, str], text: str) -> Incoming:
        openid = fields.get("FromUserName", "")
        event = f"{fields.get('CreateTime', '')}.{fields.get('Event', '')}"
        account = self._account.app_id
        return Incoming(
            Address(WECHAT, account, openid),
            fields.get("MsgId", "") or event,
            text=text,
            identifiers=(Identifier("handle", openid, f"{WECHAT}.{account}", proven=True),),
        )

    def _reply(self, request: Request, fields: dict[str, str], said: str) -> Response:
        if not said:
            return PlainTextResponse(_NOTHING)
        xml = (
            "<xml>"
            f"<ToUserName>{cdata(fields.get('FromUserName', ''))}</ToUserName>"
            f"<FromUserName>{cdata(fields.get('ToUserName', ''))}</FromUserName>"
            f"<CreateTime>{int(self._now())}</CreateTime>"
            f"<MsgType>{cdata('text')}</MsgType><Content>{cdata(said)}</Content></xml>"
        )
        return Response(self._sealed(request, xml), media_type="application/xml")

    def _sealed(self, request: Request, xml: str) -> str:
        if self._envelope is None:
            return xml
        sealed = self._envelope.seal(xml.encode())
        stamp, nonce = str(int(self._now())), request.query_params.get("nonce", "")
        signed = signature(self._account.token, stamp, nonce, sealed)
        return (
            f"<xml><Encrypt>{cdata(sealed)}</Encrypt><MsgSignature>{cdata(signed)}</MsgSignature>"
            f"<TimeStamp>{stamp}</TimeStamp><Nonce>{cdata(nonce)}</Nonce></xml>"
        )
