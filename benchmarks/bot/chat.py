"""One customer's chat page: sends, and sees what comes back and when."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import perf_counter

import orjson
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.bot import script

_PATIENCE_SECONDS = 60.0


@dataclass(slots=True)
class Sent:
    """One message: when it left and when the bot's first word came back."""

    id: str
    at: float
    answered: float | None = None


@dataclass(slots=True)
class Chat:
    """A conversation over one websocket; one message is under way at a time."""

    socket: ClientConnection
    language: str
    conversation: str
    token: str
    words: Iterator[str]
    sent: list[Sent] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    async def turn(self) -> float:
        """Says the next thing; seconds until the bot's first word. Raises TimeoutError."""
        return await self.say(next(self.words))

    async def say(self, text: str) -> float:
        """Says something; seconds until the bot's first word. Raises TimeoutError."""
        message = Sent(f"m{len(self.sent) + 1}", perf_counter())
        self.sent.append(message)
        frame = {"type": "message", "id": message.id, "text": text}
        await self.socket.send(orjson.dumps(frame).decode())
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await self._answer_to(message)
        return (message.answered or 0.0) - message.at

    async def _answer_to(self, message: Sent) -> None:
        """The stored message comes back first; the first word of the bot after it is the answer."""
        stored = False
        while message.answered is None:
            frame = orjson.loads(await self.socket.recv())
            if frame["type"] == "error":
                raise RuntimeError(f"the gateway refused a message: {frame['code']}")
            if frame["type"] != "message":
                continue
            if frame["role"] == "CUSTOMER":
                stored = stored or frame.get("message_id") == message.id
            elif stored and frame["role"] == "BOT":
                message.answered = perf_counter()

    async def close(self) -> None:
        """Leaves; the conversation stays open."""
        await self.socket.close()


async def open_chat(port: int, language: str) -> Chat:
    """A new conversation at the gateway on this port."""
    socket = await _connect(port)
    welcome = await _hello(socket, {"language": language})
    words = script.lines(language)
    return Chat(socket, language, welcome["conversation"], welcome["token"], words)


async def transcript(port: int, chat: Chat) -> list[dict[str, str]]:
    """All messages of a conversation, as a page reads them that was reloaded."""
    socket = await _connect(port)
    try:
        hello = {"language": chat.language, "conversation": chat.conversation, "token": chat.token}
        await _hello(socket, hello)
        found: list[dict[str, str]] = []
        wanted = len(chat.sent)
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while sum(message["role"] == "CUSTOMER" for message in found) < wanted or (
                found[-1]["role"] == "CUSTOMER"
            ):
                frame = orjson.loads(await socket.recv())
                if frame["type"] == "message":
                    found.append(frame)
        return found
    finally:
        await socket.close()


async def _connect(port: int) -> ClientConnection:
    return await connect(
        f"ws://127.0.0.1:{port}/ws/chat",
        origin=f"http://127.0.0.1:{port}",  # type: ignore[arg-type]
        proxy=None,
        max_size=None,
        open_timeout=_PATIENCE_SECONDS,
    )


async def _hello(socket: ClientConnection, details: dict[str, str]) -> dict[str, str]:
    await socket.send(orjson.dumps({"type": "hello", "last_id": "", **details}).decode())
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while True:
            frame: dict[str, str] = orjson.loads(await socket.recv())
            if frame["type"] == "welcome":
                return frame
            if frame["type"] == "error":
                raise RuntimeError(f"the gateway refused a chat: {frame['code']}")
