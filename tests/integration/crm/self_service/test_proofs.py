"""PINs, orders, codes and links over gRPC: who proves what, and how often."""

import json
from pathlib import Path

import grpc
import pytest
from switchyard.crm.v1 import crm_service_pb2 as crm
from switchyard.crm.v1 import customer_pb2 as model
from switchyard_common.grpc_errors import violations_of

from tests.fakes.crm.people import ORDER_NUMBER, WANG_PHONE
from tests.fakes.crm.proving import PIN
from tests.fakes.crm.running import RunningCrm, running_crm
from tests.fakes.crm.self_serving import (
    PARENT,
    PHONE,
    WANG,
    Gateway,
    refused,
)

pytestmark = pytest.mark.integration


def verify(**given: object) -> crm.VerifyCustomerRequest:
    request = {"parent": PARENT, "conversation": "talk", **given}
    return crm.VerifyCustomerRequest(**request)  # type: ignore[arg-type]  # each its own


async def test_a_pin_and_an_order_prove_who_it_is(service: RunningCrm) -> None:
    for request in (
        verify(identifier=PHONE, pin="８２６４"),
        verify(customer=WANG, pin=PIN),
        verify(order_number=ORDER_NUMBER, pin=PIN),
        verify(order_number="SY 1024 0001", phone_last4="1234"),
    ):
        told = await service.crm.VerifyCustomer(request, timeout=120)
        assert (told.outcome, told.customer, told.attempts_left) == (crm.VERIFIED, WANG, 5)


async def test_too_many_wrong_ones_lock(service: RunningCrm) -> None:
    for left in (4, 3, 2, 1, 0):
        told = await service.crm.VerifyCustomer(verify(identifier=PHONE, pin="1111"), timeout=120)
        assert (told.outcome, told.attempts_left) == (crm.NOT_VERIFIED, left)
    told = await service.crm.VerifyCustomer(verify(identifier=PHONE, pin=PIN), timeout=120)
    assert told.outcome == crm.LOCKED
    assert 0 < told.retry_after.ToTimedelta().total_seconds() <= 60
    look_up = crm.LookupOrderRequest(
        parent=PARENT, order_number=ORDER_NUMBER, phone_last4="1234", conversation="talk"
    )
    answer = await service.crm.LookupOrder(look_up, timeout=120)
    assert (answer.found, answer.locked) == (False, True)
    samples = service.metrics()
    assert samples['switchyard_crm_verifications_total{outcome="LOCKED",proof="pin"}'] == 1


