"""What a flow is: one thing that customers can get done, as pure questions and one request."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from switchyard_actions.domain.dialogue import Dialogue, Task
from switchyard_actions.domain.heard import Heard
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.notice import Notice
from switchyard_actions.domain.say import Say
from switchyard_actions.domain.verification import ALL_PROOFS, Proof, VerificationLevel

VERIFICATION = "verification"
"""The flow that is put in front of one that needs more proof."""

KNOWLEDGE = "knowledge"
"""The flow that answers from the knowledge base; it reads `Heard.passages`."""

SURVEY = "survey"
"""The flow that asks how it was, after self-service and after an agent (value `agent`)."""

FOR, PROOFS = "for", "proofs"
"""Values of a verification: the flow it is for, and the names of the proofs that count for it."""


class Kind(StrEnum):
    """What answers a question.

    DETAIL: something that `Flow.take` finds in the words; anything else is a digression. TEXT: any
    words, unless they clearly ask for a person, to stop or to repeat. YES_NO: affirm or deny (they
    still go through `take`).
    """

    DETAIL = "detail"
    TEXT = "text"
    YES_NO = "yes_no"


@dataclass(frozen=True, slots=True)
class Question:
    """What is still missing: its slot, the words that ask for it, and what answers it."""

    slot: str
    say: Say
    kind: Kind = Kind.DETAIL


@dataclass(frozen=True, slots=True)
class Taken:
    """An answer: values by slot; an empty value forgets one. `says` is put before what follows."""

    values: Mapping[str, str]
    says: tuple[Say, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """An answer that will not do, and why; it counts as a try."""

    say: Say


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a flow acts. Personal.

    `customer` is verified if the flow needs that, else empty. `request_id` stays the same when a
    request is made again.
    """

    heard: Heard
    dialogue: Dialogue
    request_id: str

    @property
    def language(self) -> Language:
        """The customer's."""
        return self.heard.language

    @property
    def conversation(self) -> str:
        """Its id."""
        return self.heard.conversation

    @property
    def customer(self) -> str:
        """Resource name of the verified customer; empty below that."""
        return self.dialogue.customer


@dataclass(frozen=True, slots=True)
class Done:
    """The flow is finished.

    `known` is remembered for later; `notices` go to the gateway. `then` is a flow or intent that is
    offered with the last of `says`, which asks for it with yes or no.
    """

    says: tuple[Say, ...]
    known: Mapping[str, str] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    then: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """Something more is needed: an answer for `slot`; the last of `says` asks for it.

    `values` are kept in the task first, for instance what the choices mean. `again`: what was
    given for the slot will not do, which counts as a try.
    """

    slot: str
    says: tuple[Say, ...]
    values: Mapping[str, str] = field(default_factory=dict)
    again: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """Only a person can help. `priority` is the router's: 0 normal, up to 10."""

    reason: str
    says: tuple[Say, ...] = ()
    priority: int = 0
    queue: str = ""


@dataclass(frozen=True, slots=True)
class OfferPerson:
    """The flow cannot go on; the last of `says` asks whether a person is wanted, for `reason`."""

    reason: str
    says: tuple[Say, ...]


@dataclass(frozen=True, slots=True)
class Unproven:
    """What was named is not the verified customer's: it has to be proven anew.

    `order_number` is the order that has to be proven to be theirs.
    """

    order_number: str = ""


@dataclass(frozen=True, slots=True)
class Proven:
    """A verification succeeded: this is the customer. Only the verification flow gives it."""

    customer: str
    proof: Proof
    known: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Disproven:
    """A proof was wrong: it counts. Only the verification flow gives it."""

    say: Say
    forget: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unavailable:
    """Another system did not answer; `what` names it (crm or router). Trying again may help."""

    what: str


Result = Done | Ask | Person | OfferPerson | Unproven | Proven | Disproven | Unavailable


class Flow(ABC):
    """One thing customers can get done. Has no state of its own: everything is in the task."""

    name: ClassVar[str]
    title: ClassVar[str]
    """Key of a text that names it within a sentence ("the change of your delivery address")."""
    intents: ClassVar[frozenset[str]] = frozenset()
    """What starts it."""
    slots: ClassVar[tuple[str, ...]] = ()
    """Every value a customer may give, in the order they are looked for in a message."""
    level: ClassVar[VerificationLevel] = VerificationLevel.ANONYMOUS
    """Needed before anything is asked or told."""
    proofs: ClassVar[frozenset[Proof]] = ALL_PROOFS
    """Those that count for it."""
    secrets: ClassVar[frozenset[str]] = frozenset()
    """Slots that are forgotten at the end of the turn they were given in."""
    before_secrets: ClassVar[frozenset[str]] = frozenset()
    """Slots whose question some people answer by a secret at once."""
    personal: ClassVar[frozenset[str]] = frozenset()
    """Slots whose words tell who or where somebody is: with `secrets`, never kept in reports."""
    patient: ClassVar[bool] = False
    """Harsh words are to be expected: neither they nor a complaint bring a person."""

    @abstractmethod
    def question(self, task: Task, dialogue: Dialogue) -> Question | None:
        """What is still missing; None when all is there."""

    @abstractmethod
    def take(self, slot: str, heard: Heard, task: Task) -> Taken | Refused | None:
        """The value of one slot in what the customer said; None if there is none.

        `task.asked` tells whether it was asked for: bare words answer an open question only.
        """

    @abstractmethod
    def summary(self, task: Task) -> Say:
        """All that was given, in one clause without a full stop: for whoever takes over."""

    @abstractmethod
    async def perform(self, task: Task, scene: Scene) -> Result:
        """Does it. Raises nothing that can be foreseen."""

    def left(self, task: Task) -> Mapping[str, str] | None:
        """Values with which it is done all the same when the customer leaves; None: it is not."""
        return None

    def confirmation(self, task: Task) -> Say | None:
        """A question, with YES_NO, that has to be answered by yes first; None: not needed."""
        return None
