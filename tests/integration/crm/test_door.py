"""Who is let in: tokens, roles, tenants."""

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import jwt
import pytest
from pydantic import SecretStr
from switchyard.crm.v1 import crm_service_pb2 as crm
from switchyard.crm.v1 import customer_pb2 as model
from switchyard_common.grpc_errors import reason_of

from tests.fakes.crm.people import WANG_PHONE, wang
from tests.fakes.crm.running import RunningCrm, fill, running_crm

pytestmark = pytest.mark.integration

SECRET = "a secret for tests, and for tests only"
RESOLVE = crm.ResolveRequest(
    parent="tenants/demo", identifiers=[model.Identifier(kind=model.PHONE, value=WANG_PHONE)]
)


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[RunningCrm]:
    database = tmp_path / "crm.sqlite"
    await fill(database, [wang()])
    async with running_crm(
        database, token_secret=SecretStr(SECRET), token_audience="crm"
    ) as running:
        yield running


def shown(*roles: str, tenant: str = "demo") -> dict[str, Any]:
    claims = {"sub": "someone", "tenant": tenant, "roles": roles, "aud": ["router", "crm"]}
    text = jwt.encode({**claims, "exp": time.time() + 600}, SECRET, "HS256")
    return {"metadata": (("authorization", f"Bearer {text}"),), "timeout": 120}


async def refusal(call: Any) -> tuple[grpc.StatusCode, str | None]:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value.code(), reason_of(caught.value)


async def test_a_role_may_do_what_the_table_says(guarded: RunningCrm) -> None:
    for role in ("platform", "supervisor", "agent"):
        found = await guarded.crm.Resolve(RESOLVE, **shown(role))
        assert found.outcome == crm.UNIQUE
    assert await refusal(guarded.crm.Resolve(RESOLVE, **shown("admin"))) == (
        grpc.StatusCode.PERMISSION_DENIED,
        "ROLE",
    )
    merge = crm.MergeRequest(customer="tenants/demo/customers/c-1")
    assert (await refusal(guarded.crm.Merge(merge, **shown("agent"))))[1] == "ROLE"
    assert guarded.metrics()['switchyard_crm_refused_calls_total{reason="ROLE"}'] == 2


@pytest.mark.parametrize("agent", ["1008", "tenants/demo/agents/1008", "someone "])
async def test_an_agent_logs_nothing_in_a_colleagues_name(guarded: RunningCrm, agent: str) -> None:
    said = model.Interaction(channel="VOICE", summary="spoke about a bill", agent=agent)
    log = crm.LogInteractionRequest(
        customer="tenants/demo/customers/c-1", interaction=said, request_id="log-1"
    )
    assert await refusal(guarded.crm.LogInteraction(log, **shown("agent"))) == (
        grpc.StatusCode.PERMISSION_DENIED,
        "ROLE",
    )
    for number, own in enumerate(("", "someone")):
        log.interaction.agent = own
        log.request_id = f"log-own-{number}"
        assert (await guarded.crm.LogInteraction(log, **shown("agent"))).delivery


async def test_nobody_and_strangers_are_kept_out(guarded: RunningCrm) -> None:
    assert await refusal(guarded.crm.Resolve(RESOLVE, timeout=120)) == (
        grpc.StatusCode.UNAUTHENTICATED,
        "NO_IDENTITY",
    )
    other = guarded.crm.Resolve(RESOLVE, **shown("platform", tenant="other"))
    assert await refusal(other) == (grpc.StatusCode.PERMISSION_DENIED, "TENANT_MISMATCH")


async def test_one_process_serves_one_tenant(guarded: RunningCrm) -> None:
    request = crm.GetContextRequest(parent="tenants/other", customer="tenants/other/customers/c-1")
    asked = guarded.crm.GetContext(request, **shown("platform"))
    assert (await refusal(asked))[1] == "TENANT_MISMATCH"


async def test_remarks_among_colleagues_are_not_read_out_to_customers(
    guarded: RunningCrm,
) -> None:
    found = await guarded.crm.Resolve(RESOLVE, **shown("agent"))
    customer = found.candidates[0].customer
    new = crm.CreateCaseRequest(
        customer=customer,
        case=model.Case(subject="Wet parcel"),
        description="It was wet.",
        request_id="r-open",
    )
    number = (await guarded.crm.CreateCase(new, **shown("platform"))).case.number
    said = {"rude on the phone": False, "We sent another one.": True, "Thank you": True}
    for text, public in said.items():
        change = crm.UpdateCaseRequest(
            customer=customer, number=number, comment=text, request_id=text, public=public
        )
        await guarded.crm.UpdateCase(change, **shown("agent"))
    asked = crm.GetCaseRequest(customer=customer, number=number)
    entries = ["Thank you", "We sent another one.", "It was wet."]
    for role, internal in (
        ("platform", []),
        ("agent", ["rude on the phone"]),
        ("supervisor", ["rude on the phone"]),
    ):
        read = await guarded.crm.GetCase(asked, **shown(role))
        assert (list(read.comments), list(read.internal_comments)) == (entries, internal), role
