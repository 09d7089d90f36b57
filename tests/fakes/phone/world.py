"""All that a whole call needs, running: phone, router on Valkey, bot, customers, telephones."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from switchyard_phone.domain.language import Language

from tests.fakes.phone.bot import KeyedBot, serving_bot
from tests.fakes.phone.crm import NumbersCrm, serving_crm
from tests.fakes.phone.recordings import Recordings, holds
from tests.fakes.phone.running import RunningPhone, happened, running_phone, until
from tests.fakes.phone.softphone import Softphone, softphone
from tests.fakes.phone.waiting import PATIENCE_SECONDS
from tests.fakes.ports import free_port
from tests.fakes.router.clients import Centre, centre
from tests.fakes.router.server import router

ENGLISH, CHINESE = Language.ENGLISH, Language.CHINESE
NUMBER = "+8613800138000"
_QUEUE = "billing"
_LONG_MS = 300_000
"""Longer than any pause of the machine: what is late is no matter of most tests."""


class Caller:
    """Somebody with a telephone who listens, and tells what they heard."""

    def __init__(self, telephone: Softphone, recordings: Recordings) -> None:
        self.telephone = telephone
        self._recordings = recordings
        self._from = 0

    def begins_to_listen(self) -> None:
        """What was heard before is of no interest any more."""
        self._from = len(self.telephone.heard())

    def heard(self) -> bytes:
        """Since the caller began to listen."""
        return self.telephone.heard()[self._from :]

    async def presses(self, keys: str) -> None:
        await self.telephone.press(keys)

    async def hears(self, phrase: str, language: Language, **values: object) -> None:
        """Wait until one of the menus' phrases was heard."""
        noises = self._recordings.phrase(phrase, language, **values)
        await self._hears(noises, f"{phrase} in {language}")

    async def hears_line(self, text: str, language: Language) -> None:
        """Wait until a line was heard."""
        await self._hears(self._recordings.line(text, language), f"{text} in {language}")

    async def hears_noise(self, noise: bytes) -> None:
        """Wait until a part of a noise was heard."""
        await self._hears((noise,), "a noise")

    def has_heard_line(self, text: str, language: Language) -> bool:
        return holds(self.heard(), self._recordings.line(text, language))

    async def _hears(self, noises: tuple[bytes, ...], what: str) -> None:
        """Looked for beside the event loop, which must beat."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not await asyncio.to_thread(holds, self.heard(), noises):
                    await asyncio.sleep(0.2)
        except TimeoutError:
            raise AssertionError(f"never heard: {what}") from None


class RouterSwitch:
    """A router that a test can turn off and on again; what it knows is on Valkey."""

    def __init__(self, redis_url: str) -> None:
        self._redis_url = redis_url
        self._port = free_port()
        self._running = AsyncExitStack()

    async def on(self) -> str:
        """Serve; the address."""
        running = router(self._redis_url, port=self._port)
        return await self._running.enter_async_context(running)

    async def off(self) -> None:
        await self._running.aclose()


@dataclass
class World:
    """What a test works with."""

    router: RouterSwitch
    folder: Path
    recordings: Recordings
    phone: RunningPhone
    bot: KeyedBot
    numbers: NumbersCrm
    centre: Centre
    _telephones: "count[int]" = field(default_factory=count)

    @asynccontextmanager
    async def caller(
        self,
        dialled: str = "2000",
        *,
        number: str = "caller",
        port: int = 0,
        answered: bool = True,
    ) -> AsyncIterator[Caller]:
        """Somebody who has dialled; `port` is another way to the phone than the direct one."""
        folder = self.folder / f"telephone{next(self._telephones)}"
        async with softphone(folder, b"", user=number) as telephone:
            await telephone.dial(f"sip:{dialled}@127.0.0.1:{port or self.phone.sip_port}")
            if answered:
                await telephone.connected()
            try:
                yield Caller(telephone, self.recordings)
            finally:
                await telephone.leave()

    async def queued(self) -> str:
        """The full name of the contact that the newest call became."""
        return f"tenants/demo/contacts/{(await happened(self.phone, 'queued'))['contact']}"

    async def told_of(self, what: str, times: int = 1, **facts: object) -> dict[str, Any]:
        """The entry of the newest call's timeline, once it is there."""
        return await happened(self.phone, what, times, **facts)

    async def is_empty(self) -> None:
        """Wait until nothing is left of any call: none is counted, no task works on one."""

        async def nobody() -> bool:
            return await self.phone.metric("switchyard_phone_calls_active") == 0

        await until(nobody, "no call")
        await until_calm()


async def until_calm() -> None:
    """Wait until no task works on a call any more."""

    async def look() -> bool:
        return not [task for task in asyncio.all_tasks() if _works_on_call(task)]

    await until(look, "no task of a call")


def _works_on_call(task: "asyncio.Task[Any]") -> bool:
    """Only the services that serve calls begin tasks for one."""
    code = getattr(task.get_coro(), "cr_code", None)
    if code is None or code.co_name == "take":
        return False
    return "/switchyard_phone/service/" in code.co_filename


@asynccontextmanager
async def world(
    folder: Path, redis_url: str, recordings: Recordings, **settings: Any
) -> AsyncIterator[World]:
    """A phone whose callers hear noises, with a queue "billing", and whatever it talks to."""
    bot, numbers = KeyedBot(), NumbersCrm()
    async with AsyncExitStack() as stack:
        switch = RouterSwitch(redis_url)
        stack.push_async_callback(switch.off)
        target = await switch.on()
        clients = await stack.enter_async_context(centre(target))
        await clients.queue(_QUEUE, ring_timeout_ms=_LONG_MS, connect_timeout_ms=_LONG_MS)
        phone = await stack.enter_async_context(
            running_phone(
                folder,
                **{
                    "router_target": target,
                    "bot_url": await stack.enter_async_context(serving_bot(bot)),
                    "crm_target": await stack.enter_async_context(serving_crm(numbers)),
                    "crm_seconds": 5,
                    "redis_url": redis_url,
                    "bot_deadline_seconds": 60,
                    "menus": recordings.file,
                    "recordings": recordings.folder,
                    **settings,
                },
            )
        )
        yield World(switch, folder, recordings, phone, bot, numbers, clients)
