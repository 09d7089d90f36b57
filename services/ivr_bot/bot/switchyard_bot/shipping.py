"""Trains, examines and compares: whether this model may follow the last one, and the papers."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from switchyard_bot import confusion_page, examination, gate, training, understanding
from switchyard_bot.confusion_page import Report
from switchyard_bot.language import LANGUAGES
from switchyard_bot.learning import mood, passages
from switchyard_bot.project import Project
from switchyard_bot.shelf import ModelShelf

Say = Callable[[str], None]


@dataclass(frozen=True)
class Shipment:
    """What came of a training."""

    model: Path
    report: Path
    figures: dict[str, float]
    refused: list[str]  # empty: the model was shipped


def run(project: Project, shelf: ModelShelf, force: bool, say: Say) -> Shipment:
    """Trains the folder as it is unless that was done, examines the packed model, and judges it.

    A refused model is laid aside, so that nobody serves it. ``force`` ships it whatever the
    comparison says; the report says what it said.

    Raises:
        training.TrainingFailed: Rasa produced no model, or one that does not understand.
    """
    shelf.reconsider(project.model_name())
    model = training.ensure_model(project, shelf, say)
    say("examining the packed model")
    found = asyncio.run(_examined(project, model))
    last = _read(shelf.last_metrics)
    changes = gate.compare(last.get("marks", {}), found.marks())
    refused = gate.refusals(changes)
    trained = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M")
    figures = found.figures(LANGUAGES)
    record = {
        "model": model.name,
        "trained": trained,
        "figures": figures,
        "refused": refused,
        "marks": found.marks(),
    }
    metrics, report = shelf.papers(model)
    _write(metrics, json.dumps(record, indent=1))
    _write(
        report,
        confusion_page.page(Report(model.name, trained, found, figures, changes, refused)),
    )
    if refused and not force:
        return Shipment(shelf.refuse(model), report, figures, refused)
    _write(shelf.last_metrics, json.dumps(record, indent=1))
    return Shipment(model, report, figures, [])


async def _examined(project: Project, model: Path) -> examination.Examination:
    agent = understanding.load(model)
    known = sorted({one.id for one in passages.read_passages(project.root / "knowledge")})
    return await examination.examine(
        agent.parse_message,
        understanding.read_heldout(project.heldout),
        passages.read_questions(project.root / "knowledge_heldout", known),
        mood.read(project.root / "sentiment" / "test.yml"),
    )


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _write(path: Path, text: str) -> None:
    """In one step: nobody reads half of it."""
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
