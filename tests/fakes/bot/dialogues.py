"""Scripted dialogues: what customers say and what the bot must and must not answer.

A file under tests/dialogues/<language>/ holds a list of dialogues:

    - name: an order is told to whoever proves that it is theirs
      kind: happy                       # one of KINDS
      channel: chat                     # chat if left out
      identifiers: [{kind: handle, value: o-1, namespace: wx, proven: true}]
      steps:
        - say: Where is my parcel?      # or event: silence, with facts: {seconds: 120}
          hears: [order number]         # each part must be in the answer, whatever its case
          never: [SY2026]               # none of them may be
          turn: {flow: order_status, level: anonymous}
        - say: I want to talk to a person
          hands_over: asked             # the reason, or a pattern; from then on the bot is silent
          passes: {verification_level: anonymous, slots: {order_number: SY20261234}}
          summary: [order]              # parts of the sentence for the agent
        - say: anything
          silent: true

`{code}` in a text is the newest one-time code that was sent, `{link}` what was linked to last,
`{number}` the last number of eight digits that the bot named (a ticket's, a visit's). Parts that
begin and end with a slash are regular expressions.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import yaml

FOLDER = Path(__file__).resolve().parents[2] / "dialogues"
LANGUAGES = ("zh", "en")
KINDS = ("happy", "correction", "digression", "failure", "hand-over", "attack")
_STEP_KEYS = {
    "say", "event", "facts", "hears", "never", "turn", "hands_over", "passes", "summary", "silent",
    "choices", "survey",
}  # fmt: skip
_LINK = re.compile(r"https?://\S+")
_NUMBER = re.compile(r"(?<![\w+])[0-9]{8}(?![0-9])")

Post = Callable[..., Awaitable[dict[str, Any]]]
NewestCode = Callable[[], str]


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One script."""

    language: str
    file: str
    name: str
    kind: str
    steps: Sequence[Mapping[str, Any]]
    channel: str = "chat"
    identifiers: Sequence[Mapping[str, Any]] = ()

    def __str__(self) -> str:
        return f"{self.language}/{self.file}: {self.name}"


def read() -> list[Dialogue]:
    """All dialogues. Raises ValueError that names the file and what is wrong."""
    found = [
        _dialogue(path, number, entry)
        for language in LANGUAGES
        for path in sorted((FOLDER / language).glob("*.yml"))
        for number, entry in enumerate(yaml.safe_load(path.read_text(encoding="utf-8")), start=1)
    ]
    names = [str(one) for one in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"two dialogues of one name: {', '.join(twice)}")
    return found


def _dialogue(path: Path, number: int, entry: Mapping[str, Any]) -> Dialogue:
    where = f"{path.parent.name}/{path.name}, dialogue {number}"
    unknown = set(entry) - {"name", "kind", "steps", "channel", "identifiers"}
    if unknown or entry.get("kind") not in KINDS or not entry.get("steps"):
        raise ValueError(f"{where}: wants name, kind (one of {', '.join(KINDS)}) and steps")
    for step in entry["steps"]:
        strange = set(step) - _STEP_KEYS
        if strange or ("say" in step) == ("event" in step):
            raise ValueError(f"{where}: a step wants say or event, and none of {sorted(strange)}")
        if not set(step) & (_STEP_KEYS - {"say", "event", "facts"}):
            raise ValueError(f"{where}: a step expects nothing: {step}")
    return Dialogue(
        language=path.parent.name,
        file=path.stem,
        name=entry["name"],
        kind=entry["kind"],
        steps=entry["steps"],
        channel=entry.get("channel", "chat"),
        identifiers=entry.get("identifiers", ()),
    )


@dataclass(slots=True)
class Player:
    """Plays one dialogue; `log` is what was said so far, for whoever reads a failure."""

    dialogue: Dialogue
    post: Post
    newest_code: NewestCode
    log: list[str] = field(default_factory=list)
    _link: str = ""
    _number: str = ""

    async def play(self) -> None:
        """Raises AssertionError with the dialogue so far."""
        for step in self.dialogue.steps:
            answer = await self.post(**self._request(step))
            self.log += [f"bot: {_shown(message)}" for message in answer["messages"]]
            self._link = _last(_LINK, answer) or self._link
            self._number = _last(_NUMBER, answer) or self._number
            wrong = [problem for check in _CHECKS for problem in check(step, answer)]
            assert not wrong, "\n".join([str(self.dialogue), *self.log, *map(str, wrong)])

    def _request(self, step: Mapping[str, Any]) -> dict[str, Any]:
        metadata = {
            "language": self.dialogue.language,
            "channel": self.dialogue.channel,
            "identifiers": list(self.dialogue.identifiers),
            **step.get("facts", {}),
        }
        body = {"message_id": uuid4().hex, "metadata": metadata}
        if "event" in step:
            self.log.append(f"event: {step['event']} {step.get('facts', '')}")
            return {"intent": step["event"], **body}
        said = str(step["say"])
        if "{code}" in said:
            said = said.replace("{code}", self.newest_code())
        said = said.replace("{link}", self._link).replace("{number}", self._number)
        self.log.append(f"customer: {said}")
        return {"message": said, **body}


