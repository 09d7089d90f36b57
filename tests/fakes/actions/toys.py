"""Small flows without any system behind them, to show what the engine does with flows."""

from collections.abc import Callable
from functools import cache
from typing import ClassVar, override

from switchyard_actions.adapters.texts import read_entries
from switchyard_actions.domain.dialogue import Dialogue, Task
from switchyard_actions.domain.flow import (
    KNOWLEDGE,
    SURVEY,
    Done,
    Flow,
    Kind,
    Question,
    Refused,
    Result,
    Scene,
    Taken,
)
from switchyard_actions.domain.heard import Heard
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.notice import Survey
from switchyard_actions.domain.say import YES_NO, Choice, Say
from switchyard_actions.domain.texts import Texts
from switchyard_actions.service.engine import Engine
from switchyard_actions.service.flows import Flows
from switchyard_actions.service.limits import Limits

from tests.fakes.actions.talk import Talk

_WORDS = {
    "paint": ("painting", "刷漆"),
    "which_colour": ("Which colour?", "什么颜色？"),
    "how_many": ("How many cans?", "几桶？"),
    "bad_colour": ("That is no colour.", "没有这个颜色。"),
    "sure": ("{cans} cans of {colour}, right?", "{cans} 桶 {colour}，对吗？"),
    "painted": ("Painted {colour} with {cans}.", "已用 {cans} 桶刷成 {colour}。"),
    "paint_summary": ("Wants {what} paint", "要 {what} 漆"),
    "letter": ("your letter", "写信"),
    "what_to_write": ("What shall I write?", "写什么？"),
    "written": ("Written: {words}", "已写：{words}"),
    "letter_summary": ("Writes a letter", "在写信"),
    "hours": ("the hours", "营业时间"),
    "open_always": ("We are always open.", "我们一直营业。"),
    "found": ("It says so in {source}.", "见 {source}。"),
    "how_was_it": ("How was it, 1 to 5?", "请打 1 到 5 分。"),
    "rated": ("Thank you for {stars}.", "谢谢您的 {stars} 分。"),
}


@cache
def toy_texts() -> Texts:
    """The real texts and those of the toys, under `toy.`."""
    toys = {f"toy.{key}": {"en": en, "zh": zh} for key, (en, zh) in _WORDS.items()}
    return Texts(read_entries() | toys)


class Paint(Flow):
    """Two details, refused ones, and a confirmation."""

    name: ClassVar[str] = "paint"
    title: ClassVar[str] = "toy.paint"
    intents: ClassVar[frozenset[str]] = frozenset({"order_status"})
    slots: ClassVar[tuple[str, ...]] = ("colour", "cans")

    @override
    def question(self, task: Task, dialogue: Dialogue) -> Question | None:
        if not task.value("colour"):
            choices = (Choice(title="Sky", value="blue"), Choice(title="Help", intent="ask_person"))
            return Question("colour", Say("toy.which_colour", choices=choices))
        return None if task.value("cans") else Question("cans", Say("toy.how_many"))

    @override
    def take(self, slot: str, heard: Heard, task: Task) -> Taken | Refused | None:
        found = heard.choice if slot == "colour" and heard.choice else heard.first(slot)
        if found == "mud":
            return Refused(Say("toy.bad_colour"))
        return Taken({slot: found}) if found else None

    @override
    def summary(self, task: Task) -> Say:
        return Say("toy.paint_summary", {"what": task.value("colour") or "?"})

    @override
    def confirmation(self, task: Task) -> Say | None:
        values = {"colour": task.value("colour"), "cans": task.value("cans")}
        return Say("toy.sure", values, YES_NO)

    @override
    async def perform(self, task: Task, scene: Scene) -> Result:
        values = {"colour": task.value("colour"), "cans": task.value("cans")}
        return Done((Say("toy.painted", values),), {"painted": values["colour"]})


class Letter(Flow):
    """Free words, in which harsh ones are to be expected."""

    name: ClassVar[str] = "letter"
    title: ClassVar[str] = "toy.letter"
    intents: ClassVar[frozenset[str]] = frozenset({"ticket_create"})
    slots: ClassVar[tuple[str, ...]] = ("words",)
    patient: ClassVar[bool] = True

    @override
    def question(self, task: Task, dialogue: Dialogue) -> Question | None:
        return None if task.value("words") else Question("words", _WRITE, Kind.TEXT)

    @override
    def take(self, slot: str, heard: Heard, task: Task) -> Taken | Refused | None:
        return Taken({slot: heard.said}) if task.asked == slot and heard.said else None

    @override
    def summary(self, task: Task) -> Say:
        return Say("toy.letter_summary")

    @override
    async def perform(self, task: Task, scene: Scene) -> Result:
        return Done((Say("toy.written", {"words": task.value("words")}),))


_WRITE = Say("toy.what_to_write")


class Instant(Flow):
    """Answers at once."""

    name: ClassVar[str] = "hours"
    title: ClassVar[str] = "toy.hours"
    intents: ClassVar[frozenset[str]] = frozenset({"opening_hours"})
    told: ClassVar[Say] = Say("toy.open_always")

    def __init__(self, before: Callable[[], None] = lambda: None) -> None:
        self._before = before

    @override
    def question(self, task: Task, dialogue: Dialogue) -> Question | None:
        return None

    @override
    def take(self, slot: str, heard: Heard, task: Task) -> Taken | Refused | None:
        return None

    @override
    def summary(self, task: Task) -> Say:
        return Say(self.title)

    @override
    async def perform(self, task: Task, scene: Scene) -> Result:
        self._before()
        return Done((self.told,))


class Lookup(Instant):
    """Quotes the best passage."""

    name: ClassVar[str] = KNOWLEDGE
    intents: ClassVar[frozenset[str]] = frozenset({"faq"})

    @override
    async def perform(self, task: Task, scene: Scene) -> Result:
        return Done((Say("toy.found", {"source": scene.heard.passages[0].id}),))


class Stars(Flow):
    """Asks how it was."""

    name: ClassVar[str] = SURVEY
    title: ClassVar[str] = "toy.hours"
    slots: ClassVar[tuple[str, ...]] = ("rating",)

    @override
    def question(self, task: Task, dialogue: Dialogue) -> Question | None:
        return None if task.value("rating") else Question("rating", Say("toy.how_was_it"))

    @override
    def take(self, slot: str, heard: Heard, task: Task) -> Taken | Refused | None:
        stars = heard.first("rating")
        return Taken({slot: stars}) if stars else None

    @override
    def summary(self, task: Task) -> Say:
        return Say(self.title)

    @override
    async def perform(self, task: Task, scene: Scene) -> Result:
        stars = task.value("rating")
        notice = Survey(int(stars), agent=task.value("agent"))
        return Done((Say("toy.rated", {"stars": stars}),), notices=(notice,))


def toys(*more: Flow, language: Language = Language.ENGLISH) -> Talk:
    """A conversation about nothing but toys."""
    flows = {flow.name: flow for flow in (Paint(), Letter(), Instant(), Lookup(), Stars(), *more)}
    texts = toy_texts()
    return Talk(Engine(Flows(flows.values(), 0.5), texts, Limits()), language, texts=texts)
