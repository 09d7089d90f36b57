"""The RPCs by which customers prove who they are, and set new PINs."""

from dataclasses import dataclass
from typing import Any

import grpc
from switchyard.crm.v1 import crm_service_pb2 as crm

from switchyard_crm.domain.names import parse_customer, parse_parent
from switchyard_crm.entrypoints import self_service_answers as answers
from switchyard_crm.entrypoints import self_service_requests as requests
from switchyard_crm.entrypoints.repeats import write_of
from switchyard_crm.entrypoints.self_service_metrics import SelfServiceMetrics
from switchyard_crm.entrypoints.self_service_requests import SelfServiceRequests
from switchyard_crm.service.audit import AuditTrail
from switchyard_crm.service.codes import SendCode
from switchyard_crm.service.pin_reset import IssueResetLink, RedeemResetLink
from switchyard_crm.service.requests import BlindIndex
from switchyard_crm.service.verifying import VerifyCustomer

type Context = grpc.aio.ServicerContext[Any, Any]


@dataclass(frozen=True, slots=True)
class Verification:
    """What proofs take. `code_seconds` is how long a code is good for."""

    verify: VerifyCustomer
    send_code: SendCode
    issue_link: IssueResetLink
    redeem_link: RedeemResetLink
    code_seconds: float
    reads: SelfServiceRequests
    index: BlindIndex
    metrics: SelfServiceMetrics
    audit: AuditTrail


class VerificationRpcs:
    """VerifyCustomer, SendCode, IssueResetLink and RedeemResetLink."""

    _verification: Verification

    async def VerifyCustomer(
        self, request: crm.VerifyCustomerRequest, context: Context
    ) -> crm.VerifyCustomerResponse:
        """Checks what somebody gives as proof of being a customer."""
        claim, proof = self._verification.reads.verification(request)
        verdict = await self._verification.verify.run(claim, proof)
        self._verification.metrics.verification(proof.kind, verdict.outcome)
        if verdict.customer is not None:
            self._verification.audit.note(
                "VerifyCustomer", claim.tenant, verdict.customer.customer, proof.kind
            )
        return answers.verified(verdict)

    async def SendCode(
        self, request: crm.SendCodeRequest, context: Context
    ) -> crm.SendCodeResponse:
        """Sends a one-time code to what is on file."""
        claim, language = self._verification.reads.code(request)
        taken = await self._verification.send_code.run(claim, language)
        valid = answers.duration(self._verification.code_seconds)
        return crm.SendCodeResponse(valid=valid, locked=not taken)

    async def IssueResetLink(
        self, request: crm.IssueResetLinkRequest, context: Context
    ) -> crm.IssueResetLinkResponse:
        """Makes a link with which a verified customer sets a new PIN."""
        customer = parse_customer(request.customer, "customer")
        write = write_of(request, customer.tenant, self._verification.index)
        language = requests.language_of(request)
        link = await self._verification.issue_link.run(customer, language, write)
        return crm.IssueResetLinkResponse(url=link.url, valid=answers.duration(link.valid_seconds))

    async def RedeemResetLink(
        self, request: crm.RedeemResetLinkRequest, context: Context
    ) -> crm.RedeemResetLinkResponse:
        """Sets a new PIN by such a link."""
        tenant = parse_parent(request.parent, "parent")
        new_pin = requests.pin(request.new_pin, "new_pin")
        await self._verification.redeem_link.run(tenant, requests.token(request), new_pin)
        return crm.RedeemResetLinkResponse()
