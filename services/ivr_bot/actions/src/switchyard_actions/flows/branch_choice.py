"""Which branch is meant."""

from collections.abc import Sequence

from switchyard_actions.domain.branches import Branch
from switchyard_actions.domain.dialogue import Task
from switchyard_actions.domain.flow import Ask, Question, Refused, Taken
from switchyard_actions.domain.heard import Heard
from switchyard_actions.domain.place_words import place_words
from switchyard_actions.domain.say import Choice, Say

BRANCH, PLACE, SHOWN = "branch", "place", "shown_branches"
"""Values of a task: the branch's id; words that name one; those that were put up for choice."""

_MOST_SHOWN = 5
_COURTESIES = frozenset({"bot_challenge", "capabilities", "small_talk"})
_NO_PLACE = frozenset({"affirm", "deny", "thank", "greet", "no_details"})


def take_place(heard: Heard, task: Task) -> Taken | Refused | None:
    """One of those shown, or words that may name a place."""
    asked = task.asked == BRANCH
    if asked:
        chosen = heard.choice or _nth(heard, task) or _named(heard, task)
        if chosen:
            return Taken({BRANCH: chosen, PLACE: ""})
    elif task.asked:
        return None
    if heard.intent in _COURTESIES:
        return None
    words = "" if heard.intent in _NO_PLACE else place_words(heard.said or heard.text)
    if words:
        return Taken({PLACE: words, BRANCH: ""})
    return Refused(Say("branches.which_please")) if asked and heard.intent != "deny" else None


def choice_again(task: Task, key: str) -> Question | None:
    """The choice once more; None while there is something to look up."""
    if task.value(BRANCH) or task.value(PLACE) or not task.value(SHOWN):
        return None
    return Question(BRANCH, Say(key, choices=_choices(_shown(task))))


def ask_branch(branches: Sequence[Branch], key: str, *before: Say) -> Ask:
    """Puts branches up for choice."""
    shown = [(branch.id, branch.name) for branch in branches[:_MOST_SHOWN]]
    kept = "\n".join(f"{id_}\t{name}" for id_, name in shown)
    says = (*before, Say(key, choices=_choices(shown)))
    return Ask(BRANCH, says, {SHOWN: kept, PLACE: "", BRANCH: ""})


def _nth(heard: Heard, task: Task) -> str:
    shown = _shown(task)
    ordinal = heard.first("ordinal") or ""
    if not ordinal.removeprefix("-").isdigit():
        return ""
    place = int(ordinal)
    index = place - 1 if place > 0 else len(shown) + place
    return shown[index][0] if 0 <= index < len(shown) else ""


def _named(heard: Heard, task: Task) -> str:
    """The one whose whole name was said."""
    words = (heard.said or heard.text).casefold()
    named = [id_ for id_, name in _shown(task) if name.casefold() in words]
    return named[0] if len(named) == 1 else ""


def _shown(task: Task) -> list[tuple[str, str]]:
    pairs = (line.partition("\t") for line in task.value(SHOWN).split("\n") if line)
    return [(id_, name) for id_, _, name in pairs]


def _choices(shown: Sequence[tuple[str, str]]) -> tuple[Choice, ...]:
    return tuple(Choice(title=name, value=id_) for id_, name in shown)
