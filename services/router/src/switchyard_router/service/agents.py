"""What desktops do: ports."""

from collections.abc import Sequence
from typing import Protocol

from switchyard_router.domain.agents import AgentLive
from switchyard_router.domain.records import ContactRecord, OfferRecord, Request


class AgentStore(Protocol):
    """Agents in the store; every change is one atomic step, and refusals are DomainErrors."""

    async def open_session(self, agent_id: str, device: str, presence: str, lease_ms: int) -> int:
        """Open a session that supersedes any other; returns its epoch."""
        ...

    async def set_presence(
        self,
        agent_id: str,
        presence: str,
        reason: str,
        *,
        after_contact: bool,
        version: str,
        epoch: int,
        request: Request,
    ) -> None:
        """Change whether the agent wants work."""
        ...

    async def live(self, agent_ids: Sequence[str]) -> dict[str, AgentLive]:
        """Live state of agents."""
        ...


class OfferStore(Protocol):
    """Offers in the store, and the contacts behind them."""

    async def get_offer(self, offer_id: str) -> OfferRecord:
        """One offer."""
        ...

    async def get_many(self, contact_ids: Sequence[str]) -> list[ContactRecord | None]:
        """Several contacts, in the order asked for."""
        ...

    async def accept(self, offer_id: str, fence: int, epoch: int, request: Request) -> str:
        """Accept: exactly one winner. OK, or REPLAYED for a repeated request."""
        ...

    async def decline(
        self, offer_id: str, fence: int, epoch: int, reason: str, request: Request
    ) -> str:
        """Decline; the contact returns to its place. OK or REPLAYED."""
        ...

    async def end_wrap_up(
        self, agent_id: str, contact_id: str, disposition: str, request: Request
    ) -> None:
        """End the paperwork of a contact."""
        ...

    async def complete(
        self,
        contact_id: str,
        disposition: str,
        skip_wrap_up: bool,
        agent_id: str,
        reason: str,
        request: Request,
    ) -> ContactRecord:
        """End the conversation in hand."""
        ...