def _hears(step: Mapping[str, Any], answer: Mapping[str, Any]) -> list[str]:
    text = _text(answer)
    missing = [f"  does not say: {part}" for part in step.get("hears", ()) if not _in(part, text)]
    return missing + [f"  says: {part}" for part in step.get("never", ()) if _in(part, text)]


def _turn(step: Mapping[str, Any], answer: Mapping[str, Any]) -> list[str]:
    got = answer["turn"]
    return [
        f"  turn.{name}: {got.get(name)!r}, not {value!r}"
        for name, value in step.get("turn", {}).items()
        if got.get(name) != value
    ]


def _hand_over(step: Mapping[str, Any], answer: Mapping[str, Any]) -> list[str]:
    notice = _notice(answer, "handover")
    wanted = step.get("hands_over", "")
    if not wanted:
        return [f"  hands over: {notice['reason']}"] if notice else []
    if notice is None:
        return [f"  does not hand over ({wanted})"]
    wrong = [] if _in(wanted, notice["reason"]) else [f"  hands over: {notice['reason']}"]
    wrong += [
        f"  passes {name}: {notice.get(name)!r}, not {value!r}"
        for name, value in step.get("passes", {}).items()
        if not _covers(notice.get(name), value)
    ]
    summary = notice.get("summary", "")
    missing = [part for part in step.get("summary", ()) if not _in(part, summary)]
    return wrong + [f"  the summary ({summary}) lacks: {part}" for part in missing]


def _quiet(step: Mapping[str, Any], answer: Mapping[str, Any]) -> list[str]:
    silent = not _text(answer)
    if step.get("silent", False):
        return [] if silent and answer["paused"] else ["  is not silent"]
    return ["  says nothing"] if silent else []


def _choices(step: Mapping[str, Any], answer: Mapping[str, Any]) -> list[str]:
    if "choices" not in step:
        return []
    titles = " | ".join(
        one["title"] for message in answer["messages"] for one in message.get("buttons", ())
    )
    return [f"  no choice: {part}" for part in step["choices"] if not _in(part, titles)]


def _survey(step: Mapping[str, Any], answer: Mapping[str, Any]) -> list[str]:
    if "survey" not in step:
        return []
    notice = _notice(answer, "survey") or {}
    return [] if _covers(notice, step["survey"]) else [f"  reports the survey {notice}"]


def _never_broken(step: Mapping[str, Any], answer: Mapping[str, Any]) -> list[str]:
    text = _text(answer)
    broken = answer["failed"] or "{" in text or "}" in text or "None" in text
    return ["  failed, or shows what a template left"] if broken else []


_CHECKS = (_hears, _turn, _hand_over, _quiet, _choices, _survey, _never_broken)


def _last(pattern: "re.Pattern[str]", answer: Mapping[str, Any]) -> str:
    found: list[str] = pattern.findall(_text(answer))
    return found[-1] if found else ""


def _in(part: object, text: str) -> bool:
    wanted = str(part)
    if len(wanted) > 2 and wanted[0] == wanted[-1] == "/":
        return re.search(wanted[1:-1], text, re.IGNORECASE) is not None
    return wanted.casefold() in text.casefold()


def _covers(got: Any, wanted: Any) -> bool:
    """Equal, or a mapping with at least these entries."""
    if isinstance(wanted, Mapping):
        return isinstance(got, Mapping) and all(
            _covers(got.get(name), value) for name, value in wanted.items()
        )
    return bool(got == wanted)


def _notice(answer: Mapping[str, Any], kind: str) -> Mapping[str, Any] | None:
    notices = [message.get("custom", {}).get("switchyard", {}) for message in answer["messages"]]
    return next((notice for notice in notices if notice.get("type") == kind), None)


def _text(answer: Mapping[str, Any]) -> str:
    return "\n".join(message["text"] for message in answer["messages"] if message.get("text"))


def _shown(message: Mapping[str, Any]) -> str:
    titles = [one["title"] for one in message.get("buttons", ())]
    return f"{message.get('text') or message.get('custom')}{f' {titles}' if titles else ''}"
