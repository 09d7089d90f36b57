"""The customer goes: back to the bot, or for good."""

import structlog

from switchyard_gateway.domain import transitions
from switchyard_gateway.domain.contacts import hung_up
from switchyard_gateway.domain.conversation import ConversationId
from switchyard_gateway.domain.names import short
from switchyard_gateway.service.change import ChangeConversation, Outcome
from switchyard_gateway.service.observer import Observer
from switchyard_gateway.service.router import Line
from switchyard_gateway.service.store import NodeLedger
from switchyard_gateway.service.turn_bell import TurnBell


class LeavePerson:
    """Ends the wait for a person, or the conversation with one, at the customer's side."""

    def __init__(
        self,
        change: ChangeConversation,
        line: Line,
        ledger: NodeLedger,
        bell: TurnBell,
        observer: Observer,
    ) -> None:
        self._change = change
        self._line = line
        self._ledger = ledger
        self._bell = bell
        self._observer = observer
        self._log = structlog.stdlib.get_logger()

    async def execute(self, conversation_id: ConversationId, *, for_good: bool = False) -> None:
        """The bot serves again or, for good, nobody; nothing happens where it is so already.

        StoreDown, Conflict. Should the store fail when the step is made already, the ledger still
        has the conversation, and the next look at it tells the router.
        """
        rule = transitions.closed if for_good else transitions.customer_left
        outcome = await self._change.execute(conversation_id, rule)
        if outcome.done:
            self._bell.ring(conversation_id)
            await self._tell_router(outcome)

    async def _tell_router(self, outcome: Outcome) -> None:
        before = outcome.before
        if before.handover is None:
            return
        self._observer.handover("left")
        self._log.info("customer_left", conversation=before.id, contact=short(before.contact))
        if before.contact:
            await self._line.report(hung_up(before.contact))
        await self._ledger.untrack(before.handover.node, before.id)
