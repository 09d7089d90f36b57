"""Draws how evidence against a model grows on a call log, for docs/drift.md in both languages.

Run: `make bench BENCH=drift_picture ARGS='--log PATH --out docs/images'`. The model is trained on
the days before `--from`; after it, every service is a trial, as in the router.
"""

import argparse
import warnings
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from switchyard_router.domain.evidence import Evidence

from benchmarks.drift import ALPHA, Floats, Later, later

_POINTS = 300
_HIGHEST = 4.0
_WORDS = {
    "": (
        "services after training",
        "evidence against the model (log10)",
        "as trained",
        "predicts twice the time",
        "breaks in the middle: half the time",
        "withdrawn",
    ),
    ".zh": (
        "训练之后的服务次数",
        "对模型不利的证据（常用对数）",
        "训练所得",
        "预测成两倍",
        "中途出错：预测成一半",
        "撤下",
    ),
}


def course(model: Floats, days: Later) -> Floats:
    """log10 of the evidence after each service."""
    evidence, found = Evidence(), np.empty(len(model))
    rows = zip(model.tolist(), days.table.tolist(), days.seconds.tolist(), strict=True)
    for number, row in enumerate(rows):
        evidence.service(*row)
        found[number] = np.log10(evidence.capital)
    return found


def draw(courses: Sequence[Floats], words: Sequence[str], path: Path) -> None:
    """One picture; the same courses and words give the same bytes."""
    across, up, *names, withdrawn = words
    figure = Figure(figsize=(7.2, 3.2), layout="constrained")
    axes = figure.subplots()
    for course_, name in zip(courses, names, strict=True):
        over = int(np.argmax(course_ > _HIGHEST)) if (course_ > _HIGHEST).any() else len(course_)
        places = np.unique(np.linspace(0, over - 1, _POINTS).astype(int))
        axes.plot(places + 1, course_[places], label=name)
    axes.axhline(-np.log10(ALPHA), color="#c0392b", linestyle="--", linewidth=1, label=withdrawn)
    axes.set(xlabel=across, ylabel=up, ylim=(None, _HIGHEST))
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.legend(frameon=False)
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "drift"}):
        figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})


def main() -> None:
    """Draw both."""
    # Browsers have the Chinese letters; whoever draws here need not.
    warnings.filterwarnings("ignore", "Glyph")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--log", type=Path, required=True, help="a call log, or a directory")
    parser.add_argument("--from", dest="since", default="1999-06-01", help="first day of trials")
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    arguments = parser.parse_args()
    days = later(arguments.log, datetime.fromisoformat(arguments.since).replace(tzinfo=UTC))
    half = np.where(np.arange(len(days.model)) < len(days.model) // 2, 1.0, 0.5)
    courses = [course(days.model * factor, days) for factor in (1.0, 2.0, half)]
    for suffix, words in _WORDS.items():
        draw(courses, words, arguments.out / f"drift-evidence{suffix}.svg")


if __name__ == "__main__":
    main()
