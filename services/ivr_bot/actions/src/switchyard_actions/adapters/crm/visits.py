"""Branches and appointments, at crm_adapter."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from switchyard.crm.v1 import crm_service_pb2 as crm
from switchyard.crm.v1 import customer_pb2 as model

from switchyard_actions.adapters.crm.calls import CrmCalls
from switchyard_actions.adapters.crm.holders import identifier_of
from switchyard_actions.domain.branches import Appointment, Branch, FreeTimes, Stretch
from switchyard_actions.domain.holders import Holder
from switchyard_actions.domain.language import Language
from switchyard_actions.service.ports import Unavailable


class CrmVisits:
    """The port Visits over gRPC."""

    def __init__(self, calls: CrmCalls) -> None:
        self._calls = calls

    async def branches(self, query: str, language: Language) -> tuple[Branch, ...]:
        """See Visits."""
        answer = await self._calls.make(
            "branches",
            self._calls.stub.ListBranches,
            crm.ListBranchesRequest(
                parent=self._calls.parent, language=language.value, query=query
            ),
        )
        return tuple(_branch(branch) for branch in answer.branches)

    async def free_times(self, branch: str, not_before: datetime, most: int) -> FreeTimes:
        """See Visits."""
        request = crm.ListAppointmentTimesRequest(
            parent=self._calls.parent, branch=branch, limit=most
        )
        request.from_time.FromDatetime(not_before.astimezone(UTC))
        answer = await self._calls.make(
            "free_times", self._calls.stub.ListAppointmentTimes, request
        )
        starts = tuple(stamp.ToDatetime(UTC) for stamp in answer.start_times)
        return FreeTimes(starts, answer.minutes)

    async def book(
        self, holder: Holder, branch: str, start: datetime, purpose: str, request_id: str
    ) -> Appointment:
        """See Visits."""
        request = crm.BookAppointmentRequest(
            parent=self._calls.parent,
            customer=holder.customer,
            branch=branch,
            purpose=purpose,
            request_id=request_id,
        )
        request.start_time.FromDatetime(start.astimezone(UTC))
        if holder.reach is not None:
            request.reporter.CopyFrom(identifier_of(holder.reach))
        answer = await self._calls.make(
            "book_appointment", self._calls.stub.BookAppointment, request
        )
        return _appointment(answer.appointment)

    async def cancel(self, holder: Holder, number: str, request_id: str) -> Appointment:
        """See Visits."""
        request = crm.CancelAppointmentRequest(
            parent=self._calls.parent, number=number, request_id=request_id
        )
        if holder.reach is not None:
            request.reporter.CopyFrom(identifier_of(holder.reach))
        else:
            request.customer = holder.customer
        answer = await self._calls.make(
            "cancel_appointment", self._calls.stub.CancelAppointment, request
        )
        return _appointment(answer.appointment)


def _branch(branch: model.Branch) -> Branch:
    try:
        zone = ZoneInfo(branch.time_zone)
    except (ZoneInfoNotFoundError, ValueError) as error:  # hours without a zone tell nothing
        raise Unavailable("crm") from error
    return Branch(
        id=branch.id,
        name=branch.name,
        address=branch.address,
        area=branch.area,
        phone=branch.phone,
        zone=zone,
        hours=_hours(branch.hours),
        closed_dates=frozenset(date.fromisoformat(day) for day in branch.closed_dates),
        takes_appointments=branch.takes_appointments,
    )


def _hours(hours: Iterable[model.OpeningHours]) -> Mapping[int, tuple[Stretch, ...]]:
    by_weekday: dict[int, list[Stretch]] = {}
    for stretch in hours:
        by_weekday.setdefault(stretch.weekday, []).append(
            Stretch(_minute(stretch.opens), _minute(stretch.closes))
        )
    return {
        weekday: tuple(sorted(stretches, key=lambda stretch: stretch.opens))
        for weekday, stretches in by_weekday.items()
    }


def _minute(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)


def _appointment(appointment: model.Appointment) -> Appointment:
    return Appointment(
        number=appointment.number,
        branch=appointment.branch,
        start=appointment.start_time.ToDatetime(UTC),
        minutes=appointment.minutes,
    )
