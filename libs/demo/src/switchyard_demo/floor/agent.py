"""A simulated agent at a desktop: answers offers, chats, does the paperwork."""

import asyncio
import random
from collections.abc import Callable
from typing import Protocol

import grpc
import structlog
from switchyard.router.v1 import agent_pb2, contact_pb2
from switchyard.router.v1 import agent_service_pb2 as pb
from switchyard_platform.names import id_of

from switchyard_demo.floor.desktop import Desktop
from switchyard_demo.floor.habits import Habits
from switchyard_demo.floor.session import StreamLost

_WITH_AGENT = (contact_pb2.ASSIGNED, contact_pb2.CONNECTED, contact_pb2.ON_HOLD)
_DISPOSITION = "resolved"
_UNAVAILABLE = grpc.StatusCode.UNAVAILABLE.value[0]
_AGAIN_SECONDS = 1.0
"""Between two attempts to tell a router, or its store, that is away."""
MISSED_REASON = "RONA"
"""Reason the router gives an agent who left too many offers unanswered."""


class ChatDesk(Protocol):
    """Where an agent talks in writing."""

    async def talk(self, agent: str, contact: str, context: contact_pb2.ContactContext) -> None:
        """Serve the conversation of a contact until it is over."""
        ...


class SimulatedAgent:
    """The person at one desktop. `run` ends with the desktop's; `on_ring` hears of each offer."""

    def __init__(
        self,
        desktop: Desktop,
        habits: Habits,
        rng: random.Random,
        *,
        chats: ChatDesk | None = None,
        on_ring: Callable[[agent_pb2.Offer], None] | None = None,
    ) -> None:
        self.desktop = desktop
        self._habits = habits
        self._rng = rng
        self._chats = chats
        self._on_ring = on_ring
        self._open: dict[str, agent_pb2.Offer] = {}
        self._contexts: dict[str, contact_pb2.ContactContext] = {}
        self._chatting: set[str] = set()
        self._wrapping_up: set[str] = set()
        self._talking = ""
        self._group = asyncio.TaskGroup()
        self._log = structlog.stdlib.get_logger().bind(agent=id_of(desktop.agent))

    async def run(self) -> None:
        """Work until cancelled."""
        async with self._group:
            await self.desktop.run(self)

    def on_welcome(self, welcome: pb.Welcome) -> None:
        """After a break the router says what is in hand; the rest is forgotten."""
        self._open.clear()
        for offer in welcome.pending_offers:
            self.on_offer(offer)
        for contact in welcome.contacts:
            self.on_contact(contact)

    def on_offer(self, offer: agent_pb2.Offer) -> None:
        """The desktop rings, or stops ringing."""
        if offer.state != agent_pb2.PENDING:
            self._open.pop(offer.name, None)
        elif offer.name not in self._open:
            self._open[offer.name] = offer
            if self._on_ring is not None:
                self._on_ring(offer)
            self._group.create_task(self._answer(offer))

    def on_contact(self, contact: contact_pb2.Contact) -> None:
        """A contact in hand is over, or (after a break) a chat is to be gone on with."""
        if contact.state == contact_pb2.WRAP_UP:
            self._talking = "" if contact.name == self._talking else self._talking
            self._begin_wrap_up(contact.name)
        elif contact.channel == contact_pb2.CHAT and contact.state in _WITH_AGENT:
            # News of the contact may come before the answer to the acceptance of its offer.
            handoff = contact.handoff
            context = self._contexts.pop(contact.name, None) or contact_pb2.ContactContext(
                conversation=handoff.conversation,
                bot_summary=handoff.summary,
                bot_slots=handoff.slots,
                auth_level=handoff.verification_level,
            )
            self._join(contact.name, context)

    def on_agent(self, agent: agent_pb2.Agent) -> None:
        """Made NOT_READY for missed offers: back after a while."""
        if agent.presence == agent_pb2.NOT_READY and agent.not_ready_reason == MISSED_REASON:
            self._group.create_task(self._come_back())

    async def hung_up(self, contact: str) -> None:
        """The telephone is put down; without a name, the call in hand is meant.

        Said until the router has heard it: nobody else knows that this call is over.
        """
        contact = contact or self._talking
        while contact:
            if await self._completed(contact):
                return
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _completed(self, contact: str) -> bool:
        try:
            result = await self.desktop.complete(contact, _DISPOSITION)
        except StreamLost:
            return False
        if result.code:
            self._log.info("call_not_completed", reason=result.reason)
        return result.code != _UNAVAILABLE

    async def _answer(self, offer: agent_pb2.Offer) -> None:
        choice = self._rng.random()
        if choice < self._habits.miss_share:
            return
        await asyncio.sleep(self._rng.uniform(*self._habits.answer_seconds))
        if offer.name not in self._open:
            return
        try:
            if choice < self._habits.miss_share + self._habits.decline_share:
                await self.desktop.decline(offer, "busy")
                return
            if offer.channel == contact_pb2.CHAT:
                self._contexts[offer.contact] = offer.context
            result = await self.desktop.accept(offer)
        except StreamLost:
            return  # the next welcome brings the offer again, if it is still open
        if result.code:
            self._contexts.pop(offer.contact, None)
            self._log.info("offer_lost", reason=result.reason)
        elif offer.channel == contact_pb2.CHAT:
            self._join(offer.contact, offer.context)
        else:
            self._talking = offer.contact

    def _join(self, contact: str, context: contact_pb2.ContactContext) -> None:
        if self._chats is not None and contact not in self._chatting:
            self._chatting.add(contact)
            self._group.create_task(self._chat(self._chats, contact, context))

    async def _chat(
        self, desk: ChatDesk, contact: str, context: contact_pb2.ContactContext
    ) -> None:
        try:
            await desk.talk(self.desktop.agent, contact, context)
        finally:
            self._chatting.discard(contact)
            self._contexts.pop(contact, None)

    def _begin_wrap_up(self, contact: str) -> None:
        if self._habits.wrap_up_seconds > 0 and contact not in self._wrapping_up:
            self._wrapping_up.add(contact)
            self._group.create_task(self._wrap_up(contact))

    async def _wrap_up(self, contact: str) -> None:
        await asyncio.sleep(self._rng.expovariate(1.0) * self._habits.wrap_up_seconds)
        try:
            await self.desktop.end_wrap_up(contact, _DISPOSITION)
        except StreamLost:
            return  # the router ends it when its time is up
        finally:
            self._wrapping_up.discard(contact)

    async def _come_back(self) -> None:
        await asyncio.sleep(self._habits.miss_pause_seconds)
        if self.desktop.wanted == agent_pb2.AVAILABLE:
            self.desktop.want(agent_pb2.AVAILABLE)
