"""A dialogue that an older version of the bot has kept, for this one to go on with. Pure."""

from dataclasses import replace

from switchyard_actions.domain.dialogue import CONFIRM, CORRECT, Dialogue, Task
from switchyard_actions.domain.flow import FOR, VERIFICATION
from switchyard_actions.service.flows import Flows


def brought_up(dialogue: Dialogue, flows: Flows) -> tuple[Dialogue, tuple[Task, ...]]:
    """The dialogue without tasks of flows that there no longer are; and those that were begun.

    A question that is no longer asked is open no more: its task goes on with the next one.
    """
    begun = [*dialogue.suspended, *([dialogue.task] if dialogue.task else [])]
    lost = tuple(task for task in begun if not _is_known(task, flows))
    recent = dialogue.recent
    fresh = replace(
        dialogue,
        task=_mended(dialogue.task, flows),
        suspended=tuple(task for task in dialogue.suspended if task not in lost),
        recent=recent if recent is None or _is_known(recent, flows) else None,
    )
    return (fresh, lost) if lost or fresh != dialogue else (dialogue, ())


def _is_known(task: Task, flows: Flows) -> bool:
    purpose = task.value(FOR) if task.flow == VERIFICATION else ""
    return task.flow in flows and (not purpose or purpose in flows)


def _mended(task: Task | None, flows: Flows) -> Task | None:
    if task is None or not _is_known(task, flows):
        return None
    known = {"", CONFIRM, CORRECT, *flows.of(task).slots}
    return task if task.asked in known else replace(task, asked="", tries=0)
