"""RankAgents between the contract's messages and the use case."""

from switchyard.router.v1 import contact_pb2, routing_service_pb2
from switchyard_common.errors import DomainError, ErrorKind

from switchyard_router.domain.contacts import Waiting
from switchyard_router.domain.estimate import Estimate
from switchyard_router.domain.names import Tenant, bad_field
from switchyard_router.domain.refusals import refusal
from switchyard_router.entrypoints.convert import estimate_message
from switchyard_router.entrypoints.decision_messages import candidate_message
from switchyard_router.entrypoints.hypothetical import Hypotheticals
from switchyard_router.service.board import Board
from switchyard_router.service.figures import Figures
from switchyard_router.service.ranking import Advice, RankAgents, RankQuery
from switchyard_router.service.second_look import CatchUp, second_look

_DEFAULT_LIMIT, _MOST_LIMIT = 10, 1000
_MOST_CANDIDATES = 5000
_MOST_REQUEST_ID = 128


class AdviceDesk:
    """Answers RankAgents."""

    def __init__(
        self,
        rank: RankAgents,
        board: Board,
        figures: Figures,
        hypotheticals: Hypotheticals,
        catch_up: CatchUp,
        tenant: Tenant,
    ) -> None:
        self._rank = rank
        self._board = board
        self._figures = figures
        self._hypotheticals = hypotheticals
        self._catch_up = catch_up
        self._tenant = tenant

    async def answer(
        self, request: routing_service_pb2.RankAgentsRequest
    ) -> routing_service_pb2.RankAgentsResponse:
        """Advice; INVALID for a request that cannot be answered, CONTACT or QUEUE if unknown."""
        query, advice = await second_look(lambda: self._advise(request), self._catch_up)
        response = self._response(advice)
        estimate = await self._estimate(query)
        if estimate is not None:
            response.wait.CopyFrom(estimate_message(estimate))
        return response

    async def _advise(
        self, request: routing_service_pb2.RankAgentsRequest
    ) -> tuple[RankQuery, Advice]:
        query = self._query(request)
        return query, self._rank.execute(query)

    def _query(self, request: routing_service_pb2.RankAgentsRequest) -> RankQuery:
        self._tenant.check_parent(request.parent)
        if not 0 <= request.limit <= _MOST_LIMIT:
            raise bad_field("limit", f"give 1 to {_MOST_LIMIT}, or 0 for {_DEFAULT_LIMIT}")
        if len(request.candidate_agents) > _MOST_CANDIDATES:
            raise bad_field("candidate_agents", f"at most {_MOST_CANDIDATES}")
        if len(request.request_id) > _MOST_REQUEST_ID:
            raise bad_field("request_id", f"at most {_MOST_REQUEST_ID} characters")
        agents = tuple(
            self._tenant.parse("agents", name, f"candidate_agents[{index}]")
            for index, name in enumerate(request.candidate_agents)
        )
        contact, waits_here = self._contact(request.contact)
        return RankQuery(
            contact=contact,
            agents=agents,
            limit=request.limit or _DEFAULT_LIMIT,
            detail=None if waits_here else request.contact.SerializeToString(),
            explain=request.explain,
            keep=request.explain or bool(request.request_id),
        )

    def _contact(self, contact: contact_pb2.Contact) -> tuple[Waiting, bool]:
        """The contact, and whether it is one of the router's own."""
        if not contact.name:
            return self._hypotheticals.waiting(contact), False
        if contact.queue:
            raise bad_field("contact.name", "give a name, or queue and channel of a contact")
        known = self._board.contacts.get(
            self._tenant.parse("contacts", contact.name, "contact.name")
        )
        if known is None:
            raise refusal("CONTACT_NOT_LIVE")
        return known, True

    async def _estimate(self, query: RankQuery) -> Estimate | None:
        """What it would wait; None while the store that counts does not answer."""
        known = query.contact.id if query.detail is None else ""
        try:
            return await self._figures.estimate(query.contact.queue, known)
        except DomainError as error:
            if error.kind is ErrorKind.UNAVAILABLE:
                return None
            raise

    def _response(self, advice: Advice) -> routing_service_pb2.RankAgentsResponse:
        ranking, tenant = advice.ranking, self._tenant
        question = ranking.question
        response = routing_service_pb2.RankAgentsResponse(
            ranked=[
                candidate_message(candidate, tenant)
                for candidate in (*advice.candidates, *advice.rejected)
            ],
            decision=tenant.of("decisions", advice.decision),
            degraded=bool(advice.degraded),
            degraded_reasons=advice.degraded,
            eligible_count=ranking.eligible,
            rejected_counts=advice.rejected_counts,
            policy=question.policy.name,
            plan_version=question.plan_version,
            step=question.step,
            model_version=ranking.model_version,
        )
        if question.contact.hold_until_ms > ranking.now_ms:
            response.held_until.FromMilliseconds(question.contact.hold_until_ms)
        return response
