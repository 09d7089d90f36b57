"""Contacts that are described and stored nowhere, as they would wait here."""

from switchyard.router.v1 import contact_pb2
from switchyard_common.ids import IdFactory

from switchyard_router.domain.contacts import Waiting
from switchyard_router.domain.names import Tenant
from switchyard_router.domain.plans import ANYONE
from switchyard_router.domain.states import ContactState
from switchyard_router.entrypoints.checks import check_described
from switchyard_router.entrypoints.config_messages import milliseconds, need
from switchyard_router.entrypoints.contact_changes import excluded
from switchyard_router.service.board import Board
from switchyard_router.service.store_clock import StoreClock


class Hypotheticals:
    """Makes them."""

    def __init__(self, board: Board, ids: IdFactory, clock: StoreClock, tenant: Tenant) -> None:
        self._board = board
        self._ids = ids
        self._clock = clock
        self._tenant = tenant

    def waiting(self, contact: contact_pb2.Contact, field: str = "contact") -> Waiting:
        """A contact as it would wait here, had it come when its age says.

        Raises INVALID for one that nobody could be found for as described; `field` is where the
        request has it.
        """
        check_described(contact)
        now, parse = self._clock.now_ms(), self._tenant.parse
        since = now - milliseconds(contact.age_credit)
        queue_id = parse("queues", contact.queue, f"{field}.queue")
        plan = parse("routingPlans", contact.routing_plan, f"{field}.routing_plan", required=False)
        preferred = parse(
            "agents", contact.preferred_agent, f"{field}.preferred_agent", required=False
        )
        in_force = self._board.plans.get(plan, ANYONE) if plan else self._board.plan_of(queue_id)
        step = in_force.step_at((now - since) / 1000)
        queue = self._board.queues.get(queue_id)
        points = contact.priority + in_force.at(step).priority_delta
        until = since + milliseconds(contact.preferred_agent_wait)
        return Waiting(
            id=self._ids.new(),
            state=ContactState.QUEUED,
            seq=0,
            queue=queue_id,
            channel=contact_pb2.Channel.Name(contact.channel),
            language=contact.language,
            order_ms=since - points * (queue.times.credit_ms if queue else 0),
            enqueue_ms=since,
            needs=tuple(need(requirement) for requirement in contact.skills),
            priority=contact.priority,
            plan=plan,
            step=step,
            step_ms=since,
            preferred_agent=preferred,
            preferred_until_ms=until if preferred else 0,
            excluded_agents=frozenset(
                excluded(contact.excluded_agents, f"{field}.excluded_agents", self._tenant)
            ),
            arm=contact.traffic_arm,
        )
