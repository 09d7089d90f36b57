"""Whether a call that came for the survey is asked: served a moment ago, and never asked."""

import re
from dataclasses import dataclass

from switchyard_phone.domain.calls import CallFacts, Line
from switchyard_phone.service.surveys import (
    NoSurvey,
    Served,
    ServedContacts,
    StoreDown,
    SurveyLedger,
)

CONTACT_HEADER = "x-switchyard-contact"
CALL_HEADER = "x-switchyard-call"
_NAME = re.compile(r"[A-Za-z0-9_.:@/-]{1,256}")


@dataclass(frozen=True, slots=True)
class SurveyRules:
    """`number`: the user that is dialled for the survey; empty: there is none.

    `queues`: full names of those whose callers are asked; empty: all. `seconds`: how long after an
    agent has finished a caller may come back for it.
    """

    number: str = ""
    queues: frozenset[str] = frozenset()
    seconds: float = 600.0


class DueSurvey:
    """Decides for each call. The header proves nothing by itself: the router is asked."""

    def __init__(
        self, contacts: ServedContacts, ledger: SurveyLedger | None, rules: SurveyRules
    ) -> None:
        self._contacts = contacts
        self._ledger = ledger
        self._rules = rules

    async def wanted(self, facts: CallFacts) -> bool:
        """Whether the PBX sends this call for the survey; AudioSocket says so by an old name."""
        if self._ledger is None or not self._rules.number:
            return False
        if facts.line is not Line.AUDIOSOCKET:
            return facts.dialled == self._rules.number
        try:
            return bool(await self._ledger.contact_of(known_as(facts)))
        except StoreDown:
            return False  # the caller is served as one who calls for the first time

    async def execute(self, facts: CallFacts) -> Served:
        """Whom it is about, who is from now on not asked again; NoSurvey."""
        if self._ledger is None:
            raise NoSurvey("no_store")
        try:
            served = await self._contacts.served(await self._name(facts, self._ledger))
            self._must_be_due(served)
            if not await self._ledger.claim(served.contact):
                raise NoSurvey("asked_before")
        except StoreDown as error:
            raise NoSurvey("no_store") from error
        if served.with_agent:
            self._contacts.agent_left(served)
        return served

    async def _name(self, facts: CallFacts, ledger: SurveyLedger) -> str:
        named = facts.headers.get(CONTACT_HEADER, "").strip()
        if not named and (call := known_as(facts)):
            named = await ledger.contact_of(call)
        if not _NAME.fullmatch(named):
            raise NoSurvey("not_named")
        return named

    def _must_be_due(self, served: Served) -> None:
        if self._rules.queues and served.queue not in self._rules.queues:
            raise NoSurvey("other_queue")
        if not served.with_agent and served.seconds > self._rules.seconds:
            raise NoSurvey("too_late")


def known_as(facts: CallFacts) -> str:
    """How the PBX can name this call later: X-Switchyard-Call, or AudioSocket's UUID."""
    if facts.line is Line.AUDIOSOCKET:
        return facts.id
    named = facts.headers.get(CALL_HEADER, "").strip()
    return named if _NAME.fullmatch(named) else ""
