"""Who are you? Put in front of whatever is personal."""

from collections.abc import Mapping
from typing import ClassVar, override

from switchyard_actions.domain.dialogue import Dialogue, Task
from switchyard_actions.domain.flow import (
    FOR,
    PROOFS,
    VERIFICATION,
    Ask,
    Disproven,
    Flow,
    OfferPerson,
    Proven,
    Question,
    Refused,
    Result,
    Scene,
    Taken,
    Unavailable,
)
from switchyard_actions.domain.heard import Heard, Identifier
from switchyard_actions.domain.other_wishes import asks_elsewhere
from switchyard_actions.domain.say import YES_NO, Choice, Say
from switchyard_actions.domain.verification import Claim, Outcome, Proof
from switchyard_actions.flows.order_number import take_order_number
from switchyard_actions.flows.proof_words import (
    take_code,
    take_contact,
    take_method,
    take_phone_last4,
    take_pin,
)
from switchyard_actions.service.ports import Unavailable as NoAnswer
from switchyard_actions.service.ports import Verifier

ORDER, LAST4, METHOD, CONTACT = "order_number", "phone_last4", "method", "contact"
PIN, CODE, SENT = "pin", "code", "sent"

_SECRETS: Mapping[Proof, str] = {Proof.ORDER_PHONE: LAST4, Proof.PIN: PIN, Proof.CODE: CODE}
_TAKES = {
    ORDER: take_order_number,
    LAST4: take_phone_last4,
    CONTACT: take_contact,
    PIN: take_pin,
    CODE: take_code,
}
_PERSON = Choice(key="dialogue.menu_ask_person", intent="ask_person")


class Verification(Flow):
    """By an order number and the end of the phone it was ordered with, by PIN, or by a code.

    Which of them count is told by the flow behind it. crm_adapter judges; nothing said here tells
    whether a number, a customer or a proof exists.
    """

    name: ClassVar[str] = VERIFICATION
    title: ClassVar[str] = "verification.title"
    slots: ClassVar[tuple[str, ...]] = (METHOD, ORDER, CONTACT, LAST4, PIN, CODE)
    personal: ClassVar[frozenset[str]] = frozenset({CONTACT, LAST4})
    secrets: ClassVar[frozenset[str]] = frozenset({PIN, CODE})
    before_secrets: ClassVar[frozenset[str]] = frozenset({METHOD})

    def __init__(self, verifier: Verifier) -> None:
        self._verifier = verifier

    @override
    def question(self, task: Task, dialogue: Dialogue) -> Question | None:
        proof = chosen_proof(task)
        if proof is None:
            return _ask_method(task)
        missing = _missing(task, proof, dialogue)
        return Question(missing, Say(f"verification.ask_{missing}")) if missing else None

    @override
    def take(self, slot: str, heard: Heard, task: Task) -> Taken | Refused | None:
        if slot == METHOD or task.asked == slot:
            switched = take_method(heard, task)
            if switched is not None:
                return switched
        if slot == METHOD or (heard.intent != task.value(FOR) and asks_elsewhere(heard)):
            return None  # the number that another wish names is not meant as a proof
        return _TAKES[slot](slot, heard, task)

    @override
    def summary(self, task: Task) -> Say:
        return Say("verification.summary")

    @override
    async def perform(self, task: Task, scene: Scene) -> Result:
        proof = chosen_proof(task)
        assert proof is not None, "a proof is chosen before anything is compared"
        claim = _claim(task, proof, scene)
        if claim is None:
            return _unsaid()
        try:
            if proof is Proof.CODE and not task.value(CODE):
                return await self._send(claim, scene)
            return await self._compare(task, claim, proof, scene)
        except NoAnswer as error:
            return Unavailable(error.what)

    async def _send(self, claim: Claim, scene: Scene) -> Result:
        if await self._verifier.send_code(claim, scene.conversation, scene.language):
            return Ask(CODE, (Say("verification.code_sent"),), {SENT: "yes"})
        too_many = Say("verification.too_many_codes", choices=YES_NO)
        return OfferPerson("verification_failed", (too_many,))

    async def _compare(self, task: Task, claim: Claim, proof: Proof, scene: Scene) -> Result:
        secret = task.value(_SECRETS[proof])
        verdict = await self._verifier.verify(claim, proof, secret, scene.conversation)
        if verdict.outcome is Outcome.VERIFIED:
            order = claim.order_number
            known = {ORDER: order, "proven_order": order} if order else {}
            return Proven(verdict.customer, proof, known)
        if verdict.outcome is Outcome.LOCKED:
            too_many = Say("verification.too_many", choices=YES_NO)
            return OfferPerson("verification_failed", (too_many,))
        return Disproven(Say(f"verification.wrong_{proof}"), _forgotten(proof))


def allowed(task: Task) -> tuple[Proof, ...]:
    """The proofs that count, in the order they are asked for."""
    named = task.value(PROOFS).split()
    return tuple(proof for proof in Proof if not named or proof.value in named)


def chosen_proof(task: Task) -> Proof | None:
    """The proof the customer chose, or the first one that counts; None: they have to choose."""
    proofs = allowed(task)
    if task.value(METHOD) in proofs:
        return Proof(task.value(METHOD))
    if task.value(METHOD):  # an order number was asked for, and there is none at hand
        proofs = tuple(proof for proof in proofs if proof is not Proof.ORDER_PHONE)
        return proofs[0] if len(proofs) == 1 else None
    return proofs[0] if Proof.ORDER_PHONE in proofs or len(proofs) == 1 else None


def _ask_method(task: Task) -> Question:
    choices = tuple(
        Choice(key=f"verification.method_{proof}", value=proof.value)
        for proof in allowed(task)
        if proof is not Proof.ORDER_PHONE
    )
    return Question(METHOD, Say("verification.ask_method", choices=(*choices, _PERSON)))


def _missing(task: Task, proof: Proof, dialogue: Dialogue) -> str:
    if proof is Proof.ORDER_PHONE:
        return next((slot for slot in (ORDER, LAST4) if not task.value(slot)), "")
    named = dialogue.customer or task.value(CONTACT) or dialogue.addressed
    if proof is Proof.PIN:
        if not (named or task.value(ORDER)):
            return CONTACT
        return "" if task.value(PIN) else PIN
    if not named:
        return CONTACT
    return CODE if task.value(SENT) and not task.value(CODE) else ""


def _claim(task: Task, proof: Proof, scene: Scene) -> Claim | None:
    """Who they say they are: the customer known already, what they named, or what the channel did.

    Somebody who gives a contact means that one, whoever they were before.
    """
    if proof is Proof.ORDER_PHONE:
        return Claim(order_number=task.value(ORDER))
    if task.value(CONTACT):
        return Claim(identifier=_contact(task.value(CONTACT)))
    if scene.customer:
        return Claim(customer=scene.customer)
    given = next(iter(sorted(scene.heard.identifiers, key=lambda one: not one.proven)), None)
    if given is not None:
        return Claim(identifier=given)
    return Claim(order_number=task.value(ORDER)) if proof is Proof.PIN else None


def _contact(value: str) -> Identifier:
    return Identifier("email" if "@" in value else "phone", value)


def _unsaid() -> Result:
    return Ask(CONTACT, (Say("verification.ask_contact"),))


def _forgotten(proof: Proof) -> tuple[str, ...]:
    if proof is Proof.ORDER_PHONE:
        return (ORDER, LAST4)
    return (PIN, CONTACT) if proof is Proof.PIN else (CODE,)
