"""What customers do alone, over real gRPC: with a gateway for codes, branches, and a CRM."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import grpc
import pytest
from switchyard.crm.v1 import crm_service_pb2 as crm
from switchyard.crm.v1 import customer_pb2 as model
from switchyard_common.clock import SystemClock
from switchyard_common.errors import StartError
from switchyard_crm.adapters.buckets import TokenBucket
from switchyard_crm.wiring.context import ConnectedCrm

from tests.fakes.crm.people import DEMO, ORDER_NUMBER, WANG_PHONE, customer, phone
from tests.fakes.crm.remembering_crm import RememberingConnector, remembering_crm
from tests.fakes.crm.running import RunningCrm, fill, running_crm
from tests.fakes.crm.self_serving import (
    PARENT,
    PHONE,
    WANG,
    refused,
)

pytestmark = pytest.mark.integration


async def test_an_address_is_changed_and_its_case_read(service: RunningCrm) -> None:
    ask = crm.ChangeDeliveryAddressRequest(
        customer=WANG, order_number="sy30720001", address="海棠路7号1203室", request_id="r-1"
    )
    told = await service.crm.ChangeDeliveryAddress(ask, timeout=120)
    assert told.order.delivery_address == "海棠路7号1203室"
    case = await service.crm.GetCase(
        crm.GetCaseRequest(customer=WANG, number=told.case_number), timeout=120
    )
    assert (case.case.kind, case.case.state) == ("address_change", "open")
    assert case.comments == ["SY30720001: 海棠路7号1203室"]
    for address in ("短", "x" * 201, "two\nlines of it", "12345"):
        bad = crm.ChangeDeliveryAddressRequest(
            customer=WANG, order_number="SY30720001", address=address, request_id="r-2"
        )
        code, _ = await refused(service.crm.ChangeDeliveryAddress(bad, timeout=120))
        assert code is grpc.StatusCode.INVALID_ARGUMENT
    shipped = crm.ChangeDeliveryAddressRequest(
        customer=WANG, order_number=ORDER_NUMBER, address="海棠路7号1203室", request_id="r-3"
    )
    code, reason = await refused(service.crm.ChangeDeliveryAddress(shipped, timeout=120))
    assert (code, reason) == (grpc.StatusCode.FAILED_PRECONDITION, "ORDER_SHIPPED")


async def test_a_bill_is_paid_in_parts(service: RunningCrm) -> None:
    tomorrow = (datetime.now(ZoneInfo("Asia/Shanghai")) + timedelta(days=1)).date()
    ask = crm.ArrangePaymentRequest(
        customer=WANG,
        bill="B1",
        instalments=3,
        first_due_date=tomorrow.isoformat(),
        request_id="r-1",
    )
    told = (await service.crm.ArrangePayment(ask, timeout=120)).arrangement
    assert (told.bill, told.instalment.minor_units, told.state) == ("B1", 3_333, "asked")
    for wrong in (
        {"instalments": 13},
        {"first_due_date": "soon"},
        {"first_due_date": (tomorrow - timedelta(days=1)).isoformat()},
        {"first_due_date": (tomorrow + timedelta(days=60)).isoformat()},
    ):
        bad = crm.ArrangePaymentRequest()
        bad.CopyFrom(ask)
        for name, value in wrong.items():
            setattr(bad, name, value)
        code, _ = await refused(service.crm.ArrangePayment(bad, timeout=120))
        assert code is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_branch_is_found_and_visited(service: RunningCrm) -> None:
    listing = crm.ListBranchesRequest(parent=PARENT, language="en", query="西湖")
    (branch,) = (await service.crm.ListBranches(listing, timeout=120)).branches
    assert (branch.id, branch.name) == ("west-lake", "West Lake")
    assert list(branch.closed_dates) == ["2999-01-01"]
    monday = branch.hours[0]
    assert (monday.weekday, monday.opens, monday.closes) == (1, "00:00", "24:00")
    asking = crm.ListAppointmentTimesRequest(parent=PARENT, branch="west-lake", limit=3)
    times = await service.crm.ListAppointmentTimes(asking, timeout=120)
    assert (len(times.start_times), times.minutes) == (3, 60)
    booking = crm.BookAppointmentRequest(
        parent=PARENT,
        reporter=PHONE,
        branch="west-lake",
        start_time=times.start_times[0],
        purpose="换手机壳",
        request_id="r-1",
    )
    booked = (await service.crm.BookAppointment(booking, timeout=120)).appointment
    assert (booked.state, booked.purpose) == ("booked", "换手机壳")
    later = await service.crm.ListAppointmentTimes(asking, timeout=120)
    assert times.start_times[0] not in later.start_times
    booking.request_id = "r-2"
    code, reason = await refused(service.crm.BookAppointment(booking, timeout=120))
    assert (code, reason) == (grpc.StatusCode.FAILED_PRECONDITION, "TIME_TAKEN")
    giving_up = crm.CancelAppointmentRequest(
        parent=PARENT, number=booked.number, customer=WANG, request_id="r-3"
    )
    code, reason = await refused(service.crm.CancelAppointment(giving_up, timeout=120))
    assert (code, reason) == (grpc.StatusCode.NOT_FOUND, "APPOINTMENT_NOT_FOUND")
    giving_up.reporter.CopyFrom(PHONE)
    cancelled = (await service.crm.CancelAppointment(giving_up, timeout=120)).appointment
    assert cancelled.state == "cancelled"


@pytest.mark.parametrize(
    ("branch", "reason"), [("kiosk", "NO_APPOINTMENTS"), ("nowhere", "BRANCH_NOT_FOUND")]
)
async def test_elsewhere_nothing_is_booked(service: RunningCrm, branch: str, reason: str) -> None:
    asking = crm.ListAppointmentTimesRequest(parent=PARENT, branch=branch)
    assert (await refused(service.crm.ListAppointmentTimes(asking, timeout=120)))[1] == reason


async def test_a_stranger_opens_a_case(service: RunningCrm) -> None:
    ask = crm.CreateCaseRequest(
        parent=PARENT,
        reporter=PHONE,
        case=model.Case(subject="捡到包裹", kind="complaint"),
        description="不是我的",
        request_id="r-1",
    )
    told = (await service.crm.CreateCase(ask, timeout=120)).case
    assert (told.kind, told.subject) == ("complaint", "捡到包裹")
    mine = crm.GetCaseRequest(customer=WANG, number=told.number)
    code, reason = await refused(service.crm.GetCase(mine, timeout=120))
    assert (code, reason) == (grpc.StatusCode.NOT_FOUND, "CASE_NOT_FOUND")
    reporter = model.Identifier(kind=model.SOURCE_RECORD, namespace="reporter", value=WANG_PHONE)
    context = await service.crm.GetContext(
        crm.GetContextRequest(parent=PARENT, identifier=reporter), timeout=120
    )
    assert [each.number for each in context.context.open_cases] == [told.number]
    assert not context.partial
    ask.customer = WANG
    code, _ = await refused(service.crm.CreateCase(ask, timeout=120))
    assert code is grpc.StatusCode.INVALID_ARGUMENT


async def test_what_was_asked_for_gets_to_the_crm(database: Path) -> None:
    """Through the outbox, as a case: once."""
    with remembering_crm() as remote:
        connector = RememberingConnector(remote.port)
        bucket = TokenBucket(1000, 1000, SystemClock())
        crms = [ConnectedCrm(DEMO, connector, bucket, concurrency=4)]
        known = customer("r-1", phone(WANG_PHONE), name="王芳", source="crm")
        await fill(database, [known])
        async with running_crm(database, crms=crms, outbox_poll_seconds=0.02) as running:
            await until(running, lambda: resolved(running))
            ask = crm.ChangeDeliveryAddressRequest(
                customer=WANG, order_number="SY30720001", address="海棠路7号", request_id="r-1"
            )
            for _ in range(2):
                told = await running.crm.ChangeDeliveryAddress(ask, timeout=120)
            await until(running, lambda: delivered(running, told.delivery))
        assert len(remote.objects) == 1


async def resolved(running: RunningCrm) -> bool:
    request = crm.ResolveRequest(parent=PARENT, identifiers=[PHONE])
    return (await running.crm.Resolve(request, timeout=120)).outcome == crm.UNIQUE


async def delivered(running: RunningCrm, delivery: str) -> bool:
    request = crm.GetDeliveryRequest(name=delivery)
    return bool((await running.crm.GetDelivery(request, timeout=120)).remote_ids)


async def until(running: RunningCrm, ready: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await ready():
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"code_gateway_url": "http://sms.example.com/send"}, "CRM_CODE_GATEWAY_URL"),
        ({"reset_url": "https://example.com/reset"}, "CRM_RESET_URL"),
        ({"reset_url": "http://example.com/reset/{token}"}, "CRM_RESET_URL"),
        ({"branches_file": Path("/nowhere/branches.yaml")}, "branches.yaml"),
    ],
)
async def test_settings_that_cannot_be_meant_stop_the_start(
    database: Path, settings: dict[str, Any], says: str
) -> None:
    with pytest.raises(StartError, match=says):
        async with running_crm(database, **settings):
            raise AssertionError("it started")
