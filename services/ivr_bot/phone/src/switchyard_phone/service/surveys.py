"""What a survey after an agent needs: whom it is about, that it is asked once, where answers go."""

from dataclasses import dataclass, field
from typing import Protocol

from switchyard_phone.domain.language import Language
from switchyard_phone.domain.survey import Answers


class NoSurvey(Exception):
    """There is none for this call. `reason` is a word for logs, metrics and the timeline."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class StoreDown(Exception):
    """What has to be remembered beyond this process cannot be, for now."""


@dataclass(frozen=True, slots=True)
class Served:
    """A contact that an agent has, or had a moment ago.

    `contact` and `queue` are full names, `agent` and `conversation` bare ids. `with_agent`: for
    the router they are still together. `offer` and `fence` name the agent's leg.
    """

    contact: str
    queue: str
    agent: str
    conversation: str
    language: Language | None = None
    with_agent: bool = False
    offer: str = ""
    fence: int = 0
    seconds: float = field(default=0.0)
    """Since the contact is as it is, by the router's clock and this one's."""


class ServedContacts(Protocol):
    """The router's contacts, as far as surveys need them."""

    async def served(self, contact: str) -> Served:
        """One contact by its name or bare id; NoSurvey: `unknown`, `not_served`, `unavailable`."""
        ...

    def agent_left(self, served: Served) -> None:
        """The caller has come back, so the agent has hung up."""
        ...


class SurveyLedger(Protocol):
    """What is remembered of surveys by all processes together. StoreDown."""

    async def contact_of(self, known_as: str) -> str:
        """The contact of the call that the PBX knows by this name; empty if there is none."""
        ...

    async def claim(self, contact: str) -> bool:
        """Whether this is the first time that anybody is asked about this contact."""
        ...

    async def report(
        self, answers: Answers, conversation: str, agent: str = "", contact: str = ""
    ) -> None:
        """Put an answered survey into the stream of events; one for each contact."""
        ...
