"""Customers of the bot: they chat and they call, one after the other, whatever happens to it."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from switchyard_demo.telephone.caller import Plan as Wish
from switchyard_demo.telephone.command import place_call
from switchyard_demo.telephone.line import NoAnswer, Refused
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from benchmarks.bot.chat import Chat, open_chat
from benchmarks.bot.script import LANGUAGES, LENGTH

_THINKING_SECONDS = (0.5, 4.0)
_AGAIN_SECONDS = 3.0
_LISTENING_SECONDS = 10.0
"""How long who has asked for a person stays with them."""
_PERSON = {"zh": "我要转人工客服", "en": "I would like to talk to a person"}
_ASKS_FOR_A_PERSON = 0.3
_FAILURES = (TimeoutError, OSError, RuntimeError, ConnectionClosed, InvalidHandshake)
_TO_A_PERSON = ",2,,,0"


@dataclass(frozen=True, slots=True)
class Doors:
    """Where they come in: the gateway's port, the telephone's address."""

    chat_port: int
    telephone: str


class Customers:
    """All of them. `ended` counts how chats and calls ended."""

    def __init__(self, doors: Doors, chance: random.Random) -> None:
        self._doors = doors
        self._chance = chance
        self.ended: Counter[str] = Counter()

    async def come(self, chats: int, phones: int) -> None:
        """So many at any time, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.Event().wait())  # also when there are none
            for _ in range(chats):
                group.create_task(self._again_and_again("chat", self._chat))
            for _ in range(phones):
                group.create_task(self._again_and_again("phone", self._call))

    async def _again_and_again(self, what: str, once: Callable[[], Awaitable[str]]) -> None:
        while True:
            try:
                how = await once()
            except _FAILURES as error:
                how = str(error) if isinstance(error, RuntimeError) else type(error).__name__
                await asyncio.sleep(_AGAIN_SECONDS)
            self.ended[f"{what} {how}"] += 1

    async def _chat(self) -> str:
        language = self._chance.choice(LANGUAGES)
        chat = await open_chat(self._doors.chat_port, language)
        try:
            return await self._talk(chat)
        finally:
            await chat.close()

    async def _talk(self, chat: Chat) -> str:
        for _ in range(self._chance.randint(1, LENGTH)):
            await chat.turn()
            await asyncio.sleep(self._chance.uniform(*_THINKING_SECONDS))
        if self._chance.random() >= _ASKS_FOR_A_PERSON:
            return "left"
        await chat.say(_PERSON[chat.language])
        with suppress(TimeoutError):
            async with asyncio.timeout(_LISTENING_SECONDS):
                while True:
                    await chat.socket.recv()
        return "asked for a person"

    async def _call(self) -> str:
        number = f"+1206555{self._chance.randrange(10_000):04}"
        wish = Wish(self._doors.telephone, number, _TO_A_PERSON, 60.0, 3.0)
        calling = asyncio.ensure_future(place_call(wish, "127.0.0.1", lambda _what, _fact: None))
        try:
            heard = await asyncio.shield(calling)
        except asyncio.CancelledError:
            # Cut off in mid-call nobody would say BYE, and the agent would go on listening.
            await asyncio.wait((calling,))
            raise
        except (Refused, NoAnswer) as error:
            await asyncio.sleep(_AGAIN_SECONDS)
            return type(error).__name__
        return "reached an agent" if heard.agent else "heard the bot"
