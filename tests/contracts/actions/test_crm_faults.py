"""What the clients of crm_adapter make of one that is slow, dead, half-blind or from tomorrow."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import grpc
import pytest
import structlog
from prometheus_client import CollectorRegistry
from switchyard.crm.v1 import crm_service_pb2 as crm
from switchyard.crm.v1 import customer_pb2 as model
from switchyard.crm.v1.crm_service_pb2_grpc import (
    CrmServiceServicer,
    add_CrmServiceServicer_to_server,
)
from switchyard_actions.adapters.crm.accounts import CrmAccounts
from switchyard_actions.adapters.crm.calls import CrmCalls
from switchyard_actions.adapters.crm.verifier import CrmVerifier
from switchyard_actions.domain.bills import BillState
from switchyard_actions.domain.heard import Identifier
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.orders import OrderState
from switchyard_actions.domain.verification import Claim, Outcome, Proof
from switchyard_actions.metrics import ActionsMetrics
from switchyard_actions.service.accounts import Declined
from switchyard_actions.service.ports import Unavailable
from switchyard_common.grpc_channel import open_channel

pytestmark = pytest.mark.integration

LIN = "tenants/demo/customers/lin"
ADDRESS = "12 Harbour Road, Bristol"

type Context = grpc.aio.ServicerContext[Any, Any]


@dataclass
class ScriptedCrm(CrmServiceServicer):
    """Answers as it is told, after a while; keeps what it was asked."""

    context: crm.GetContextResponse = field(
        default_factory=lambda: crm.GetContextResponse(outcome=crm.UNIQUE)
    )
    verdict: crm.VerificationOutcome.ValueType = crm.VERIFIED
    code_locked: bool = False
    fail_with: grpc.StatusCode | None = None
    delay_seconds: float = 0.0
    asked: list[Any] = field(default_factory=list)

    async def GetContext(
        self, request: crm.GetContextRequest, context: Context
    ) -> crm.GetContextResponse:
        await self._begin(request, context)
        return self.context

    async def ChangeDeliveryAddress(
        self, request: crm.ChangeDeliveryAddressRequest, context: Context
    ) -> crm.ChangeDeliveryAddressResponse:
        await self._begin(request, context)
        return crm.ChangeDeliveryAddressResponse()

    async def IssueResetLink(
        self, request: crm.IssueResetLinkRequest, context: Context
    ) -> crm.IssueResetLinkResponse:
        await self._begin(request, context)
        return crm.IssueResetLinkResponse(url="https://demo.example/pin#secret")

    async def VerifyCustomer(
        self, request: crm.VerifyCustomerRequest, context: Context
    ) -> crm.VerifyCustomerResponse:
        await self._begin(request, context)
        return crm.VerifyCustomerResponse(outcome=self.verdict, customer=LIN)

    async def SendCode(
        self, request: crm.SendCodeRequest, context: Context
    ) -> crm.SendCodeResponse:
        await self._begin(request, context)
        return crm.SendCodeResponse(locked=self.code_locked)

    async def _begin(self, request: Any, context: Context) -> None:
        self.asked.append(request)
        await asyncio.sleep(self.delay_seconds)
        if self.fail_with is not None:
            await context.abort(self.fail_with, f"nothing for {ADDRESS}")


@dataclass
class Clients:
    """The clients under test, and what they report."""

    accounts: CrmAccounts
    verifier: CrmVerifier
    registry: CollectorRegistry

    def calls(self, call: str, outcome: str) -> float:
        """How many such calls were counted."""
        name = "switchyard_actions_crm_call_seconds_count"
        return self.registry.get_sample_value(name, {"call": call, "outcome": outcome}) or 0.0


@asynccontextmanager
async def clients_of(target: str, timeout_seconds: float = 120.0) -> AsyncIterator[Clients]:
    async with open_channel(target) as channel:
        registry = CollectorRegistry()
        calls = CrmCalls(channel, "demo", timeout_seconds, ActionsMetrics(registry))
        zone = ZoneInfo("Asia/Shanghai")
        yield Clients(CrmAccounts(calls, zone), CrmVerifier(calls), registry)


@asynccontextmanager
async def over(scripted: ScriptedCrm, timeout_seconds: float = 120.0) -> AsyncIterator[Clients]:
    server = grpc.aio.server()
    add_CrmServiceServicer_to_server(scripted, server)  # type: ignore[no-untyped-call, unused-ignore]
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with clients_of(f"127.0.0.1:{port}", timeout_seconds) as clients:
            yield clients
    finally:
        await server.stop(None)


async def test_slow_crm_is_given_up_at_the_deadline_and_counted() -> None:
    async with over(ScriptedCrm(delay_seconds=600), timeout_seconds=0.2) as clients:
        with pytest.raises(Unavailable):
            await clients.accounts.orders(LIN, Language.ENGLISH)
        with pytest.raises(Unavailable):
            await clients.verifier.verify(
                Claim(order_number="SY20261111"), Proof.ORDER_PHONE, "5678", "conv"
            )
        assert clients.calls("orders", "unavailable") == 1
        assert clients.calls("verify", "unavailable") == 1


async def test_dead_crm_is_unavailable() -> None:
    async with clients_of("127.0.0.1:1", timeout_seconds=120) as clients:
        with pytest.raises(Unavailable):
            await clients.accounts.bills(LIN, Language.ENGLISH)


@pytest.mark.parametrize(
    "code",
    [
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.PERMISSION_DENIED,
        grpc.StatusCode.UNAUTHENTICATED,
    ],
)
async def test_fault_of_the_system_is_no_answer_about_the_customer(code: grpc.StatusCode) -> None:
    async with over(ScriptedCrm(fail_with=code)) as clients:
        with pytest.raises(Unavailable):
            await clients.accounts.change_address(LIN, "SY20261111", ADDRESS, "r1")


async def test_refusals_are_counted_apart_and_nothing_personal_is_logged() -> None:
    async with over(ScriptedCrm(fail_with=grpc.StatusCode.NOT_FOUND)) as clients:
        with structlog.testing.capture_logs() as logs, pytest.raises(Declined):
            await clients.accounts.change_address(LIN, "SY20261111", ADDRESS, "r1")
        assert clients.calls("change_address", "declined") == 1
    assert [entry["event"] for entry in logs] == ["crm_call_failed"]
    for personal in (ADDRESS, "SY20261111", LIN):
        assert personal not in str(logs)


async def test_reset_link_is_neither_logged_nor_counted_by_name() -> None:
    async with over(ScriptedCrm()) as clients:
        with structlog.testing.capture_logs() as logs:
            link = await clients.accounts.reset_link(LIN, Language.ENGLISH, "r1")
        labels = str([list(metric.samples) for metric in clients.registry.collect()])
    assert link.url.endswith("#secret")
    assert "secret" not in str(logs) + labels


async def test_half_an_answer_is_told_as_half_and_counted() -> None:
    context = crm.CustomerContext(orders=[model.Order(number="SY20261111", state="placed")])
    half = crm.GetContextResponse(outcome=crm.UNIQUE, context=context, partial=["hubspot"])
    async with over(ScriptedCrm(half)) as clients:
        found = await clients.accounts.orders(LIN, Language.ENGLISH)
        name = "switchyard_actions_crm_incomplete_total"
        assert clients.registry.get_sample_value(name, {"call": "orders"}) == 1
    assert not found.complete
    assert [order.number for order in found.items] == ["SY20261111"]


async def test_answer_without_the_section_asked_for_is_none() -> None:
    empty = crm.GetContextResponse(outcome=crm.UNIQUE, partial=["BILLS", "local"])
    async with over(ScriptedCrm(empty)) as clients:
        with pytest.raises(Unavailable):
            await clients.accounts.bills(LIN, Language.ENGLISH)


async def test_customer_who_is_no_longer_there_has_nothing() -> None:
    async with over(ScriptedCrm(crm.GetContextResponse(outcome=crm.NONE))) as clients:
        with pytest.raises(Declined):
            await clients.accounts.orders(LIN, Language.ENGLISH)


async def test_states_of_a_later_contract_are_other() -> None:
    context = crm.CustomerContext(
        orders=[model.Order(number="SY20261111", state="teleported")],
        bills=[model.Bill(number="B202610000001", state="forgiven")],
    )
    answer = crm.GetContextResponse(outcome=crm.UNIQUE, context=context)
    async with over(ScriptedCrm(answer)) as clients:
        orders = (await clients.accounts.orders(LIN, Language.ENGLISH)).items
        bills = (await clients.accounts.bills(LIN, Language.ENGLISH)).items
    assert orders[0].state is OrderState.OTHER
    assert (orders[0].placed_on, orders[0].total) == (None, None)
    assert bills[0].state is BillState.OTHER


async def test_lists_are_asked_for_in_the_customers_language() -> None:
    scripted = ScriptedCrm()
    async with over(scripted) as clients:
        await clients.accounts.orders(LIN, Language.CHINESE)
    (asked,) = scripted.asked
    assert (asked.parent, asked.customer, asked.language) == ("tenants/demo", LIN, "zh")
    assert list(asked.sections) == [crm.ORDERS]


PHONE = Identifier("phone", "+8619900001234")


@pytest.mark.parametrize(
    ("claim", "proof", "subject", "given"),
    [
        (Claim(order_number="SY20261111"), Proof.ORDER_PHONE, "order_number", "phone_last4"),
        (Claim(identifier=PHONE), Proof.PIN, "identifier", "pin"),
        (Claim(customer=LIN), Proof.CODE, "customer", "code"),
    ],
)
async def test_proof_is_carried_with_the_claim(
    claim: Claim, proof: Proof, subject: str, given: str
) -> None:
    scripted = ScriptedCrm()
    async with over(scripted) as clients:
        verdict = await clients.verifier.verify(claim, proof, "551920", "conv")
    (asked,) = scripted.asked
    assert (verdict.outcome, verdict.customer) == (Outcome.VERIFIED, LIN)
    assert asked.WhichOneof("subject") == subject
    assert asked.WhichOneof("proof") == given
    assert (asked.parent, asked.conversation) == ("tenants/demo", "conv")


@pytest.mark.parametrize(
    ("verdict", "outcome"),
    [
        (crm.NOT_VERIFIED, Outcome.WRONG),
        (crm.LOCKED, Outcome.LOCKED),
        (crm.VERIFICATION_OUTCOME_UNSPECIFIED, Outcome.WRONG),
    ],
)
async def test_whoever_is_not_verified_is_nobody(
    verdict: crm.VerificationOutcome.ValueType, outcome: Outcome
) -> None:
    async with over(ScriptedCrm(verdict=verdict)) as clients:
        found = await clients.verifier.verify(Claim(identifier=PHONE), Proof.PIN, "2468", "conv")
    assert (found.outcome, found.customer) == (outcome, "")


async def test_proof_that_cannot_be_compared_is_wrong() -> None:
    async with over(ScriptedCrm(fail_with=grpc.StatusCode.INVALID_ARGUMENT)) as clients:
        found = await clients.verifier.verify(Claim(identifier=PHONE), Proof.PIN, "1", "conv")
    assert found.outcome is Outcome.WRONG


@pytest.mark.parametrize("locked", [True, False])
async def test_code_is_sent_unless_too_many_were(locked: bool) -> None:
    scripted = ScriptedCrm(code_locked=locked)
    async with over(scripted) as clients:
        sent = await clients.verifier.send_code(Claim(identifier=PHONE), "conv", Language.CHINESE)
    assert sent is not locked
    (asked,) = scripted.asked
    assert (asked.identifier.kind, asked.identifier.value) == (model.PHONE, PHONE.value)
    assert (asked.language, asked.conversation) == ("zh", "conv")


async def test_day_that_cannot_be_read_back_is_the_one_asked_for() -> None:
    class Silent(ScriptedCrm):
        """Confirms without saying what."""

        async def ArrangePayment(
            self, request: crm.ArrangePaymentRequest, context: Context
        ) -> crm.ArrangePaymentResponse:
            return crm.ArrangePaymentResponse()

    async with over(Silent()) as clients:
        made = await clients.accounts.arrange_payment(
            LIN, "B202610000001", 2, date(2026, 12, 5), "r1"
        )
    assert made.first_due_date == date(2026, 12, 5)
