"""Tells platform nodes how long their contacts will wait: what changed, and what is sure."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog
from switchyard.router.v1 import contact_pb2, contact_service_pb2
from switchyard_common.clock import Clock
from switchyard_common.errors import DomainError

from switchyard_router.domain.contacts import Waiting
from switchyard_router.domain.estimate import Estimate
from switchyard_router.domain.names import Tenant
from switchyard_router.domain.states import ContactState
from switchyard_router.entrypoints.convert import estimate_message
from switchyard_router.service.board import Board
from switchyard_router.service.figures import Figures

_ROUND_SECONDS = 5.0
_MOST_A_ROUND = 250
"""Contacts looked at in one round; of more than that each has its turn less often."""
_CHANGE_SECONDS, _CHANGE_SHARE = 5.0, 0.2
_ANNOUNCE_SECONDS = 45.0
"""How long callers are left in peace after an announcement."""

type Put = Callable[[contact_service_pb2.PbxServerMessage], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Told:
    """What was said of a contact, and when (s). `announced`: number of announcements, the last
    of them at `announced_at`."""

    estimate: Estimate
    at: float
    announced: int = 0
    announced_at: float = 0.0

    def holds(self, estimate: Estimate, now: float) -> bool:
        """Whether a new estimate says what follows from this one."""
        if (estimate.position, estimate.confident) != (
            self.estimate.position,
            self.estimate.confident,
        ):
            return False
        expected = max(0.0, self.estimate.p50_seconds - (now - self.at))
        tolerated = max(_CHANGE_SECONDS, _CHANGE_SHARE * expected)
        return not estimate.confident or abs(estimate.p50_seconds - expected) <= tolerated


class WaitNews:
    """Sends estimates to nodes. At most 250 contacts of a node are looked at every five seconds."""

    def __init__(self, board: Board, figures: Figures, timer: Clock, tenant: Tenant) -> None:
        self._board = board
        self._figures = figures
        self._timer = timer
        self._tenant = tenant
        self._log = structlog.stdlib.get_logger()

    async def run(self, node: str, put: Put) -> None:
        """For one node, until cancelled."""
        told: dict[str, _Told] = {}
        after = ""
        while True:
            await asyncio.sleep(_ROUND_SECONDS)
            after = await self.round(node, put, told, after)

    async def round(self, node: str, put: Put, told: dict[str, _Told], after: str) -> str:
        """One round over contacts whose ids follow `after`; returns where the next one begins.

        `told` is kept between rounds.
        """
        waiting = {
            contact.id: contact
            for contact in self._board.contacts.values()
            if contact.node == node and contact.state == ContactState.QUEUED
        }
        for gone in told.keys() - waiting.keys():
            del told[gone]
        ids = sorted(waiting)
        if len(ids) > _MOST_A_ROUND:
            ids = [one for one in ids if one > after][:_MOST_A_ROUND]
        for contact_id in ids:
            try:
                await self._tell(waiting[contact_id], put, told)
            except DomainError as error:
                self._log.warning("estimate_failed", reason=error.reason)
                break
        return ids[-1] if len(ids) == _MOST_A_ROUND else ""

    async def _tell(self, contact: Waiting, put: Put, told: dict[str, _Told]) -> None:
        estimate = await self._figures.estimate(contact.queue, contact.id)
        before, now = told.get(contact.id), self._timer.monotonic()
        if not estimate.position or (before is not None and before.holds(estimate, now)):
            return
        change = contact_service_pb2.ContactEvent(
            contact=contact_pb2.Contact(
                name=self._tenant.of("contacts", contact.id),
                state=contact_pb2.QUEUED,
                queue=self._tenant.of("queues", contact.queue),
            )
        )
        announced = before.announced if before else 0
        announced_at = before.announced_at if before else 0.0
        peace = bool(announced) and now - announced_at < _ANNOUNCE_SECONDS
        if estimate.confident and contact.channel == "VOICE" and not peace:
            announced, announced_at = announced + 1, now
            change.command.command_id = f"{contact.id}/announce/{announced}"
            change.command.announce.wait.CopyFrom(estimate_message(estimate))
        else:
            change.wait.CopyFrom(_as_sure(estimate))
        told[contact.id] = _Told(estimate, now, announced, announced_at)
        await put(contact_service_pb2.PbxServerMessage(contact=change))


def _as_sure(estimate: Estimate) -> contact_pb2.WaitEstimate:
    """The place alone while the time is not sure: what is not said is not announced."""
    if estimate.confident:
        return estimate_message(estimate)
    return contact_pb2.WaitEstimate(position=estimate.position, method=estimate.method)
