"""The state of a conversation with the bot, between two turns."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from switchyard_actions.domain.say import Say
from switchyard_actions.domain.verification import VerificationLevel

MAX_SUSPENDED = 3
NO_VALUES: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Task:
    """One run of a flow.

    `id` is its own within the conversation and stays the same until it is done or given up, so
    that a request to another system may be repeated. `values` are what the customer gave, by slot.
    `asked` is the slot of the open question, empty while none is open; CONFIRM asks whether all is
    right. `tries` counts bad answers to it.
    """

    flow: str
    id: str
    values: Mapping[str, str] = field(default_factory=dict)
    asked: str = ""
    tries: int = 0
    confirmed: bool = False

    def value(self, slot: str) -> str:
        """What was given; empty if nothing was."""
        return self.values.get(slot, "")

    def with_values(self, values: Mapping[str, str]) -> "Task":
        """With these added; an empty value takes one away. Whatever was confirmed no longer is."""
        merged = {**self.values, **values}
        kept = {slot: value for slot, value in merged.items() if value}
        return replace(self, values=kept, confirmed=False)


CONFIRM = "confirm"
"""`Task.asked` while the customer is asked whether all is right."""

CORRECT = "correct"
"""`Task.asked` while the customer is asked what is to be changed."""


@dataclass(frozen=True, slots=True)
class Offer:
    """An open yes/no question outside of a flow: yes means `intent`.

    With `ask_person`, `reason` is why a person would be brought in; with `resume`, the suspended
    task of the flow named in `reason` goes on.
    """

    intent: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A quick reply that was shown with the last words."""

    title: str
    intent: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Dialogue:
    """Everything the bot remembers. Personal; kept in one of Rasa's slots.

    `customer` is the resource name of who was verified by `proof`; both empty below "verified".
    `known` is kept for later questions and for whoever takes over: order_number (the order in
    question), order_state and the like. `misunderstood`, `abused`, `silences` and `crashes` count
    in a row, `failed_proofs` in the whole conversation. `finished` are the flows that were brought
    to an end, each once, in order; `recent` is the task of the last one, for "no, the other one".
    `topic` is what the conversation was about last. `last` is what was said last, for "pardon?".
    `addressed`: the channel says who they are, proven or not. `surveyed`: the customer has been
    asked. `helped_by` is the agent who served before the bot came back.
    """

    task: Task | None = None
    suspended: tuple[Task, ...] = ()
    level: VerificationLevel = VerificationLevel.ANONYMOUS
    proof: str = ""
    customer: str = ""
    known: Mapping[str, str] = field(default_factory=dict)
    offer: Offer | None = None
    shown: tuple[Shown, ...] = ()
    last: tuple[Say, ...] = ()
    misunderstood: int = 0
    abused: int = 0
    silences: int = 0
    crashes: int = 0
    failed_proofs: int = 0
    finished: tuple[str, ...] = ()
    recent: Task | None = None
    topic: str = ""
    tasks_begun: int = 0
    addressed: bool = False
    surveyed: bool = False
    helped_by: str = ""

    def knowing(self, facts: Mapping[str, str]) -> "Dialogue":
        """With these facts added; an empty one takes one away."""
        merged = {**self.known, **facts}
        return replace(self, known={name: fact for name, fact in merged.items() if fact})

    def fact(self, name: str) -> str:
        """Something known; empty if it is not."""
        return self.known.get(name, "")

    def fallen_back(self) -> "Dialogue":
        """Identified only: somebody else's order was named, or the proof does not count."""
        return replace(self, level=VerificationLevel.IDENTIFIED, proof="", customer="")
