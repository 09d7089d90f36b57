"""Tasks that wait behind the one under way. Pure."""

from dataclasses import replace

from switchyard_actions.domain.dialogue import MAX_SUSPENDED, Dialogue, Task
from switchyard_actions.domain.flow import FOR, SURVEY, VERIFICATION


def suspended(dialogue: Dialogue) -> Dialogue:
    """With the task under way put behind; of too many the oldest is given up.

    A survey does not wait: whoever has something else to say is not asked again.
    """
    if dialogue.task is None or dialogue.task.flow == SURVEY:
        return replace(dialogue, task=None)
    waiting = (*dialogue.suspended, dialogue.task)
    while len(waiting) > MAX_SUSPENDED:
        waiting = _without_oldest(waiting)
    return replace(dialogue, task=None, suspended=waiting)


def _without_oldest(waiting: tuple[Task, ...]) -> tuple[Task, ...]:
    oldest, *rest = waiting
    if rest and rest[0].flow == VERIFICATION and rest[0].value(FOR) == oldest.flow:
        rest = rest[1:]  # nothing is left to prove anything for
    return tuple(rest)


def resumed(dialogue: Dialogue) -> Dialogue:
    """With the task that waits last under way again, if one does."""
    if not dialogue.suspended:
        return replace(dialogue, task=None)
    *rest, task = dialogue.suspended
    return replace(dialogue, task=replace(task, asked="", tries=0), suspended=tuple(rest))


def taken_up(dialogue: Dialogue, flow: str) -> Dialogue | None:
    """With the waiting task of that flow under way, or its verification; None: none waits.

    The present task waits instead.
    """
    wanted = [task for task in dialogue.suspended if task.flow == flow or _is_for(task, flow)]
    if not any(task.flow == flow for task in wanted):
        return None
    rest = tuple(task for task in dialogue.suspended if task not in wanted)
    present = suspended(replace(dialogue, suspended=rest))
    return resumed(replace(present, suspended=(*present.suspended, *wanted)))


def _is_for(task: Task, flow: str) -> bool:
    return task.flow == VERIFICATION and task.value(FOR) == flow


def given_up(dialogue: Dialogue) -> Dialogue:
    """Without the task under way; with a verification goes what it is for."""
    task, rest = dialogue.task, dialogue.suspended
    if task is not None and task.flow == VERIFICATION:
        rest = tuple(other for other in rest if other.flow != task.value(FOR))
    return replace(dialogue, task=None, suspended=rest)
