"""What sends one-time codes: an operator's gateway for messages, or a file for demonstrations."""

import asyncio
import json
import logging
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import httpx

from switchyard_crm.service.codes import CodeMessage, SenderRefused, SenderUnavailable

_CHATTY = ("httpx", "httpcore", "hpack")  # they log addresses
_TRIES = 3
_BETWEEN_SECONDS = 0.2
# The gateway works, but will not send to this address. Others (401, 403, 404 …) mean that it is
# not set up, and would be the same for everybody.
_OF_THE_MESSAGE = frozenset((400, 410, 413, 415, 422))
_FILE_BYTES = 256 * 1024
_TEXTS = {
    "zh": "您的验证码是 {code}，{minutes} 分钟内有效。请勿告诉任何人。",
    "en": "Your code is {code}. It is good for {minutes} minutes. Tell it to nobody.",
}
_READ_CHINESE = frozenset(("zh", "yue", "cmn"))


class SenderWatch(Protocol):
    """Counts calls to the gateway."""

    def sender(self, outcome: str, took_seconds: float) -> None:
        """A call has ended: ok, refused or unavailable."""
        ...


def text_of(message: CodeMessage) -> str:
    """What the customer reads, in Chinese or English."""
    chinese = message.language.lower().split("-")[0] in _READ_CHINESE
    minutes = max(round(message.valid_seconds / 60), 1)
    return _TEXTS["zh" if chinese else "en"].format(code=message.code, minutes=minutes)


class HttpCodeSender:
    """Hands codes to a gateway by POST; docs/self-service.md describes what it gets.

    Tried again, under the same `Idempotency-Key`, while the gateway is busy or away, for
    `seconds` in all. A probe is a message without code and address, which the gateway takes and
    drops.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        url: str,
        seconds: float,
        headers: Callable[[], Mapping[str, str]],
        watch: SenderWatch,
    ) -> None:
        for name in _CHATTY:
            logging.getLogger(name).setLevel(logging.WARNING)
        self._client = client
        self._url = url
        self._seconds = seconds
        self._headers = headers
        self._watch = watch

    async def send(self, message: CodeMessage) -> None:
        """Send a code. Raises SenderRefused, SenderUnavailable."""
        await self._post(
            {
                "to": {"kind": message.to.kind.value, "value": message.to.value},
                "code": message.code,
                "language": message.language,
                "valid_seconds": round(message.valid_seconds),
                "text": text_of(message),
            }
        )

    async def probe(self) -> None:
        """Return if a code could be sent, and send none. Raises SenderUnavailable."""
        await self._post({"probe": True})

    async def _post(self, body: Mapping[str, Any]) -> None:
        began = time.monotonic()
        outcome = "unavailable"
        try:
            async with asyncio.timeout(self._seconds):
                await self._try(body)
            outcome = "ok"
        except SenderRefused:
            outcome = "refused"
            raise
        except TimeoutError as error:
            raise SenderUnavailable("it does not answer in time") from error
        finally:
            self._watch.sender(outcome, time.monotonic() - began)

    async def _try(self, body: Mapping[str, Any]) -> None:
        key = {"Idempotency-Key": uuid4().hex}
        why = ""
        for attempt in range(_TRIES):
            if attempt:
                await asyncio.sleep(_BETWEEN_SECONDS * 2.0 ** (attempt - 1))
            try:
                headers = {**self._headers(), **key}
                answer = await self._client.post(self._url, json=body, headers=headers)
            except (httpx.HTTPError, OSError) as error:
                why = type(error).__name__
                continue
            if answer.is_success:
                return
            why = f"HTTP {answer.status_code}"
            if answer.status_code in _OF_THE_MESSAGE:
                raise SenderRefused(why)
            if answer.status_code < 500 and answer.status_code not in (408, 429):
                break
        raise SenderUnavailable(why)


class FileCodeSender:
    """Writes codes to a file that only its owner reads: for demonstrations on one machine.

    One JSON object a line; an older half goes when the file has grown.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    async def send(self, message: CodeMessage) -> None:
        """Append a code. Raises SenderUnavailable."""
        line = {
            "to": message.to.value,
            "code": message.code,
            "text": text_of(message),
            "valid_seconds": round(message.valid_seconds),
        }
        await asyncio.to_thread(self._append, json.dumps(line, ensure_ascii=False) + "\n")

    async def probe(self) -> None:
        """Return if the file can be written. Raises SenderUnavailable."""
        await asyncio.to_thread(self._append, "")

    def _append(self, line: str) -> None:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            if self._file.exists() and self._file.stat().st_size > _FILE_BYTES:
                lines = self._file.read_text(encoding="utf-8").splitlines(keepends=True)
                self._file.write_text("".join(lines[len(lines) // 2 :]), encoding="utf-8")
            opened = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            with os.fdopen(opened, "a", encoding="utf-8") as file:
                file.write(line)
        except OSError as error:
            raise SenderUnavailable(f"cannot write the file ({error.strerror})") from error
