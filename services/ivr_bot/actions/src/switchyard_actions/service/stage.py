"""One turn while it is being worked on."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from switchyard_actions.domain.dialogue import Dialogue, Task
from switchyard_actions.domain.heard import Heard
from switchyard_actions.domain.holders import UNREACHABLE
from switchyard_actions.domain.notice import Notice
from switchyard_actions.domain.say import Say
from switchyard_actions.domain.verification import VerificationLevel

_CLAIMS = ("order_number", "contact")  # values of tasks that say who somebody is


class Stage:
    """Collects what is said and what changes. `outcome` and `step` are for reports.

    `given` are the flows and slots that got a value in this turn.
    """

    def __init__(self, dialogue: Dialogue, heard: Heard) -> None:
        self.before = dialogue
        self.dialogue = dialogue
        self.heard = heard
        self.says: list[Say] = []
        self.notices: list[Notice] = []
        self.finished: list[str] = []
        self.outcome = "answered"
        self.step = ""
        self.flow = ""
        self.paused = False
        self.given: set[tuple[str, str]] = set()

    def say(self, *says: Say | str) -> None:
        """Adds messages; a bare key is a text without placeholders."""
        self.says.extend(Say(one) if isinstance(one, str) else one for one in says)

    def change(self, **changes: Any) -> None:
        """Changes fields of the dialogue."""
        self.dialogue = replace(self.dialogue, **changes)

    def change_task(self, **changes: Any) -> None:
        """Changes fields of the task under way."""
        assert self.dialogue.task is not None
        self.change(task=replace(self.dialogue.task, **changes))

    def give(self, values: Mapping[str, str]) -> None:
        """Puts values into the task under way."""
        assert self.dialogue.task is not None
        self.change(task=self.dialogue.task.with_values(values))
        flow = self.dialogue.task.flow
        self.given.update((flow, slot) for slot, value in values.items() if value)
        if any(values.get(claim, "") not in {"", UNREACHABLE} for claim in _CLAIMS):
            self.identify()

    def identify(self) -> None:
        """Somebody has said who they are; it proves nothing and lowers no level."""
        if self.dialogue.level is VerificationLevel.ANONYMOUS:
            self.change(level=VerificationLevel.IDENTIFIED)

    @property
    def task(self) -> Task | None:
        """The task under way."""
        return self.dialogue.task
