"""Cases, deliveries and consents over real gRPC, down to a CRM on loopback."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from switchyard.crm.v1 import crm_service_pb2 as crm
from switchyard.crm.v1 import customer_pb2 as model
from switchyard_common.clock import SystemClock
from switchyard_common.errors import StartError
from switchyard_common.grpc_errors import reason_of, violations_of
from switchyard_crm.adapters.buckets import TokenBucket
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.wiring.context import ConnectedCrm

from tests.fakes.crm.people import DEMO, WANG_EMAIL, WANG_PHONE, customer, phone, wang
from tests.fakes.crm.remembering_crm import (
    RememberingConnector,
    RememberingCrm,
    remembering_crm,
)
from tests.fakes.crm.running import RunningCrm, fill, running_crm

pytestmark = pytest.mark.integration

WANG = "tenants/demo/customers/c-1"


@pytest.fixture
def remote() -> Iterator[RememberingCrm]:
    with remembering_crm() as running:
        yield running


@pytest.fixture
async def database(tmp_path: Path) -> Path:
    """Wang here and in the CRM, which the service finds to be one customer."""
    path = tmp_path / "crm.sqlite"
    known = (phone(WANG_PHONE), Identifier(IdentifierKind.EMAIL, WANG_EMAIL))
    await fill(path, [wang(), customer("r-1", *known, name="王芳", source="crm")])
    return path


def connected(remote: RememberingCrm) -> ConnectedCrm:
    bucket = TokenBucket(1000, 1000, SystemClock())
    return ConnectedCrm(DEMO, RememberingConnector(remote.port), bucket, concurrency=4)


@asynccontextmanager
async def serving(
    database: Path, remote: RememberingCrm, **settings: Any
) -> AsyncIterator[RunningCrm]:
    """The service, once it knows that both records are one customer."""
    crms = (connected(remote),)
    async with running_crm(database, crms=crms, outbox_poll_seconds=0.02, **settings) as running:
        phone_ = model.Identifier(kind=model.PHONE, value=WANG_PHONE)
        request = crm.ResolveRequest(parent="tenants/demo", identifiers=[phone_])
        async with asyncio.timeout(60):
            while (await running.crm.Resolve(request, timeout=120)).outcome != crm.UNIQUE:
                await asyncio.sleep(0.02)
        yield running


@pytest.fixture
async def service(database: Path, remote: RememberingCrm) -> AsyncIterator[RunningCrm]:
    async with serving(database, remote) as running:
        yield running


async def arrived(service: RunningCrm, delivery: str) -> crm.GetDeliveryResponse:
    async with asyncio.timeout(60):
        while True:
            request = crm.GetDeliveryRequest(name=delivery)
            told: crm.GetDeliveryResponse = await service.crm.GetDelivery(request, timeout=120)
            if told.state != "pending":
                return told
            await asyncio.sleep(0.02)


def new_case(request_id: str = "r-case") -> crm.CreateCaseRequest:
    return crm.CreateCaseRequest(
        customer=WANG,
        case=model.Case(subject="包裹湿了", order_number="SY-1"),
        description="The parcel is wet",
        request_id=request_id,
    )


async def test_a_case_is_opened_changed_and_closed_here_and_there(
    service: RunningCrm, remote: RememberingCrm
) -> None:
    opened = await service.crm.CreateCase(new_case(), timeout=120)
    again = await service.crm.CreateCase(new_case(), timeout=120)
    assert again == opened
    assert (opened.case.state, opened.case.priority, opened.case.source) == (
        "open",
        "normal",
        "local",
    )
    change = crm.UpdateCaseRequest(
        customer=WANG, number=opened.case.number, comment="called again", request_id="r-change"
    )
    changed = await service.crm.UpdateCase(change, timeout=120)
    assert changed.case.state == "open"
    told = await arrived(service, changed.delivery)
    assert (told.state, told.last_error) == ("delivered", "")
    assert dict((await arrived(service, opened.delivery)).remote_ids) == {"crm": "remote-1"}
    assert remote.texts() == ["包裹湿了", "called again"]
    metrics = service.metrics()
    assert metrics['switchyard_crm_deliveries_total{outcome="delivered",source="crm"}'] == 2


async def test_a_case_shows_at_once_and_under_one_number(
    service: RunningCrm, remote: RememberingCrm
) -> None:
    opened = await service.crm.CreateCase(new_case(), timeout=120)
    await arrived(service, opened.delivery)
    request = crm.GetContextRequest(
        parent="tenants/demo", customer=WANG, sections=[crm.OPEN_CASES], limit=50
    )
    answer = await service.crm.GetContext(request, timeout=120)
    numbers = [case.number for case in answer.context.open_cases]
    assert numbers.count(opened.case.number) == 1
    assert "remote-1" not in numbers


async def test_a_dead_delivery_says_why_and_can_be_driven_again(
    service: RunningCrm, remote: RememberingCrm
) -> None:
    remote.refuse["/cases"] = 422, 0
    opened = await service.crm.CreateCase(new_case(), timeout=120)
    told = await arrived(service, opened.delivery)
    assert (told.state, told.attempts) == ("dead", 1)
    assert told.last_error == "crm: Invalid: the CRM refuses the content"
    remote.refuse.clear()
    again = await service.crm.RedriveDelivery(
        crm.RedriveDeliveryRequest(name=opened.delivery), timeout=120
    )
    assert again.state in ("pending", "delivered")
    assert (await arrived(service, opened.delivery)).state == "delivered"


async def test_consents_decide_who_is_called(service: RunningCrm) -> None:
    async def check(**subject: Any) -> tuple[bool, str]:
        request = crm.CheckContactableRequest(
            parent="tenants/demo", channel="VOICE", purpose="marketing", **subject
        )
        answer = await service.crm.CheckContactable(request, timeout=120)
        return answer.allowed, answer.reason

    wang = model.Identifier(kind=model.PHONE, value=WANG_PHONE)
    assert await check(customer=WANG) == (False, "NO_CONSENT")
    consent = crm.SetConsentRequest(
        customer=WANG, channel="VOICE", purpose="marketing", granted=True, request_id="yes"
    )
    said = await service.crm.SetConsent(consent, timeout=120)
    assert said == await service.crm.SetConsent(consent, timeout=120)
    assert await check(customer=WANG) == await check(identifier=wang) == (True, "")
    refused = crm.SetConsentRequest(customer=WANG, purpose="marketing", request_id="no")
    await service.crm.SetConsent(refused, timeout=120)
    assert await check(identifier=wang) == (False, "OPTED_OUT")
    stranger = model.Identifier(kind=model.PHONE, value="95588")
    assert await check(identifier=stranger) == (False, "UNKNOWN_CUSTOMER")
    metrics = service.metrics()
    assert metrics['switchyard_crm_contactable_total{outcome="OPTED_OUT"}'] == 1


def move_aside(database: Path) -> None:
    database.rename(database.with_suffix(".aside"))


async def test_a_store_that_is_gone_means_nobody_is_called_and_is_no_error(
    service: RunningCrm, database: Path
) -> None:
    move_aside(database)
    request = crm.CheckContactableRequest(
        parent="tenants/demo", customer=WANG, channel="VOICE", purpose="service"
    )
    answer = await service.crm.CheckContactable(request, timeout=120)
    assert (answer.allowed, answer.reason) == (False, "STORE_UNAVAILABLE")


BAD: list[tuple[str, Any, str]] = [
    ("CreateCase", crm.CreateCaseRequest(customer="c-1"), "customer"),
    ("CreateCase", crm.CreateCaseRequest(customer=WANG, request_id="r"), "case.subject"),
    (
        "CreateCase",
        crm.CreateCaseRequest(
            customer=WANG, case=model.Case(subject="x", priority="now"), request_id="r"
        ),
        "case.priority",
    ),
    (
        "CreateCase",
        crm.CreateCaseRequest(customer=WANG, case=model.Case(subject="x")),
        "request_id",
    ),
    ("UpdateCase", crm.UpdateCaseRequest(customer=WANG, request_id="r"), "number"),
    ("UpdateCase", crm.UpdateCaseRequest(customer=WANG, number="1", request_id="r"), "state"),
    (
        "UpdateCase",
        crm.UpdateCaseRequest(customer=WANG, number="1", state="done", request_id="r"),
        "state",
    ),
    ("GetDelivery", crm.GetDeliveryRequest(name="d-1"), "name"),
    ("RedriveDelivery", crm.RedriveDeliveryRequest(name=WANG), "name"),
    ("SetConsent", crm.SetConsentRequest(customer=WANG, request_id="r"), "purpose"),
    (
        "SetConsent",
        crm.SetConsentRequest(customer=WANG, purpose="service", channel="voice", request_id="r"),
        "channel",
    ),
    (
        "CheckContactable",
        crm.CheckContactableRequest(parent="tenants/demo", customer=WANG, purpose="service"),
        "channel",
    ),
    (
        "CheckContactable",
        crm.CheckContactableRequest(parent="tenants/demo", channel="VOICE", purpose="service"),
        "subject",
    ),
]


@pytest.mark.parametrize(("rpc", "request_", "field"), BAD)
async def test_what_is_wrong_with_a_request_is_named(
    service: RunningCrm, rpc: str, request_: Any, field: str
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await getattr(service.crm, rpc)(request_, timeout=120)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert list(violations_of(caught.value)) == [field]


async def test_what_is_not_there_is_named(service: RunningCrm) -> None:
    missing: list[tuple[Any, Any, str]] = [
        (
            service.crm.GetDelivery,
            crm.GetDeliveryRequest(name="tenants/demo/deliveries/x"),
            "DELIVERY_NOT_FOUND",
        ),
        (
            service.crm.UpdateCase,
            crm.UpdateCaseRequest(customer=WANG, number="9", state="open", request_id="r"),
            "CASE_NOT_FOUND",
        ),
        (
            service.crm.SetConsent,
            crm.SetConsentRequest(
                customer="tenants/demo/customers/nobody", purpose="service", request_id="r"
            ),
            "CUSTOMER_NOT_FOUND",
        ),
    ]
    for call, request, reason in missing:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(request, timeout=120)
        assert caught.value.code() is grpc.StatusCode.NOT_FOUND
        assert reason_of(caught.value) == reason


async def test_a_full_outbox_is_resource_exhausted(database: Path, remote: RememberingCrm) -> None:
    remote.refuse[""] = 503, 0
    async with serving(database, remote, outbox_limit=1) as service:
        await service.crm.CreateCase(new_case("one"), timeout=120)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await service.crm.CreateCase(new_case("two"), timeout=120)
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert reason_of(caught.value) == "OUTBOX_FULL"


async def test_writes_go_only_where_the_settings_say(
    database: Path, remote: RememberingCrm
) -> None:
    async with serving(database, remote, write_sources="") as service:
        opened = await service.crm.CreateCase(new_case(), timeout=120)
        assert (await arrived(service, opened.delivery)).state == "delivered"
    assert remote.written == []
    with pytest.raises(StartError, match="CRM_WRITE_SOURCES: there is no connector odoo"):
        async with serving(database, remote, write_sources="crm, odoo"):
            pass
