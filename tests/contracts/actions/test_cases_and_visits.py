"""What tickets, branches, visits and call permissions must do, on fakes and on crm_adapter."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from switchyard.crm.v1 import crm_service_pb2 as crm
from switchyard_actions.adapters.crm.calls import CrmCalls
from switchyard_actions.adapters.crm.cases import CrmCases
from switchyard_actions.adapters.crm.permissions import CrmCallPermissions
from switchyard_actions.adapters.crm.visits import CrmVisits
from switchyard_actions.domain.cases import CaseKind, CaseState, CaseWish, Priority
from switchyard_actions.domain.holders import Holder, Reach
from switchyard_actions.domain.language import Language
from switchyard_actions.metrics import ActionsMetrics
from switchyard_actions.service.accounts import Declined, Refusal
from switchyard_actions.service.callbacks import CallPermissions, Permission
from switchyard_actions.service.cases import Cases
from switchyard_actions.service.visits import TIME_TAKEN, TOO_MANY, Visits
from switchyard_common.clock import SystemClock

from tests.fakes.actions.callbacks import FakeCallPermissions
from tests.fakes.actions.cases import FakeCases
from tests.fakes.actions.visits import BALLARD, FakeVisits
from tests.fakes.crm.people import customer, phone
from tests.fakes.crm.running import fill, running_crm

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[3]
BRANCHES = ROOT / "libs/demo/src/switchyard_demo/company/branches.yaml"
LIN, WU = "tenants/demo/customers/lin", "tenants/demo/customers/wu"
NUMBER, OTHER, CLOSED = "+8619900001234", "+8619900005678", "+8619900009999"
REACH = Reach("phone", NUMBER)
WISH = CaseWish("Broken lid", "The lid of my kettle broke off.", CaseKind.QUESTION)


@dataclass(frozen=True)
class Systems:
    cases: Cases
    visits: Visits
    permissions: CallPermissions


@pytest.fixture(params=["fake", "crm"])
async def systems(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Systems]:
    if request.param == "fake":
        refused = {CLOSED: Permission.OPTED_OUT}
        visits = FakeVisits(SystemClock().now, known=(BALLARD,))
        yield Systems(FakeCases(), visits, FakeCallPermissions(refused))
        return
    database = tmp_path / "crm.sqlite"
    people = [
        customer("lin", phone(NUMBER)),
        customer("wu", phone(OTHER)),
        customer("no", phone(CLOSED)),
    ]
    await fill(database, people)
    async with running_crm(database, branches_file=str(BRANCHES)) as running:
        await running.crm.SetConsent(
            crm.SetConsentRequest(
                customer="tenants/demo/customers/no",
                purpose="service",
                granted=False,
                evidence="letter",
                request_id="c1",
            )
        )
        calls = CrmCalls(running.channel, "demo", 120.0, ActionsMetrics(CollectorRegistry()))
        yield Systems(CrmCases(calls), CrmVisits(calls), CrmCallPermissions(calls))


async def test_a_customers_case_is_opened_listed_and_read(systems: Systems) -> None:
    case = await systems.cases.open(Holder(LIN), WISH, "r1")
    assert (case.state, case.subject) == (CaseState.OPEN, "Broken lid")
    found = await systems.cases.live(LIN)
    assert found.complete
    assert [one.number for one in found.items] == [case.number]
    history = await systems.cases.read(LIN, case.number)
    assert history.case.number == case.number
    assert history.comments[0] == WISH.description


async def test_a_repeated_request_opens_one_case(systems: Systems) -> None:
    first = await systems.cases.open(Holder(LIN), WISH, "r1")
    again = await systems.cases.open(Holder(LIN), WISH, "r1")
    assert again.number == first.number


@pytest.mark.parametrize("kind", list(CaseKind))
@pytest.mark.parametrize("priority", list(Priority))
async def test_every_kind_and_priority_is_taken(
    systems: Systems, kind: CaseKind, priority: Priority
) -> None:
    wish = CaseWish("Subject", "Description", kind, priority)
    assert (await systems.cases.open(Holder(LIN), wish, "r1")).number


@pytest.mark.parametrize("reach", [REACH, Reach("email", "lin@example.com")])
async def test_somebody_unknown_may_open_a_case_and_gets_a_number(
    systems: Systems, reach: Reach
) -> None:
    case = await systems.cases.open(Holder(reach=reach), WISH, "r1")
    assert len(case.number) == 8
    assert case.number.isdigit()
    assert (await systems.cases.live(LIN)).items == ()  # a number that was named proves nothing


async def test_words_are_added_and_open_a_case_again(systems: Systems) -> None:
    case = await systems.cases.open(Holder(LIN), WISH, "r1")
    after = await systems.cases.comment(LIN, case, "And the handle.", "r2", reopen=True)
    assert after.state is CaseState.OPEN
    again = await systems.cases.comment(LIN, case, "And the handle.", "r2", reopen=True)
    assert again.number == after.number
    history = await systems.cases.read(LIN, case.number)
    assert history.comments[0] == "And the handle."
    assert history.comments.count("And the handle.") == 1


async def test_another_ones_case_is_declined_like_one_that_there_is_not(
    systems: Systems,
) -> None:
    case = await systems.cases.open(Holder(LIN), WISH, "r1")
    for number in (case.number, "99999999"):
        with pytest.raises(Declined) as caught:
            await systems.cases.read(WU, number)
        assert caught.value.refusal is Refusal.NOT_THEIRS


async def test_branches_are_found_by_words(systems: Systems) -> None:
    every = await systems.visits.branches("", Language.ENGLISH)
    assert "ballard" in {branch.id for branch in every}
    (found,) = await systems.visits.branches("ballard", Language.ENGLISH)
    assert found.zone.key == "America/Los_Angeles"
    assert found.hours[1][0].opens == 9 * 60
    assert found.takes_appointments
    assert await systems.visits.branches("atlantis", Language.ENGLISH) == ()


async def test_a_free_time_is_booked_once_and_is_free_again_when_given_up(
    systems: Systems,
) -> None:
    now = datetime.now(UTC)
    free = await systems.visits.free_times("ballard", now + timedelta(days=2), 5)
    assert len(free.starts) == 5
    assert list(free.starts) == sorted(free.starts)
    start = free.starts[0]
    booked = await systems.visits.book(Holder(LIN), "ballard", start, "kettle", "r1")
    assert (booked.start, booked.minutes, booked.branch) == (start, free.minutes, "ballard")
    again = await systems.visits.book(Holder(LIN), "ballard", start, "kettle", "r1")
    assert again.number == booked.number
    with pytest.raises(Declined) as caught:
        await systems.visits.book(Holder(reach=REACH), "ballard", start, "", "r2")
    assert caught.value.reason == TIME_TAKEN
    await systems.visits.cancel(Holder(LIN), booked.number, "r3")
    left = await systems.visits.free_times("ballard", start, 1)
    assert left.starts == (start,)


async def test_only_the_holder_gives_an_appointment_up(systems: Systems) -> None:
    now = datetime.now(UTC)
    free = await systems.visits.free_times("ballard", now + timedelta(days=2), 1)
    booked = await systems.visits.book(Holder(reach=REACH), "ballard", free.starts[0], "", "r1")
    for holder in (Holder(LIN), Holder(reach=Reach("phone", OTHER))):
        with pytest.raises(Declined) as caught:
            await systems.visits.cancel(holder, booked.number, "r2")
        assert caught.value.refusal is Refusal.NOT_THEIRS
    cancelled = await systems.visits.cancel(Holder(reach=REACH), booked.number, "r3")
    assert cancelled.number == booked.number


async def test_nobody_books_without_end(systems: Systems) -> None:
    now = datetime.now(UTC)
    free = await systems.visits.free_times("ballard", now + timedelta(days=2), 20)

    async def book_all() -> None:
        for place, start in enumerate(free.starts):
            await systems.visits.book(Holder(LIN), "ballard", start, "", f"r{place}")

    with pytest.raises(Declined) as caught:
        await book_all()
    assert caught.value.reason == TOO_MANY


async def test_who_may_be_called_is_known(systems: Systems) -> None:
    assert await systems.permissions.for_call(REACH) is Permission.ALLOWED
    nobody = Reach("phone", "+8613812345678")
    assert await systems.permissions.for_call(nobody) is Permission.ALLOWED
    assert await systems.permissions.for_call(Reach("phone", CLOSED)) is Permission.OPTED_OUT


@pytest.mark.parametrize("reach", [REACH, Reach("handle", "conversation:5f0c1d")])
async def test_whoever_can_be_named_somehow_may_open_a_case(systems: Systems, reach: Reach) -> None:
    """A chat of somebody who gives neither a number nor an address is enough."""
    case = await systems.cases.open(Holder(reach=reach), WISH, "r-reach")
    again = await systems.cases.open(Holder(reach=reach), WISH, "r-reach")
    assert case.number
    assert again.number == case.number
