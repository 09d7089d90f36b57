"""A call without sound as tests lead it: keys, words and silences, with a clock of its own."""

from math import inf

from switchyard_phone.adapters.menu_files import load
from switchyard_phone.domain import caller_events as ev
from switchyard_phone.domain.caller import Caller
from switchyard_phone.domain.keys import Keyed
from switchyard_phone.domain.language import Language
from switchyard_phone.domain.menus import Menus


class Call:
    """One caller's machine with what it said last."""

    def __init__(
        self,
        *,
        speech: bool = False,
        language: Language | None = Language.ENGLISH,
        menus: Menus | None = None,
    ) -> None:
        self._caller = Caller(menus or load(), speech=speech)
        self.session = self._caller.new()
        self.now = 0.0
        self.said: list[str] = []
        self.outputs: tuple[ev.Output, ...] = ()
        self.tell(ev.Begun(language))

    def tell(self, event: ev.Event) -> tuple[ev.Output, ...]:
        self.session, self.outputs = self._caller.step(self.session, event, self.now)
        played = [output for output in self.outputs if isinstance(output, ev.Play)]
        if played:
            self.said = [line.text for output in played for line in output.lines]
        return self.outputs

    def press(self, keys: str) -> tuple[ev.Output, ...]:
        for key in keys:
            self.now += 0.5
            self.tell(ev.Pressed(key))
        return self.outputs

    def wait(self) -> tuple[ev.Output, ...]:
        """All is heard, and then time runs out."""
        self.tell(ev.Played())
        assert self.session.due < inf
        self.now = self.session.due
        return self.tell(ev.Waited())

    def answer(self, *says: str, step: str = "", choices: tuple[str, ...] = ()) -> None:
        self.tell(ev.Answered(says, choices, step))

    # By voice.

    @property
    def listens(self) -> bool:
        """Whether words are listened for."""
        return self.session.voice.ear is not None

    @property
    def ear(self) -> int:
        """The one that is open."""
        assert self.session.voice.ear is not None
        return self.session.voice.ear.number

    def begin_to_speak(self) -> tuple[ev.Output, ...]:
        return self.tell(ev.SpeechBegan(self.ear))

    def speak(
        self, text: str = "", phrase: str = "", confidence: float = 1.0
    ) -> tuple[ev.Output, ...]:
        """Something that is understood so well."""
        self.begin_to_speak()
        self.now += 2
        return self.tell(ev.Spoken(self.ear, text, confidence, phrase))

    def mumble(self) -> tuple[ev.Output, ...]:
        self.begin_to_speak()
        self.now += 2
        return self.tell(ev.NotUnderstood(self.ear))

    @property
    def asked(self) -> ev.Ask:
        return one(self.outputs, ev.Ask)

    @property
    def transfer(self) -> ev.Transfer:
        return one(self.outputs, ev.Transfer)


def one[T](outputs: tuple[ev.Output, ...], kind: type[T]) -> T:
    (found,) = (output for output in outputs if isinstance(output, kind))
    return found


def keys(intent: str = "", **slots: str) -> ev.Keys:
    secret = {"pin", "code"}
    return ev.Keys(intent, {name: Keyed(value, name in secret) for name, value in slots.items()})
