"""Noting that a contact took place."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from switchyard_common.clock import Clock
from switchyard_common.ids import IdFactory

from switchyard_crm.domain.customer import Interaction
from switchyard_crm.domain.errors import RequestIdReused
from switchyard_crm.domain.names import CustomerName


@dataclass(frozen=True, slots=True)
class NewInteraction:
    """What took place; `time` None means now."""

    channel: str
    time: datetime | None = None
    summary: str = ""
    agent: str = ""
    disposition: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """Makes a write repeatable: the caller's id of it, and the digest of its content."""

    request_id: str
    digest: str


@dataclass(frozen=True, slots=True)
class LoggedInteraction:
    """What the log holds for a request id: the interaction's id, its digest, whether it is new."""

    id: str
    digest: str
    new: bool


class InteractionLog(Protocol):
    """Keeps interactions."""

    async def append(
        self, customer: CustomerName, interaction: Interaction, request: WriteRequest
    ) -> LoggedInteraction:
        """Store it, unless the tenant's request id is there already: then tell what is.

        Raises CustomerNotFound, StoreUnavailable.
        """
        ...


class LogInteraction:
    """Stores an interaction once per request id."""

    def __init__(self, log: InteractionLog, ids: IdFactory, clock: Clock) -> None:
        self._log = log
        self._ids = ids
        self._clock = clock

    async def run(
        self, customer: CustomerName, entry: NewInteraction, request_id: str
    ) -> LoggedInteraction:
        """What is stored for the request id.

        Raises CustomerNotFound, RequestIdReused (same id, another content), StoreUnavailable.
        """
        request = WriteRequest(request_id, _digest(customer, entry))
        interaction = Interaction(
            id=self._ids.new(),
            channel=entry.channel,
            time=entry.time or self._clock.now(),
            summary=entry.summary,
            agent=entry.agent,
            disposition=entry.disposition,
            contact=entry.contact,
        )
        logged = await self._log.append(customer, interaction, request)
        if logged.digest != request.digest:
            raise RequestIdReused
        return logged


def _digest(customer: CustomerName, entry: NewInteraction) -> str:
    return hashlib.sha256(repr((customer, entry)).encode()).hexdigest()
