"""I forgot my PIN."""

from typing import ClassVar, override

from switchyard_actions.domain.dialogue import Dialogue, Task
from switchyard_actions.domain.flow import (
    Done,
    Flow,
    OfferPerson,
    Question,
    Refused,
    Result,
    Scene,
    Taken,
    Unavailable,
    Unproven,
)
from switchyard_actions.domain.heard import Heard
from switchyard_actions.domain.say import YES_NO, Say
from switchyard_actions.domain.verification import Proof, VerificationLevel
from switchyard_actions.service.accounts import Accounts, Declined, Refusal
from switchyard_actions.service.ports import Unavailable as NoAnswer

_PHONE = "phone"


class PinReset(Flow):
    """Hands a link that sets a new PIN once, to whoever holds the phone or mailbox on file.

    Only a code proves that: a forgotten PIN cannot, and order numbers are printed on parcels. The
    PIN itself is never said, asked for or seen here.
    """

    name: ClassVar[str] = "pin_reset"
    title: ClassVar[str] = "pin.title"
    intents: ClassVar[frozenset[str]] = frozenset({"pin_reset"})
    level: ClassVar[VerificationLevel] = VerificationLevel.VERIFIED
    proofs: ClassVar[frozenset[Proof]] = frozenset({Proof.CODE})

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    @override
    def question(self, task: Task, dialogue: Dialogue) -> Question | None:
        return None

    @override
    def take(self, slot: str, heard: Heard, task: Task) -> Taken | Refused | None:
        return None

    @override
    def summary(self, task: Task) -> Say:
        return Say("pin.summary")

    @override
    async def perform(self, task: Task, scene: Scene) -> Result:
        if scene.heard.channel == _PHONE:
            # A link cannot be spelt out, and asking for one would use up one that nobody sees.
            return OfferPerson("not_possible", (Say("pin.not_by_phone", choices=YES_NO),))
        try:
            link = await self._accounts.reset_link(scene.customer, scene.language, scene.request_id)
        except NoAnswer as error:
            return Unavailable(error.what)
        except Declined as error:
            if error.refusal is Refusal.NOT_THEIRS:
                return Unproven()
            key = "pin.too_many" if error.refusal is Refusal.LIMIT else "pin.not_possible"
            return OfferPerson("not_possible", (Say(key, choices=YES_NO),))
        values = {"url": link.url, "minutes": str(link.valid_minutes)}
        return Done((Say("pin.link", values, once=True), Say("pin.advice")))
