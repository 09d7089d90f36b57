"""Noting that a contact took place: here at once, in the CRMs by way of the outbox."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from switchyard_common.clock import Clock
from switchyard_common.ids import IdFactory

from switchyard_crm.domain.customer import Interaction
from switchyard_crm.domain.names import CustomerName
from switchyard_crm.service.cases import WriteStamp
from switchyard_crm.service.requests import Answered, WriteRequest


@dataclass(frozen=True, slots=True)
class NewInteraction:
    """What took place; `time` None means now."""

    channel: str
    time: datetime | None = None
    summary: str = ""
    agent: str = ""
    disposition: str = ""
    contact: str = ""


class InteractionLog(Protocol):
    """Keeps interactions."""

    async def append(
        self,
        customer: CustomerName,
        interaction: Interaction,
        stamp: WriteStamp,
        request: WriteRequest,
    ) -> Answered:
        """Store it and put it into the outbox, once per request.

        The answer is the id of its delivery. Raises CustomerNotFound, OutboxFull,
        RequestIdReused, StoreUnavailable.
        """
        ...


class LogInteraction:
    """Stores an interaction once per request id."""

    def __init__(self, log: InteractionLog, ids: IdFactory, clock: Clock) -> None:
        self._log = log
        self._ids = ids
        self._clock = clock

    async def run(
        self, customer: CustomerName, entry: NewInteraction, request: WriteRequest
    ) -> Answered:
        """The id of its delivery. Raises what `InteractionLog.append` raises."""
        stamp = WriteStamp(self._ids.new(), self._clock.now())
        interaction = Interaction(
            id=stamp.delivery,
            channel=entry.channel,
            time=entry.time or stamp.time,
            summary=entry.summary,
            agent=entry.agent,
            disposition=entry.disposition,
            contact=entry.contact,
        )
        return await self._log.append(customer, interaction, stamp, request)
