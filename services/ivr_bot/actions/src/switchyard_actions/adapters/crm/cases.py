"""Tickets and complaints, at crm_adapter."""

from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp
from switchyard.crm.v1 import crm_service_pb2 as crm
from switchyard.crm.v1 import customer_pb2 as model

from switchyard_actions.adapters.crm.calls import CrmCalls
from switchyard_actions.adapters.crm.holders import identifier_of
from switchyard_actions.domain.cases import Case, CaseHistory, CaseState, CaseWish
from switchyard_actions.domain.holders import Holder
from switchyard_actions.service.accounts import Declined, Refusal
from switchyard_actions.service.cases import CaseList
from switchyard_actions.service.ports import Unavailable

_MOST = 20
"""Cases of a list that are asked for."""
_OPEN = "open"


class CrmCases:
    """The port Cases over gRPC."""

    def __init__(self, calls: CrmCalls) -> None:
        self._calls = calls

    async def open(self, holder: Holder, wish: CaseWish, request_id: str) -> Case:
        """See Cases."""
        request = crm.CreateCaseRequest(
            case=model.Case(
                subject=wish.subject,
                priority=wish.priority.value,
                kind=wish.kind.value,
                order_number=wish.order_number,
            ),
            description=wish.description,
            request_id=request_id,
        )
        if holder.reach is not None:
            request.parent = self._calls.parent
            request.reporter.CopyFrom(identifier_of(holder.reach))
        else:
            request.customer = holder.customer
        answer = await self._calls.make("open_case", self._calls.stub.CreateCase, request)
        return _case(answer.case)

    async def live(self, customer: str) -> CaseList:
        """See Cases."""
        answer = await self._calls.make(
            "list_cases",
            self._calls.stub.GetContext,
            crm.GetContextRequest(
                parent=self._calls.parent,
                customer=customer,
                sections=[crm.OPEN_CASES],
                limit=_MOST,
            ),
        )
        if answer.partial:
            self._calls.incomplete("list_cases")
        if crm.Section.Name(crm.OPEN_CASES) in answer.partial:
            raise Unavailable("crm")
        if answer.outcome != crm.UNIQUE:
            raise Declined(Refusal.NOT_THEIRS)
        cases = tuple(_case(case) for case in answer.context.open_cases)
        return CaseList(cases, complete=not answer.partial)

    async def read(self, customer: str, number: str) -> CaseHistory:
        """See Cases."""
        answer = await self._calls.make(
            "read_case",
            self._calls.stub.GetCase,
            crm.GetCaseRequest(customer=customer, number=number),
        )
        return CaseHistory(_case(answer.case), tuple(answer.comments))

    async def comment(
        self, customer: str, case: Case, text: str, request_id: str, *, reopen: bool
    ) -> Case:
        """See Cases."""
        answer = await self._calls.make(
            "comment_case",
            self._calls.stub.UpdateCase,
            crm.UpdateCaseRequest(
                customer=customer,
                number=case.number,
                state=_OPEN if reopen else "",
                comment=text,
                public=True,
                request_id=request_id,
                source=case.source,
            ),
        )
        return _case(answer.case)


def _case(case: model.Case) -> Case:
    try:
        state = CaseState(case.state)
    except ValueError:  # a state that was added to the contract later
        state = CaseState.OTHER
    return Case(
        number=case.number,
        state=state,
        subject=case.subject,
        opened_at=_moment(case.create_time) if case.HasField("create_time") else None,
        changed_at=_moment(case.update_time) if case.HasField("update_time") else None,
        source=case.source,
    )


def _moment(stamp: Timestamp) -> datetime:
    return stamp.ToDatetime(UTC)
