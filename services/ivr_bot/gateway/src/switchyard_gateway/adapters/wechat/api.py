"""Calls to WeChat's server interface, with the access token that they need.

Facts from developers.weixin.qq.com: the token comes from POST /cgi-bin/stable_token, is good for at
most 7,200 s and stays the same while it is (getStableAccessToken); 40001, 40014 and 42001 say that
a token is no longer good (global return codes).
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson
import structlog
from switchyard_common.http_post import Answer, BadAnswer, HttpPost

# The platform renews a token five minutes before its end.
_BEFORE_END_SECONDS = 300.0
_TOKEN_OVER = frozenset({40001, 40014, 42001})


class WeChatAway(Exception):
    """No answer, or none that can be read; the same may work later."""


@dataclass(frozen=True, slots=True)
class Account:
    """An official account: its AppID and AppSecret."""

    app_id: str
    secret: str


class WeChatApi:
    """Asks with a token that is fetched when needed and kept until shortly before its end."""

    def __init__(
        self, http: HttpPost, account: Account, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._http = http
        self._account = account
        self._monotonic = monotonic
        self._token = ""
        self._until = 0.0
        self._fetching = asyncio.Lock()
        self._log = structlog.stdlib.get_logger()

    async def post(self, path: str, body: dict[str, Any]) -> int:
        """The errcode of a call, 0 when it succeeded. WeChatAway."""
        # JSON with Chinese as it is: escaped, customers would read the escapes.
        payload = orjson.dumps(body)
        code = await self._once(path, payload)
        if code in _TOKEN_OVER:
            self._until = 0.0
            code = await self._once(path, payload)
        return code

    async def download(self, media_id: str) -> bytes:
        """A picture that a customer sent (/cgi-bin/media/get). WeChatAway."""
        token = await self._good_token()
        path = f"/cgi-bin/media/get?access_token={quote(token)}&media_id={quote(media_id, safe='')}"
        answer = await self._asked(self._http.get(path))
        if answer.content.startswith(b"{"):  # a return code instead of the picture
            raise WeChatAway(f"errcode {_errcode(answer)}")
        return answer.content

    async def _once(self, path: str, payload: bytes) -> int:
        token = await self._good_token()
        return _errcode(
            await self._asked(self._http.post(f"{path}?access_token={quote(token)}", payload))
        )

    async def _good_token(self) -> str:
        async with self._fetching:
            if self._monotonic() >= self._until:
                await self._fetch()
            return self._token

    async def _fetch(self) -> None:
        wanted = {
            "grant_type": "client_credential",
            "appid": self._account.app_id,
            "secret": self._account.secret,
        }
        answer = await self._asked(self._http.post("/cgi-bin/stable_token", orjson.dumps(wanted)))
        found = _json(answer)
        token, seconds = found.get("access_token"), found.get("expires_in")
        if not isinstance(token, str) or not isinstance(seconds, int):
            self._log.error("wechat_token_refused", errcode=found.get("errcode"))
            raise WeChatAway(f"errcode {found.get('errcode')}")
        self._token = token
        self._until = self._monotonic() + max(seconds - _BEFORE_END_SECONDS, seconds / 2)

    async def _asked(self, call: Any) -> Answer:
        try:
            answer: Answer = await call
        except (OSError, TimeoutError, BadAnswer) as error:
            raise WeChatAway(type(error).__name__) from error
        if answer.status != 200:
            raise WeChatAway(f"status {answer.status}")
        return answer


def _json(answer: Answer) -> dict[str, Any]:
    try:
        found = orjson.loads(answer.content)
    except orjson.JSONDecodeError as error:
        raise WeChatAway("no JSON") from error
    if not isinstance(found, dict):
        raise WeChatAway("no object")
    return found


def _errcode(answer: Answer) -> int:
    code = _json(answer).get("errcode", 0)
    if not isinstance(code, int):
        raise WeChatAway("errcode is no number")
    return code
