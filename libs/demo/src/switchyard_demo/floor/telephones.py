"""Telephones of the simulated agents: whoever is transferred to one hears that it is simulated."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

import structlog

from switchyard_demo.company.model import Company
from switchyard_demo.telephone.line import Call, Line, NoAnswer
from switchyard_demo.telephone.messages import Address, Message, headers_in, user_of
from switchyard_demo.telephone.sound import RATE

_CONTACT = "X-Switchyard-Contact"
_LONGEST_SECONDS = 90.0
_PAUSE_SECONDS = 3.0


def with_telephones(company: Company, host: str, port: int) -> Company:
    """The company, whose agents are reached at this address."""
    agents = [
        replace(agent, endpoint=f"sip:{user_of(agent.endpoint)}@{host}:{port}")
        for agent in company.agents
    ]
    return replace(company, agents=tuple(agents))


class AgentTelephones:
    """All agents' telephones on one port. They answer at once, speak, and hang up after a while.

    `finished` hears, by extension, that an agent is done with a caller, and with which contact if
    the caller's switch said so.
    """

    def __init__(
        self,
        extensions: Mapping[str, str],
        greeting: Callable[[], Awaitable[bytes]],
        finished: Callable[[str, str], Awaitable[None]],
    ) -> None:
        self._agents = extensions
        self._greeting = greeting
        self._finished = finished
        self._line = Line(self._ring)
        self._log = structlog.stdlib.get_logger()

    async def open(self, host: str, port: int) -> int:
        """Take calls; the port, or 0 where it is taken: the demo does without."""
        try:
            await self._line.open(host, port)
        except OSError as error:
            self._log.warning("agents_without_telephones", port=port, problem=error.strerror)
            return 0
        return self._line.port

    async def close(self) -> None:
        """All hang up."""
        await self._line.close()

    async def _ring(self, invite: Message, source: Address) -> None:
        agent = self._agents.get(user_of(invite.uri))
        if agent is None:
            self._line.reply(invite, 404, "Not Found", "nobody")
            return
        call = await self._line.take(invite)
        if call is None:
            return
        self._log.info("telephone_answered", agent=agent)
        try:
            await self._talk(call)
        finally:
            await call.close()
        await self._finished(agent, _contact_of(invite))

    async def _talk(self, call: Call) -> None:
        greeting = await self._greeting()
        length = len(greeting) / RATE + _PAUSE_SECONDS
        for _ in range(max(1, int(_LONGEST_SECONDS / length))):
            call.sound.say(greeting)
            try:
                async with asyncio.timeout(length):
                    await call.over.wait()
                return
            except TimeoutError:
                continue
        try:
            await call.hang_up()
        except NoAnswer:
            self._log.info("caller_left_without_a_word")


def _contact_of(invite: Message) -> str:
    """Said in a header, or still in the URI where a switch leaves it there."""
    in_uri = dict(headers_in(invite.uri))
    return invite.get(_CONTACT) or in_uri.get(_CONTACT, "")
