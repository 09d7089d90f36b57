"""What the bot tells the gateway rather than the customer."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from switchyard_actions.domain.language import Language
from switchyard_actions.domain.verification import VerificationLevel


@dataclass(frozen=True, slots=True)
class HandOver:
    """A person takes over, and the customer need not repeat anything. Personal.

    `intent` is what it is about, `slots` what was given and found, `summary` a few short sentences
    in the customer's language. `customer` is a resource name, empty unless verified. `priority` is
    the router's, 0 normal to 10; `queue` is empty unless the flow chose one.
    """

    reason: str
    intent: str
    language: Language
    level: VerificationLevel
    summary: str
    slots: Mapping[str, str] = field(default_factory=dict)
    customer: str = ""
    sentiment: float = 0.0
    priority: int = 0
    queue: str = ""


@dataclass(frozen=True, slots=True)
class Survey:
    """An answered survey: 1 to 5 (0: not given), whether it was resolved, who served if anybody."""

    csat: int
    resolved: bool | None = None
    agent: str = ""


Notice = HandOver | Survey


@dataclass(frozen=True, slots=True)
class Account:
    """What the turn came to, for reports; holds no words.

    `outcome` is answered, fallback, handed_over or error; `finished` are flows that ended with it.
    `private`: the customer's words must not be kept, whatever operators keep otherwise.
    `asks_secret`: the open question is answered by a PIN or a code. `confidential`: places, from 0,
    of the texts that nobody but the customer may read.
    """

    flow: str
    step: str
    level: VerificationLevel
    outcome: str
    sentiment: float
    finished: tuple[str, ...] = ()
    language: str = ""
    private: bool = True
    asks_secret: bool = False
    confidential: tuple[int, ...] = ()
