"""A caller who presses keys, follows a transfer, and keeps what was heard."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass

from switchyard_demo.telephone.line import Call, Line, NoAnswer, Refused
from switchyard_demo.telephone.messages import Message, headers_in, uri_of
from switchyard_demo.telephone.sound import RATE

_PAUSE_SECONDS = 2.0
_KEY_SECONDS = 0.4
KEYS = re.compile(r"[0-9*#,]*")
"""Keys, and commas for pauses of two seconds."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What the caller does. Seconds are real."""

    target: str
    number: str
    keys: str
    most_seconds: float
    agent_seconds: float
    """How long they listen to an agent."""


@dataclass(frozen=True, slots=True)
class Heard:
    """How the call went: µ-law heard from the bot and from the agent, in order."""

    sound: bytes
    agent: str
    """URI of whom they were transferred to; empty: nobody."""

    @property
    def seconds(self) -> float:
        """Length of what was heard."""
        return len(self.sound) / RATE


class Caller:
    """One call. `told` hears what happens: a word, and a fact with it."""

    def __init__(self, line: Line, plan: Plan, told: Callable[[str, str], None]) -> None:
        self._line = line
        self._plan = plan
        self._told = told
        self._agent = ""

    async def run(self) -> Heard:
        """From dialling to the end. Refused, NoAnswer."""
        plan = self._plan
        self._told("calling", plan.target)
        call = await self._line.dial(
            plan.target, plan.number, (), lambda: self._told("ringing", "")
        )
        self._told("answered", "")
        pressing = asyncio.create_task(self._press(call))
        try:
            second = await self._follow(call)
        finally:
            pressing.cancel()
            await asyncio.wait((pressing,))
        sound = bytes(call.sound.heard) + (bytes(second.sound.heard) if second else b"")
        for each in (call, second):
            if each is not None:
                await each.close()
        return Heard(sound, self._agent)

    async def _press(self, call: Call) -> None:
        for key in self._plan.keys:
            if key == ",":
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            self._told("pressed", key)
            call.sound.press(key)
            await asyncio.sleep(_KEY_SECONDS)

    async def _follow(self, call: Call) -> Call | None:
        """Wait for the end, doing what the bot asks for; the call with the agent, if there was."""
        try:
            async with asyncio.timeout(self._plan.most_seconds):
                while not call.over.is_set():
                    request = await self._next(call)
                    if request is not None and request.method == "REFER":
                        second = await self._transfer(call, request)
                        if second is not None:
                            return second
                    elif request is not None:
                        self._line.reply(request, 200, "OK")
        except TimeoutError:
            await self._hang_up(call, "had_enough")
            return None
        self._told("hung_up_on", "")
        return None

    async def _next(self, call: Call) -> Message | None:
        asked = asyncio.create_task(call.requests.get())
        over = asyncio.create_task(call.over.wait())
        try:
            await asyncio.wait((asked, over), return_when=asyncio.FIRST_COMPLETED)
            return asked.result() if asked.done() else None
        finally:
            for task in (asked, over):
                task.cancel()

    async def _transfer(self, call: Call, refer: Message) -> Call | None:
        """Call whom the bot names, tell it the outcome, and listen to them."""
        uri = uri_of(refer.get("Refer-To"))
        target, _, _ = uri.partition("?")
        self._line.reply(refer, 202, "Accepted")
        self._told("transferred", target)
        await self._notify(call, "SIP/2.0 100 Trying", "active")
        try:
            agent = await self._line.dial(target, self._plan.number, headers_in(uri), lambda: None)
        except (Refused, NoAnswer) as error:
            status = error.status if isinstance(error, Refused) else 408
            self._told("agent_refused", str(status))
            await self._notify(call, f"SIP/2.0 {status} Failed", "terminated;reason=noresource")
            return None
        self._agent = target
        self._told("agent_answered", "")
        await self._notify(call, "SIP/2.0 200 OK", "terminated;reason=noresource")
        await self._listen(agent)
        return agent

    async def _listen(self, agent: Call) -> None:
        try:
            async with asyncio.timeout(self._plan.agent_seconds):
                await agent.over.wait()
        except TimeoutError:
            await self._hang_up(agent, "hangs_up")
        else:
            self._told("hung_up_on", "")

    async def _notify(self, call: Call, outcome: str, state: str) -> None:
        headers = (
            ("Event", "refer"),
            ("Subscription-State", state),
            ("Content-Type", "message/sipfrag"),
        )
        await call.request("NOTIFY", headers, f"{outcome}\r\n")

    async def _hang_up(self, call: Call, why: str) -> None:
        self._told(why, "")
        await call.hang_up()
