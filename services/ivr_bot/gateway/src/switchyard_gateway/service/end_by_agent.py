"""The agent ends the conversation, or hands the customer back to the bot."""

from dataclasses import dataclass

import structlog
from switchyard_common.logs import contact_scope

from switchyard_gateway.domain import transitions
from switchyard_gateway.domain.conversation import Conversation, ConversationId, State
from switchyard_gateway.domain.errors import NotTheAgent, WrongState
from switchyard_gateway.domain.names import short
from switchyard_gateway.domain.notices import Notice
from switchyard_gateway.domain.transitions import Step
from switchyard_gateway.service.change import ChangeConversation
from switchyard_gateway.service.observer import Observer
from switchyard_gateway.service.router import Router
from switchyard_gateway.service.store import NodeLedger
from switchyard_gateway.service.turn_bell import TurnBell


@dataclass(frozen=True, slots=True)
class Ending:
    """How an agent ends a conversation. The note is for the bot and the next agent."""

    conversation: ConversationId
    agent: str
    request_id: str
    why: Notice
    disposition: str = ""
    note: str = ""


class EndByAgent:
    """Ends the contact at the router first, then lets the bot serve again."""

    def __init__(
        self,
        change: ChangeConversation,
        router: Router,
        ledger: NodeLedger,
        bell: TurnBell,
        observer: Observer,
    ) -> None:
        self._change = change
        self._router = router
        self._ledger = ledger
        self._bell = bell
        self._observer = observer
        self._log = structlog.stdlib.get_logger()

    async def execute(self, ending: Ending) -> Conversation:
        """The conversation afterwards; the same request_id again changes nothing.

        WrongState, NotTheAgent, RouterFailed (retry with the same request_id), ConversationUnknown.
        """

        def begin(now: Conversation) -> Step | None:
            return transitions.agent_ending(
                now, ending.agent, ending.why, ending.request_id, ending.note
            )

        outcome = await self._change.execute(ending.conversation, begin)
        now = outcome.after
        if not outcome.done:
            return self._ended_already(now, ending)
        with contact_scope(short(now.contact)):
            return await self._end(now, ending)

    def _ended_already(self, now: Conversation, ending: Ending) -> Conversation:
        if now.state is State.WITH_AGENT:
            raise NotTheAgent
        if now.ended_by_request != ending.request_id:
            raise WrongState(now.state, State.WITH_AGENT)
        return now

    async def _end(self, before: Conversation, ending: Ending) -> Conversation:
        contact = before.contact
        await self._router.complete_contact(contact, ending.disposition, ending.request_id)

        def end(now: Conversation) -> Step | None:
            return transitions.back_to_bot(now, contact, ending.why)

        outcome = await self._change.execute(before.id, end)
        if outcome.done:
            self._observer.handover(ending.why)
            self._log.info("agent_ended", conversation=before.id, agent=short(ending.agent))
            self._bell.ring(before.id)
            if before.handover is not None:
                await self._ledger.untrack(before.handover.node, before.id)
        return outcome.after
