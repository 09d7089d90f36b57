"""Proofs of being a customer, judged by crm_adapter."""

from switchyard.crm.v1 import crm_service_pb2 as crm
from switchyard.crm.v1 import customer_pb2 as model

from switchyard_actions.adapters.crm.calls import CrmCalls
from switchyard_actions.domain.heard import Identifier
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.verification import Claim, Outcome, Proof, Verdict
from switchyard_actions.service.accounts import Declined

_KINDS = {"phone": model.PHONE, "email": model.EMAIL, "handle": model.HANDLE}
_OUTCOMES = {
    crm.VERIFIED: Outcome.VERIFIED,
    crm.NOT_VERIFIED: Outcome.WRONG,
    crm.LOCKED: Outcome.LOCKED,
}
_SENDING = 4.0


class CrmVerifier:
    """A Verifier over gRPC; the attempts are counted there."""

    def __init__(self, calls: CrmCalls) -> None:
        self._calls = calls

    async def verify(self, claim: Claim, proof: Proof, secret: str, conversation: str) -> Verdict:
        """See Verifier."""
        request = crm.VerifyCustomerRequest(parent=self._calls.parent, conversation=conversation)
        if claim.customer:
            request.customer = claim.customer
        elif claim.order_number:
            request.order_number = claim.order_number
        elif claim.identifier is not None:
            request.identifier.CopyFrom(_identifier(claim.identifier))
        if proof is Proof.ORDER_PHONE:
            request.phone_last4 = secret
        elif proof is Proof.PIN:
            request.pin = secret
        else:
            request.code = secret
        try:
            answer = await self._calls.make("verify", self._calls.stub.VerifyCustomer, request)
        except Declined:  # a proof that cannot even be compared is as wrong as any other
            return Verdict(Outcome.WRONG)
        outcome = _OUTCOMES.get(answer.outcome, Outcome.WRONG)
        if outcome is not Outcome.VERIFIED:
            return Verdict(outcome)
        return Verdict(outcome, answer.customer) if answer.customer else Verdict(Outcome.WRONG)

    async def send_code(self, claim: Claim, conversation: str, language: Language) -> bool:
        """See Verifier."""
        request = crm.SendCodeRequest(
            parent=self._calls.parent, conversation=conversation, language=language.value
        )
        if claim.customer:
            request.customer = claim.customer
        elif claim.identifier is not None:
            request.identifier.CopyFrom(_identifier(claim.identifier))
        # Somebody else's gateway has to take it; given up too early, a code comes after all.
        answer = await self._calls.make(
            "send_code", self._calls.stub.SendCode, request, patience=_SENDING
        )
        return not answer.locked


def _identifier(identifier: Identifier) -> model.Identifier:
    return model.Identifier(
        kind=_KINDS[identifier.kind], value=identifier.value, namespace=identifier.namespace
    )
