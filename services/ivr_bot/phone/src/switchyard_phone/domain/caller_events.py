"""What happens to a caller, and what is to be done about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from switchyard_phone.domain.keys import Keyed, Rule
from switchyard_phone.domain.language import Language

# What happens.


@dataclass(frozen=True, slots=True)
class Begun:
    """The call is answered. `language`: known from the customer; `dialled`: the number called."""

    language: Language | None = None
    dialled: str = ""


@dataclass(frozen=True, slots=True)
class Recognised:
    """It has become known whose number calls, and in which language they are served."""

    language: Language


@dataclass(frozen=True, slots=True)
class Pressed:
    """A key. Personal."""

    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Waited:
    """Time has passed, usually until `Session.due`."""


@dataclass(frozen=True, slots=True)
class Played:
    """All that was to be said has been heard."""


@dataclass(frozen=True, slots=True)
class Handover:
    """The bot wants a person to take over. `notice` is what it tells them; personal."""

    reason: str
    queue: str = ""
    notice: Mapping[str, object] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Answered:
    """The bot's answer. Personal.

    `choices` are answers it shows to pick from. `step` is where it is in its flow: `ask.<slot>` and
    `confirm` are questions. `farewell`: it has said goodbye. `language`: the one it speaks from now
    on, if it tells.
    """

    says: tuple[str, ...] = field(repr=False)
    choices: tuple[str, ...] = field(default=(), repr=False)
    step: str = ""
    language: Language | None = None
    handover: Handover | None = None
    farewell: bool = False


@dataclass(frozen=True, slots=True)
class BotFailed:
    """The bot gave no answer."""


@dataclass(frozen=True, slots=True)
class SpeechBegan:
    """The caller speaks. `ear` is the number of the ear that heard it, here and below."""

    ear: int


@dataclass(frozen=True, slots=True)
class Spoken:
    """Words of the caller. Personal.

    `confidence` from 0 to 1; `phrase` is which of the expected ones it is, empty for none of them.
    """

    ear: int
    text: str = field(repr=False)
    confidence: float = 1.0
    phrase: str = ""


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """The caller spoke, and nobody knows what."""

    ear: int


@dataclass(frozen=True, slots=True)
class Deafened:
    """Nobody can listen for now; keys go on."""

    ear: int


@dataclass(frozen=True, slots=True)
class NoPerson:
    """Nobody could take over; `reason` is the bot's word for why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Back:
    """A person is done, or the caller no longer waits for one; the bot speaks again.

    `after` is the bot's word for what came before; `agent` is who served, `note` what they leave.
    """

    after: str
    agent: str = ""
    note: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Closing:
    """The process is to stop. `last`: now; else whoever talks to the bot is to come to an end."""

    last: bool


@dataclass(frozen=True, slots=True)
class Gone:
    """The caller has hung up."""


Event = (
    Begun
    | Pressed
    | Waited
    | Recognised
    | Played
    | Answered
    | BotFailed
    | SpeechBegan
    | Spoken
    | NotUnderstood
    | Deafened
    | NoPerson
    | Back
    | Closing
    | Gone
)

# What is to be done, in this order.


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to say. What the bot says is personal."""

    text: str = field(repr=False)
    language: Language


class By(StrEnum):
    """How callers make themselves noticed."""

    KEY = "key"
    VOICE = "voice"


@dataclass(frozen=True, slots=True)
class Stop:
    """Fall silent at once, for good; `by` None: the caller has not asked for it."""

    by: By | None = By.KEY


@dataclass(frozen=True, slots=True)
class Hush:
    """Fall silent at once: the caller speaks. `Resume` may follow."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Go on from the beginning of the clip that was interrupted."""


class Result(StrEnum):
    """What became of a chance to speak."""

    ACCEPTED = "accepted"
    DOUBTED = "doubted"
    NO_MATCH = "no_match"
    NO_INPUT = "no_input"


@dataclass(frozen=True, slots=True)
class Heard:
    """For the record, without a word of it: `at` is what was asked, `phrase` the key it is for."""

    result: Result
    at: str
    confidence: float = 0.0
    phrase: str = ""


@dataclass(frozen=True, slots=True)
class Settled:
    """For the record: whether what was in doubt had been understood rightly."""

    rightly: bool


@dataclass(frozen=True, slots=True)
class Play:
    """Say these, one after the other; `Played` follows, unless something stops it."""

    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Collect:
    """From now on keys are waited for. `listen`: words will do as well; never while secret."""

    rule: Rule
    listen: bool


@dataclass(frozen=True, slots=True)
class Keys:
    """What keys tell the bot: a wish and values. Personal; the values show themselves to nobody."""

    intent: str = ""
    slots: Mapping[str, Keyed] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Words:
    """What a caller said, for the bot. Personal."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Happened:
    """Something the bot has to know: `hand_back` or `hand_over_failed`, and its facts."""

    what: str
    facts: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Ask:
    """Tell the bot; `Answered` or `BotFailed` follows."""

    turn: Keys | Words | Happened
    language: Language


@dataclass(frozen=True, slots=True)
class Transfer:
    """A person takes over once all was said; `NoPerson` or `Back` may follow."""

    handover: Handover
    language: Language


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call once all was said."""


Output = Stop | Hush | Resume | Heard | Settled | Play | Collect | Ask | Transfer | HangUp
