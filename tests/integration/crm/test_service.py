"""The contract over real gRPC, on a real SQLite file and a real PostgreSQL server."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from switchyard.crm.v1 import crm_service_pb2 as crm
from switchyard.crm.v1 import customer_pb2 as model
from switchyard_common.grpc_errors import reason_of, violations_of

from tests.fakes.crm.people import ORDER_NUMBER, WANG_PHONE, customer, phone, wang
from tests.fakes.crm.running import SERVICE, RunningCrm, fill, running_crm

pytestmark = pytest.mark.integration

WANG = "tenants/demo/customers/c-1"
FAMILY_PHONE, CROWD_PHONE = "+12065550142", "+12065550143"


@pytest.fixture
async def service(database_url: str) -> AsyncIterator[RunningCrm]:
    family = [customer(f"family-{n}", phone(FAMILY_PHONE)) for n in range(2)]
    crowd = [customer(f"crowd-{n}", phone(CROWD_PHONE)) for n in range(6)]
    await fill(database_url, [wang(), *family, *crowd])
    # What the budget does has tests of its own; here a machine that pauses must not matter.
    async with running_crm(database_url) as running:
        yield running


def by_phone(number: str) -> model.Identifier:
    return model.Identifier(kind=model.PHONE, value=number)


async def resolve(service: RunningCrm, *identifiers: model.Identifier) -> crm.ResolveResponse:
    request = crm.ResolveRequest(parent="tenants/demo", identifiers=identifiers)
    return await service.crm.Resolve(request, timeout=120)


async def look_up(
    service: RunningCrm, number: str, digits: str, language: str = ""
) -> crm.LookupOrderResponse:
    request = crm.LookupOrderRequest(
        parent="tenants/demo", order_number=number, phone_last4=digits, language=language
    )
    return await service.crm.LookupOrder(request, timeout=120)


async def test_resolves_a_phone_in_any_notation(service: RunningCrm) -> None:
    for text in ("199 0000 1234", "００８６１９９００００１２３４", "19900001234转8"):
        found = await resolve(service, by_phone(text))
        assert found.outcome == crm.UNIQUE
        assert [candidate.customer for candidate in found.candidates] == [WANG]
        assert found.candidates[0].evidence == ["phone equal"]
        assert 0 < found.candidates[0].confidence <= 1


async def test_an_identifier_that_is_given_twice_counts_once(service: RunningCrm) -> None:
    once = await resolve(service, by_phone(WANG_PHONE))
    assert await resolve(service, by_phone(WANG_PHONE), by_phone("199 0000 1234")) == once


@pytest.mark.parametrize(
    ("number", "outcome", "candidates"),
    [
        ("+12065550199", crm.NONE, 0),
        ("95588", crm.NONE, 0),
        (FAMILY_PHONE, crm.AMBIGUOUS, 2),
        (CROWD_PHONE, crm.SHARED_NUMBER, 0),
    ],
)
async def test_says_how_clear_it_is(
    service: RunningCrm, number: str, outcome: crm.ResolveOutcome.ValueType, candidates: int
) -> None:
    found = await resolve(service, by_phone(number))
    assert found.outcome == outcome
    assert len(found.candidates) == candidates


async def test_context_holds_what_was_asked_for(service: RunningCrm) -> None:
    answer = await service.crm.GetContext(
        crm.GetContextRequest(
            parent="tenants/demo",
            identifier=by_phone(WANG_PHONE),
            sections=[crm.PROFILE, crm.ORDERS, crm.BILLS, crm.TIMELINE],
            language="en",
        ),
        timeout=120,
    )
    assert answer.outcome == crm.UNIQUE
    found = answer.context.customer
    assert found.name == WANG
    assert found.display_name.value == "王芳"
    assert (found.display_name.source, found.display_name.source_id) == ("local", "c-1")
    assert found.display_name.observed_time.seconds > 0
    assert [each.value for each in found.phones] == [WANG_PHONE]
    assert [each.value for each in found.handles] == ["wechat:oX3aBc"]
    assert found.birth_date.value == "1988-03-01"
    assert found.etag
    newest, older = answer.context.orders
    assert (newest.number, older.number) == ("SY-1024-0002", ORDER_NUMBER)
    assert [item.name for item in older.items] == ["Phone case", "Charger"]
    assert older.carrier == "SF Express"
    assert older.total == model.Money(currency="CNY", minor_units=19_900)
    assert [bill.due_date for bill in answer.context.bills] == ["2026-11-15", "2026-10-15"]
    assert len(answer.context.timeline) == 4
    assert not answer.context.open_cases
    assert not answer.context.HasField("routing")
    assert [(report.source, report.status) for report in answer.sources] == [("local", crm.FRESH)]
    assert answer.sources[0].took.ToNanoseconds() > 0
    assert not answer.partial


async def test_context_has_profile_cases_and_hints_by_default(service: RunningCrm) -> None:
    answer = await service.crm.GetContext(
        crm.GetContextRequest(parent="tenants/demo", customer=WANG), timeout=120
    )
    assert answer.context.HasField("customer")
    assert [case.number for case in answer.context.open_cases] == ["T-3", "T-2"]
    assert answer.context.routing.tier == "gold"
    assert answer.context.routing.last_agents == ["a-1", "a-2"]
    contacts = answer.context.routing.agent_contacts
    assert [(each.agent, each.outcome) for each in contacts] == [
        ("a-1", "resolved"),
        ("a-2", "resolved"),
    ]
    assert contacts[0].time.seconds > contacts[1].time.seconds
    assert answer.context.routing.open_cases == 2
    assert not answer.context.orders


async def test_texts_are_in_the_customers_language_unless_asked(service: RunningCrm) -> None:
    answer = await service.crm.GetContext(
        crm.GetContextRequest(
            parent="tenants/demo", customer=WANG, sections=[crm.ORDERS, crm.ROUTING], limit=5
        ),
        timeout=120,
    )
    assert answer.context.orders[1].items[0].name == "手机壳"


async def test_a_deadline_that_the_caller_sets_is_kept(service: RunningCrm) -> None:
    answer = await service.crm.GetContext(
        crm.GetContextRequest(parent="tenants/demo", customer=WANG)
    )
    assert answer.outcome == crm.UNIQUE


async def test_looks_an_order_up_in_the_language_asked(service: RunningCrm) -> None:
    found = await look_up(service, "订单 sy10240001", "１２３４", "zh")
    assert found.found
    assert found.customer == WANG
    assert found.order.number == ORDER_NUMBER
    assert found.order.state == "shipped"
    assert found.order.carrier == "顺丰速运"
    assert [item.name for item in found.order.items] == ["手机壳", "充电器"]
    assert (await look_up(service, ORDER_NUMBER, "1234", "en")).order.items[0].name == "Phone case"
    assert (await look_up(service, ORDER_NUMBER, "1234")).order.items[0].name == "手机壳"


async def test_wrong_digits_and_unknown_orders_look_the_same(service: RunningCrm) -> None:
    wrong_digits = await look_up(service, ORDER_NUMBER, "9999")
    unknown = await look_up(service, "SY-1024-9999", "1234")
    nothing = crm.LookupOrderResponse().SerializeToString(deterministic=True)
    assert wrong_digits.SerializeToString(deterministic=True) == nothing
    assert unknown.SerializeToString(deterministic=True) == nothing


async def test_logs_an_interaction_once(service: RunningCrm) -> None:
    when = Timestamp()
    when.FromDatetime(datetime.now(UTC) - timedelta(hours=1))
    request = crm.LogInteractionRequest(
        customer=WANG,
        interaction=model.Interaction(channel="CHAT", time=when, agent="a-7", contact="k-1"),
        request_id="r-1",
    )
    first = await service.crm.LogInteraction(request, timeout=120)
    again = await service.crm.LogInteraction(request, timeout=120)
    assert first.delivery.startswith("tenants/demo/deliveries/")
    assert again == first
    answer = await service.crm.GetContext(
        crm.GetContextRequest(
            parent="tenants/demo", customer=WANG, sections=[crm.TIMELINE, crm.ROUTING]
        ),
        timeout=120,
    )
    logged = [each for each in answer.context.timeline if each.contact == "k-1"]
    assert [(each.channel, each.agent, each.time) for each in logged] == [("CHAT", "a-7", when)]
    assert answer.context.routing.last_agents[0] == "a-7"
    request.interaction.channel = "VOICE"
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await service.crm.LogInteraction(request, timeout=120)
    assert caught.value.code() is grpc.StatusCode.ALREADY_EXISTS
    assert reason_of(caught.value) == "REQUEST_ID_REUSED"


async def test_logging_for_an_unknown_customer_is_not_found(service: RunningCrm) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await service.crm.LogInteraction(
            crm.LogInteractionRequest(
                customer="tenants/demo/customers/nobody",
                interaction=model.Interaction(channel="CHAT"),
                request_id="r-1",
            ),
            timeout=120,
        )
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    assert reason_of(caught.value) == "CUSTOMER_NOT_FOUND"


BAD_CALLS = [
    ("Resolve", crm.ResolveRequest(), "parent"),
    ("Resolve", crm.ResolveRequest(parent="tenants/demo"), "identifiers"),
    (
        "Resolve",
        crm.ResolveRequest(parent="tenants/demo", identifiers=[by_phone("1")] * 11),
        "identifiers",
    ),
    (
        "Resolve",
        crm.ResolveRequest(parent="tenants/demo", identifiers=[model.Identifier(value="x")]),
        "identifiers[0].kind",
    ),
    (
        "Resolve",
        crm.ResolveRequest(parent="tenants/demo", identifiers=[by_phone("95588"), by_phone("x")]),
        "identifiers[1].value",
    ),
    ("GetContext", crm.GetContextRequest(parent="tenants/demo"), "subject"),
    (
        "GetContext",
        crm.GetContextRequest(parent="tenants/demo", identifier=by_phone("anonymous")),
        "identifier.value",
    ),
    (
        "GetContext",
        crm.GetContextRequest(
            parent="tenants/demo", customer=WANG, sections=[crm.ORDERS, crm.SECTION_UNSPECIFIED]
        ),
        "sections[1]",
    ),
    (
        "GetContext",
        crm.GetContextRequest(parent="tenants/demo", customer=WANG, limit=101),
        "limit",
    ),
    ("LookupOrder", crm.LookupOrderRequest(parent="tenants/demo"), "order_number"),
    (
        "LookupOrder",
        crm.LookupOrderRequest(parent="tenants/demo", order_number="A1", phone_last4="12"),
        "phone_last4",
    ),
    ("LogInteraction", crm.LogInteractionRequest(customer="c-1"), "customer"),
    (
        "LogInteraction",
        crm.LogInteractionRequest(customer=WANG, request_id="r"),
        "interaction.channel",
    ),
    (
        "LogInteraction",
        crm.LogInteractionRequest(customer=WANG, interaction=model.Interaction(channel="CHAT")),
        "request_id",
    ),
    (
        "LogInteraction",
        crm.LogInteractionRequest(
            customer=WANG,
            request_id="r",
            interaction=model.Interaction(channel="CHAT", summary="x" * 501),
        ),
        "interaction.summary",
    ),
    (
        "LogInteraction",
        crm.LogInteractionRequest(
            customer=WANG,
            request_id="r",
            interaction=model.Interaction(channel="CHAT", time=Timestamp(seconds=2**60)),
        ),
        "interaction.time",
    ),
]


async def test_bad_input_is_refused_with_the_field(service: RunningCrm) -> None:
    for method, request, field in BAD_CALLS:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await getattr(service.crm, method)(request, timeout=120)
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        violations = violations_of(caught.value)
        assert list(violations) == [field]
        assert len(violations[field]) > 10


NUL = "a\0b"
_RECORD = model.Identifier(kind=model.SOURCE_RECORD, value=NUL, namespace="erp")
_MAIL = model.Identifier(kind=model.EMAIL, value="a@example.com")
_WRITE = {"customer": WANG, "actor": "a", "request_id": "r"}
# Each with a NUL in a text that is stored or looked up as it comes.
UNSTORABLE_CALLS = [
    (
        "Resolve",
        crm.ResolveRequest(parent="tenants/demo", identifiers=[_RECORD]),
        "identifiers[0].value",
    ),
    (
        "GetContext",
        crm.GetContextRequest(parent="tenants/demo", identifier=_RECORD),
        "identifier.value",
    ),
    ("Link", crm.LinkRequest(identifier=_RECORD, **_WRITE), "identifier.value"),
    ("Link", crm.LinkRequest(identifier=_MAIL, **{**_WRITE, "actor": NUL}), "actor"),
    ("Link", crm.LinkRequest(identifier=_MAIL, **{**_WRITE, "request_id": NUL}), "request_id"),
    (
        "LogInteraction",
        crm.LogInteractionRequest(
            customer=WANG,
            interaction=model.Interaction(channel="CHAT", agent=NUL),
            request_id="r",
        ),
        "interaction.agent",
    ),
    (
        "UpdateCase",
        crm.UpdateCaseRequest(customer=WANG, number=NUL, comment="x", request_id="r"),
        "number",
    ),
    ("EraseSubject", crm.EraseSubjectRequest(**{**_WRITE, "actor": NUL}), "actor"),
]


async def test_what_no_database_can_keep_is_bad_input(service: RunningCrm) -> None:
    for method, request, field in UNSTORABLE_CALLS:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await getattr(service.crm, method)(request, timeout=120)
        assert list(violations_of(caught.value)) == [field]
    exporting = crm.ExportSubjectRequest(customer=WANG, actor=NUL)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        _ = [part async for part in service.crm.ExportSubject(exporting, timeout=120)]
    assert list(violations_of(caught.value)) == ["actor"]


async def test_is_healthy_and_can_be_reflected(service: RunningCrm) -> None:
    channel: Any = service.channel
    assert await service.health() == "SERVING"
    assert await service.health("") == "SERVING"
    stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
    asked = iter([reflection_pb2.ServerReflectionRequest(list_services="")])
    names = [
        each.name
        async for answer in stub.ServerReflectionInfo(asked)
        for each in answer.list_services_response.service
    ]
    assert SERVICE in names


async def test_counts_lookups_contexts_and_sources(service: RunningCrm) -> None:
    await resolve(service, by_phone(WANG_PHONE))
    await service.crm.GetContext(
        crm.GetContextRequest(parent="tenants/demo", customer=WANG), timeout=120
    )
    await look_up(service, ORDER_NUMBER, "9999")
    metrics = service.metrics()
    assert metrics['switchyard_crm_lookups_total{outcome="UNIQUE",rpc="Resolve"}'] == 1
    assert metrics['switchyard_crm_lookups_total{outcome="UNIQUE",rpc="GetContext"}'] == 1
    assert metrics['switchyard_crm_lookups_total{outcome="NOT_FOUND",rpc="LookupOrder"}'] == 1
    assert metrics["switchyard_crm_context_latency_seconds_count"] == 1
    assert metrics["switchyard_crm_context_partial_total"] == 0
    assert metrics['switchyard_crm_source_answers_total{source="local",status="FRESH"}'] == 1
    assert metrics["switchyard_crm_store_up"] == 1
