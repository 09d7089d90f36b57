"""A labelled set of texts to try the pipeline on, and how it fared. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OUT_OF_SCOPE = "out_of_scope"
STRANGE = frozenset({OUT_OF_SCOPE, "oos"})
"""Labels that mean "belongs to no class"."""
_NOT_UNDERSTOOD = "nlu_fallback"

Row = tuple[str, str]


class BadData(Exception):
    """The file is not a labelled set; the text says where."""


@dataclass(frozen=True)
class TrialSet:
    """Texts with labels; those of ``strangers`` belong to no class."""

    train: tuple[Row, ...]  # may hold examples labelled OUT_OF_SCOPE
    test: tuple[Row, ...]
    strangers: tuple[str, ...]

    @property
    def classes(self) -> int:
        """How many there are to tell apart."""
        return len({label for _, label in self.train} - {OUT_OF_SCOPE})


def read(path: Path) -> TrialSet:
    """Reads ``{"train": [[text, label], …], "test": …, "oos_test": …}``.

    A row may also be ``{"text": …, "label": …}`` (or ``intent``). ``oos_test``, ``oos_train`` and
    ``oos_val`` are lists of texts or of rows; the last two are learned from. Rows labelled ``oos``
    or ``out_of_scope`` in train and test count as such. Texts without a letter are left out of
    what is learned; other fields are not looked at.

    Raises:
        BadData: the file is missing, no JSON, or of another shape.
    """
    try:
        body = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise BadData(f"{path}: {error}") from error
    if not isinstance(body, Mapping):
        raise BadData(f'{path}: expected {{"train": [[text, label], …], "test": […]}}')
    train = [row for row in _rows(body, "train") if row[0].strip()]
    for name in ("oos_train", "oos_val"):
        train += [(text, OUT_OF_SCOPE) for text in _texts(body, name) if text.strip()]
    test = _rows(body, "test")
    strangers = [text for text, label in test if label in STRANGE] + _texts(body, "oos_test")
    known = tuple(row for row in test if row[1] not in STRANGE)
    if len({label for _, label in train} - {OUT_OF_SCOPE}) < 2 or not known:
        raise BadData(f"{path}: train needs two labels or more, and test at least one row")
    return TrialSet(tuple(train), known, tuple(strangers))


@dataclass(frozen=True)
class Understood:
    """What was understood of one text: the labels from best to worst."""

    ranking: tuple[str, ...]

    @property
    def turned_down(self) -> bool:
        """Whether it was taken for nothing known."""
        return not self.ranking or self.ranking[0] in STRANGE | {_NOT_UNDERSTOOD}

    @property
    def best(self) -> str:
        """The best class, also of a text that was turned down; empty if there is none."""
        known = (name for name in self.ranking if name not in STRANGE | {_NOT_UNDERSTOOD})
        return next(known, "")


def figures(
    trial: TrialSet, known: Sequence[Understood], strangers: Sequence[Understood]
) -> dict[str, Any]:
    """The result. Rates are 0 to 1.

    ``accuracy`` and ``macro_f1`` are of the best class, before anything is turned down;
    ``in_scope_kept`` is the share of the test that is not turned down, ``in_scope_right`` the share
    that is neither turned down nor taken for another class.
    """
    expected = [label for _, label in trial.test]
    best = [one.best for one in known]
    kept = [not one.turned_down for one in known]
    right = [want == got for want, got in zip(expected, best, strict=True)]
    result = {
        "accuracy": _mean(right),
        "macro_f1": round(macro_f1(expected, best), 4),
        "classes": trial.classes,
        "train": len(trial.train),
        "test": len(trial.test),
    }
    if strangers:
        result |= {
            "oos_rejected": _mean([one.turned_down for one in strangers]),
            "in_scope_kept": _mean(kept),
            "in_scope_right": _mean([a and b for a, b in zip(right, kept, strict=True)]),
        }
    return result


def macro_f1(expected: Sequence[str], got: Sequence[str]) -> float:
    """Mean F1 (harmonic mean of precision and recall) of the classes that the test has."""
    scores = []
    for label in sorted(set(expected)):
        pairs = [(want == label, had == label) for want, had in zip(expected, got, strict=True)]
        hits = sum(want and had for want, had in pairs)
        scores.append(2 * hits / (sum(want for want, _ in pairs) + sum(had for _, had in pairs)))
    return sum(scores) / len(scores)


def _mean(values: Sequence[bool]) -> float:
    return round(sum(values) / max(len(values), 1), 4)


def _rows(body: Mapping[str, Any], name: str) -> list[Row]:
    found = []
    for at, row in enumerate(_list(body, name)):
        text, label = _text(row), _label(row)
        if text is None or label is None:
            raise BadData(f"{name}[{at}]: expected [text, label]")
        found.append((text, OUT_OF_SCOPE if label.lower() in STRANGE else label))
    return found


def _texts(body: Mapping[str, Any], name: str) -> list[str]:
    found = []
    for at, row in enumerate(_list(body, name)):
        text = row if isinstance(row, str) else _text(row)
        if text is None:
            raise BadData(f"{name}[{at}]: expected a text or [text, label]")
        found.append(text)
    return found


def _text(row: Any) -> str | None:
    found = row.get("text") if isinstance(row, Mapping) else _at(row, 0)
    return found if isinstance(found, str) else None


def _label(row: Any) -> str | None:
    """Names and numbers are labels; nothing else is."""
    found = row.get("label", row.get("intent")) if isinstance(row, Mapping) else _at(row, 1)
    return str(found).strip() or None if isinstance(found, str | int) else None


def _at(row: Any, place: int) -> Any:
    return row[place] if isinstance(row, list) and len(row) > place else None


def _list(body: Mapping[str, Any], name: str) -> list[Any]:
    rows = body.get(name)
    if rows is None:
        return []
    if not isinstance(rows, list):
        raise BadData(f"{name}: expected a list")
    return rows