async def test_looking_orders_up_counts_like_a_proof(service: RunningCrm) -> None:
    wrong = crm.LookupOrderRequest(parent=PARENT, order_number=ORDER_NUMBER, phone_last4="9999")
    told = [await service.crm.LookupOrder(wrong, timeout=120) for _ in range(6)]
    assert [each.locked for each in told] == [False] * 5 + [True]
    right = verify(order_number=ORDER_NUMBER, phone_last4="1234")
    assert (await service.crm.VerifyCustomer(right, timeout=120)).outcome == crm.LOCKED


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"identifier": PHONE, "pin": "123"}, "pin"),
        ({"identifier": PHONE, "pin": "12a4"}, "pin"),
        ({"identifier": PHONE, "code": "12345"}, "code"),
        ({"identifier": PHONE, "phone_last4": "1234"}, "phone_last4"),
        ({"identifier": PHONE}, "proof"),
        ({"pin": "8264"}, "subject"),
        ({"identifier": PHONE, "pin": "8264", "conversation": "x" * 129}, "conversation"),
        (
            {"identifier": model.Identifier(kind=model.SOURCE_RECORD, value="1"), "pin": "8264"},
            "identifier.kind",
        ),
    ],
)
async def test_what_cannot_be_meant_is_refused(
    service: RunningCrm, given: dict[str, object], field: str
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await service.crm.VerifyCustomer(verify(**given), timeout=120)
    assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert field in violations_of(error.value)
    assert "8264" not in str(error.value.details())


async def test_another_tenants_customer_is_not_even_looked_for(service: RunningCrm) -> None:
    elsewhere = "tenants/other/customers/c-1"
    for call in (
        service.crm.VerifyCustomer(verify(customer=elsewhere, pin=PIN), timeout=120),
        service.crm.SendCode(crm.SendCodeRequest(parent=PARENT, customer=elsewhere), timeout=120),
        service.crm.IssueResetLink(
            crm.IssueResetLinkRequest(customer=elsewhere, request_id="r-1"), timeout=120
        ),
        service.crm.GetCase(crm.GetCaseRequest(customer=elsewhere, number="1"), timeout=120),
    ):
        refusal = (grpc.StatusCode.PERMISSION_DENIED, "TENANT_MISMATCH")
        assert await refused(call) == refusal


async def test_a_code_goes_through_the_gateway(service: RunningCrm, codes: Gateway) -> None:
    ask = crm.SendCodeRequest(parent=PARENT, identifier=PHONE, conversation="talk", language="zh")
    told = await service.crm.SendCode(ask, timeout=120)
    assert (told.valid.seconds, told.locked) == (300, False)
    (sent,) = codes.taken
    assert sent["to"] == {"kind": "phone", "value": WANG_PHONE}
    code = str(sent["code"])
    assert code in str(sent["text"])
    assert "验证码" in str(sent["text"])
    answer = await service.crm.VerifyCustomer(verify(identifier=PHONE, code=code), timeout=120)
    assert answer.outcome == crm.VERIFIED
    answer = await service.crm.VerifyCustomer(verify(identifier=PHONE, code=code), timeout=120)
    assert answer.outcome == crm.NOT_VERIFIED


async def test_a_gateway_that_fails_is_told_whoever_is_named(
    service: RunningCrm, codes: Gateway
) -> None:
    codes.status = 503
    unknown = model.Identifier(kind=model.PHONE, value="+8619900009999")
    for identifier in (PHONE, unknown):
        ask = crm.SendCodeRequest(parent=PARENT, identifier=identifier)
        code, reason = await refused(service.crm.SendCode(ask, timeout=120))
        assert (code, reason) == (grpc.StatusCode.UNAVAILABLE, "CODE_SENDER_UNAVAILABLE")
    assert len(codes.taken) == 6, "each was tried three times"
    assert len(set(codes.keys)) == 2, "under one key"
    assert codes.taken[3:] == [{"probe": True}] * 3, "nobody's number is not handed over"
    codes.status = 422
    ask = crm.SendCodeRequest(parent=PARENT, identifier=PHONE)
    assert not (await service.crm.SendCode(ask, timeout=120)).locked


async def test_a_link_sets_a_pin(service: RunningCrm) -> None:
    ask = crm.IssueResetLinkRequest(customer=WANG, language="zh-CN", request_id="r-1")
    link = await service.crm.IssueResetLink(ask, timeout=120)
    assert link == await service.crm.IssueResetLink(ask, timeout=120)
    assert link.valid.seconds == 900
    page, _, rest = link.url.partition("/reset/")
    assert page == "https://example.com"
    token = rest.removesuffix("?language=zh-CN")
    weak = crm.RedeemResetLinkRequest(parent=PARENT, token=token, new_pin="1234")
    code, reason = await refused(service.crm.RedeemResetLink(weak, timeout=120))
    assert (code, reason) == (grpc.StatusCode.INVALID_ARGUMENT, "PIN_TOO_SIMPLE")
    good = crm.RedeemResetLinkRequest(parent=PARENT, token=token, new_pin="4071")
    await service.crm.RedeemResetLink(good, timeout=120)
    code, reason = await refused(service.crm.RedeemResetLink(good, timeout=120))
    assert (code, reason) == (grpc.StatusCode.NOT_FOUND, "LINK_NOT_VALID")
    told = await service.crm.VerifyCustomer(verify(identifier=PHONE, pin="4071"), timeout=120)
    assert told.outcome == crm.VERIFIED


async def test_codes_are_written_to_a_file_for_demonstrations(
    database: Path, tmp_path: Path
) -> None:
    file = tmp_path / "state" / "codes.jsonl"
    async with running_crm(database, code_file=file) as running:
        ask = crm.SendCodeRequest(parent=PARENT, identifier=PHONE, language="en")
        await running.crm.SendCode(ask, timeout=120)
        unknown = crm.SendCodeRequest(parent=PARENT, customer=f"{PARENT}/customers/nobody")
        await running.crm.SendCode(unknown, timeout=120)
    (line,) = file.read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["to"] == WANG_PHONE
    assert file.stat().st_mode & 0o077 == 0


async def test_without_a_sender_and_a_page_that_is_said(database: Path) -> None:
    async with running_crm(database) as running:
        ask = crm.SendCodeRequest(parent=PARENT, identifier=PHONE)
        assert (await refused(running.crm.SendCode(ask, timeout=120)))[1] == "NO_CODE_SENDER"
        link = crm.IssueResetLinkRequest(customer=WANG, request_id="r-1")
        assert (await refused(running.crm.IssueResetLink(link, timeout=120)))[1] == "NO_RESET_PAGE"
