"""Who is who, over gRPC, on SQLite and PostgreSQL: links, merges, reviews and their undoing."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from dataclasses import replace
from datetime import timedelta
from itertools import count

import grpc
import pytest
from switchyard.crm.v1 import crm_service_pb2 as crm
from switchyard.crm.v1 import customer_pb2 as model
from switchyard_common.grpc_errors import violations_of

from tests.fakes.crm.people import NOW, customer, interaction, order, phone
from tests.fakes.crm.running import RunningCrm, fill, running_crm

pytestmark = pytest.mark.integration

A, B, C = (f"tenants/demo/customers/{each}" for each in "abc")
ACTOR = "supervisor 7"
_requests = count()
_COMPARED = "switchyard_crm_records_compared_total"


def request_id() -> str:
    return f"request-{next(_requests)}"


@pytest.fixture
async def service(database_url: str) -> AsyncIterator[RunningCrm]:
    li = customer("a", phone("+8619900001111"), name="李娜")
    anna = customer("b", phone("+8619900002222"), name="Anna Lee", source="erp")
    wang = customer("c", phone("+8619900002222"), name="", source="odoo")
    await fill(
        database_url,
        [
            replace(li, interactions=(interaction("i-a", NOW - timedelta(days=2)),)),
            replace(
                anna,
                interactions=(interaction("i-b", NOW - timedelta(days=1)),),
                orders=(order("SY-1"),),
            ),
            customer("d", phone("+8619900002222"), name="王芳", source="crm2"),
            wang,
        ],
    )
    async with running_crm(database_url, relink_seconds=0.05) as running:
        await compared(running, 4)
        yield running


async def compared(running: RunningCrm, records: int) -> None:
    """Wait until so many records were compared."""
    while running.metrics().get(_COMPARED, 0.0) < records:
        await asyncio.sleep(0.02)


async def merge(running: RunningCrm, survives: str = A, other: str = B) -> crm.MergeResponse:
    asked = crm.MergeRequest(customer=survives, other=other, actor=ACTOR, request_id=request_id())
    return await running.crm.Merge(asked, timeout=120)


async def unmerge(running: RunningCrm, merge_id: str) -> crm.UnmergeResponse:
    asked = crm.UnmergeRequest(
        parent="tenants/demo", merge_id=merge_id, actor=ACTOR, request_id=request_id()
    )
    return await running.crm.Unmerge(asked, timeout=120)


async def context(running: RunningCrm, name: str) -> crm.CustomerContext:
    asked = crm.GetContextRequest(
        parent="tenants/demo",
        customer=name,
        sections=[crm.PROFILE, crm.TIMELINE, crm.ORDERS],
    )
    answer = await running.crm.GetContext(asked, timeout=120)
    assert answer.outcome == crm.UNIQUE
    return answer.context


async def log(running: RunningCrm, name: str, summary: str) -> None:
    asked = crm.LogInteractionRequest(
        customer=name,
        interaction=model.Interaction(channel="VOICE", summary=summary),
        request_id=request_id(),
    )
    await running.crm.LogInteraction(asked, timeout=120)


async def refused(code: grpc.StatusCode, field: str, call: Awaitable[object]) -> str:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    assert caught.value.code() is code
    assert list(violations_of(caught.value)) == [field]
    return violations_of(caught.value)[field]


async def test_a_merged_customer_is_found_by_either_id(service: RunningCrm) -> None:
    merged = await merge(service)
    assert merged.customer.name == A
    assert {each.value for each in merged.customer.phones} == {"+8619900001111", "+8619900002222"}
    by_other = await context(service, B)
    assert by_other.customer.name == A
    assert [each.id for each in by_other.timeline] == ["i-b", "i-a"]
    assert by_other.customer.etag == merged.customer.etag


async def test_unmerge_restores_both_and_what_was_logged_stays_with_whom_it_was_named(
    service: RunningCrm,
) -> None:
    before_a, before_b = await context(service, A), await context(service, B)
    merged = await merge(service)
    await log(service, A, "said to a")
    await log(service, B, "said to b")
    together = await context(service, A)
    assert {"said to a", "said to b"} <= {each.summary for each in together.timeline}
    undone = await unmerge(service, merged.merge_id)
    assert {each.name for each in undone.customers} == {A, B}
    after_a, after_b = await context(service, A), await context(service, B)
    assert after_a.customer == before_a.customer
    assert after_b.customer == before_b.customer
    assert not after_a.orders
    assert [each.number for each in after_b.orders] == ["SY-1"]
    assert [each.summary for each in after_a.timeline if each not in before_a.timeline] == [
        "said to a"
    ]
    assert [each.summary for each in after_b.timeline if each not in before_b.timeline] == [
        "said to b"
    ]


async def test_a_repeated_request_gets_its_answer_again_and_counts_once(
    service: RunningCrm,
) -> None:
    asked = crm.MergeRequest(customer=A, other=B, actor=ACTOR, request_id="the same")
    first = await service.crm.Merge(asked, timeout=120)
    second = await service.crm.Merge(asked, timeout=120)
    assert first.merge_id == second.merge_id
    assert service.metrics()['switchyard_crm_identity_changes_total{change="merge"}'] == 1
    other = crm.MergeRequest(customer=A, other=C, actor=ACTOR, request_id="the same")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await service.crm.Merge(other, timeout=120)
    assert caught.value.code() is grpc.StatusCode.ALREADY_EXISTS


async def test_refusals_name_the_field_and_the_fix(service: RunningCrm) -> None:
    await refused(grpc.StatusCode.INVALID_ARGUMENT, "other", merge(service, A, A))
    await refused(grpc.StatusCode.NOT_FOUND, "other", merge(service, A, f"{A}x"))
    await refused(grpc.StatusCode.NOT_FOUND, "merge_id", unmerge(service, "nothing"))
    await refused(grpc.StatusCode.INVALID_ARGUMENT, "merge_id", unmerge(service, ""))
    merged = await merge(service)
    await refused(grpc.StatusCode.FAILED_PRECONDITION, "other", merge(service))
    await unmerge(service, merged.merge_id)
    await refused(
        grpc.StatusCode.FAILED_PRECONDITION, "merge_id", unmerge(service, merged.merge_id)
    )
    fix = await refused(grpc.StatusCode.FAILED_PRECONDITION, "other", merge(service))
    assert "overrule" in fix
    nobody = crm.MergeRequest(customer=A, other=B, request_id=request_id())
    call = service.crm.Merge(nobody, timeout=120)
    await refused(grpc.StatusCode.INVALID_ARGUMENT, "actor", call)


async def test_whoever_overrules_merges_after_all(service: RunningCrm) -> None:
    await unmerge(service, (await merge(service)).merge_id)
    asked = crm.MergeRequest(
        customer=A, other=B, actor=ACTOR, request_id=request_id(), overrule=True
    )
    merged = await service.crm.Merge(asked, timeout=120)
    assert (await context(service, B)).customer.name == A
    await unmerge(service, merged.merge_id)
    assert (await context(service, B)).customer.name == B


async def test_an_identifier_is_linked_and_unlinked(service: RunningCrm) -> None:
    mail = model.Identifier(kind=model.EMAIL, value="Li.Na@example.com")
    asked = crm.LinkRequest(customer=A, identifier=mail, actor=ACTOR, request_id=request_id())
    linked = await service.crm.Link(asked, timeout=120)
    assert [(each.value, each.source) for each in linked.customer.emails] == [
        ("li.na@example.com", "manual")
    ]
    found = await service.crm.Resolve(
        crm.ResolveRequest(parent="tenants/demo", identifiers=[mail]), timeout=120
    )
    assert [each.customer for each in found.candidates] == [A]
    undo = crm.UnlinkRequest(customer=A, identifier=mail, actor=ACTOR, request_id=request_id())
    unlinked = await service.crm.Unlink(undo, timeout=120)
    assert not unlinked.customer.emails
    again = crm.UnlinkRequest(customer=A, identifier=mail, actor=ACTOR, request_id=request_id())
    await refused(grpc.StatusCode.NOT_FOUND, "identifier", service.crm.Unlink(again, timeout=120))


async def test_an_identifier_may_be_linked_and_unlinked_any_number_of_times(
    service: RunningCrm,
) -> None:
    mail = model.Identifier(kind=model.EMAIL, value="li.na@example.com")
    for _ in range(2):
        asked = crm.LinkRequest(customer=A, identifier=mail, actor=ACTOR, request_id=request_id())
        assert (await service.crm.Link(asked, timeout=120)).customer.emails
        undo = crm.UnlinkRequest(customer=A, identifier=mail, actor=ACTOR, request_id=request_id())
        assert not (await service.crm.Unlink(undo, timeout=120)).customer.emails


async def test_what_identifies_nobody_is_not_linked(service: RunningCrm) -> None:
    for value in ("95588", "13800138000"):
        number = model.Identifier(kind=model.PHONE, value=value)
        asked = crm.LinkRequest(customer=A, identifier=number, actor=ACTOR, request_id=request_id())
        call = service.crm.Link(asked, timeout=120)
        await refused(grpc.StatusCode.INVALID_ARGUMENT, "identifier.value", call)


async def test_reviews_are_listed_page_by_page_and_decided(service: RunningCrm) -> None:
    asked = crm.ListReviewRequest(parent="tenants/demo", page_size=1)
    first = await service.crm.ListReview(asked, timeout=120)
    asked.page_token = first.next_page_token
    second = await service.crm.ListReview(asked, timeout=120)
    assert [len(page.items) for page in (first, second)] == [1, 1]
    assert second.next_page_token == ""
    (item,) = first.items
    assert C in item.customers
    assert 0 < item.probability < 1
    assert item.evidence
    assert "1990000" not in "".join(item.evidence)
    decided = await decide(service, item.name, same=True)
    one, other = [await context(service, each) for each in item.customers]
    assert one.customer.name == other.customer.name
    await refused(
        grpc.StatusCode.FAILED_PRECONDITION, "name", decide(service, item.name, same=True)
    )
    await unmerge(service, decided.merge_id)
    one, other = [await context(service, each) for each in item.customers]
    assert one.customer.name != other.customer.name


async def decide(running: RunningCrm, name: str, *, same: bool) -> crm.DecideReviewResponse:
    asked = crm.DecideReviewRequest(name=name, same=same, actor=ACTOR, request_id=request_id())
    return await running.crm.DecideReview(asked, timeout=120)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        (crm.ListReviewRequest(parent="demo"), "parent"),
        (crm.ListReviewRequest(parent="tenants/demo", page_size=1001), "page_size"),
        (crm.ListReviewRequest(parent="tenants/demo", page_token="../etc"), "page_token"),
    ],
)
async def test_a_wrong_page_is_named(
    service: RunningCrm, asked: crm.ListReviewRequest, field: str
) -> None:
    call = service.crm.ListReview(asked, timeout=120)
    await refused(grpc.StatusCode.INVALID_ARGUMENT, field, call)


async def test_what_waits_is_shown(service: RunningCrm) -> None:
    while service.metrics()["switchyard_crm_reviews_open"] != 2:
        await asyncio.sleep(0.02)
    shown = service.metrics()
    assert shown["switchyard_crm_relink_backlog"] == 0
    assert shown['switchyard_crm_pairs_total{outcome="suspected"}'] == 2
