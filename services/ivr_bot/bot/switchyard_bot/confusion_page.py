"""The report of one training as a page: what was taken for what, in Chinese and English. Pure.

One HTML file without anything from elsewhere; readable on light and dark screens and by keyboard.
"""

import html
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

from switchyard_bot.examination import Answer, Examination
from switchyard_bot.gate import Change
from switchyard_bot.page_words import KINDS, LANGUAGES, MEASURES, WORDS

_TEMPLATE = Path(__file__).with_name("confusion_page.html")
_MOST_CONFUSIONS = 40


@dataclass(frozen=True)
class Report:
    """Everything the page shows."""

    model: str
    trained: str  # date and time, UTC
    examination: Examination
    figures: Mapping[str, float]
    changes: Sequence[Change]
    refused: Sequence[str]  # empty: the model may be shipped


def page(report: Report) -> str:
    """The HTML."""
    body = "\n".join(
        (
            _verdict(report),
            _figures(report.figures),
            _changes(report.changes),
            *(_language(report.examination, language) for language in LANGUAGES),
        )
    )
    template = Template(_TEMPLATE.read_text(encoding="utf-8"))
    return template.substitute(
        title_zh=WORDS["title"]["zh"],
        title_en=WORDS["title"]["en"],
        model=html.escape(report.model),
        trained=html.escape(report.trained),
        body=body,
    )


def _both(key: str) -> str:
    """A word of the page in both languages; the switch shows one of them."""
    return _said(WORDS[key])


def _said(words: Mapping[str, str]) -> str:
    return "".join(f'<span lang="{one}">{html.escape(words[one])}</span>' for one in LANGUAGES)


def _verdict(report: Report) -> str:
    if not report.refused:
        return f'<p class="verdict good">{_both("shipped")}</p>'
    reasons = "".join(f"<li>{html.escape(reason)}</li>" for reason in report.refused)
    return f'<div class="verdict bad"><p>{_both("refused")}</p><ul>{reasons}</ul></div>'


def _figures(figures: Mapping[str, float]) -> str:
    rows = []
    for measure, words in MEASURES.items():
        cells = "".join(
            f"<td>{figures.get(f'{measure}_{language}', 0):.1%}</td>" for language in LANGUAGES
        )
        rows.append(f"<tr><th scope='row'>{_said(words)}</th>{cells}</tr>")
    head = _head("measure", "chinese", "english")
    return _section("figures", f"<table>{head}<tbody>{''.join(rows)}</tbody></table>")


def _changes(changes: Sequence[Change]) -> str:
    if not changes:
        return _section("changes", f"<p>{_both('no_last')}</p>")
    rows = "".join(
        f"<tr{' class=bad' if one.worse else ''}><th scope='row'>{html.escape(one.measure)}</th>"
        f"<td>{one.before:.1%}</td><td>{one.now:.1%}</td><td>{one.gained}</td><td>{one.lost}</td>"
        f"<td>{one.chance:.2f}</td></tr>"
        for one in changes
    )
    head = _head("measure", "before", "now", "gained", "lost", "chance")
    return _section("changes", f"<table>{head}<tbody>{rows}</tbody></table>")


def _language(examination: Examination, language: str) -> str:
    intents = examination.of("intent", language)
    parts = [f"<h2>{_both('chinese' if language == 'zh' else 'english')}</h2>"]
    parts.append(_section("per_intent", _per_intent(intents), "h3"))
    parts.append(_section("matrix", _matrix(intents), "h3"))
    for kind, words in KINDS.items():
        wrong = [one for one in examination.of(kind, language) if not one.right]
        parts.append(f"<section><h3>{_said(words)}</h3>{_confusions(wrong)}</section>")
    return "\n".join(parts)


def _per_intent(answers: Sequence[Answer]) -> str:
    rows = []
    for intent in sorted({one.expected for one in answers}):
        asked = [one for one in answers if one.expected == intent]
        taken = [one for one in answers if one.got == intent]
        found = sum(one.right for one in asked)
        true = sum(one.expected == intent for one in taken)
        recall, precision = found / len(asked), true / max(len(taken), 1)
        rows.append(
            f"<tr><th scope='row'>{html.escape(intent)}</th><td>{len(asked)}</td>"
            f"{_bar(recall)}{_bar(precision if taken else recall)}</tr>"
        )
    head = _head("intent", "phrases", "recall", "precision")
    return f"<table>{head}<tbody>{''.join(rows)}</tbody></table>"


def _bar(share: float) -> str:
    return f"<td class='bar' style='--share:{share * 100:.0f}%'>{share:.0%}</td>"


def _matrix(answers: Sequence[Answer]) -> str:
    """What was expected (rows) and understood (columns); only classes that were ever confused."""
    wrong = [one for one in answers if not one.right]
    names = sorted({one.expected for one in wrong} | {one.got for one in wrong})
    if not names:
        return f"<p>{_both('none_wrong')}</p>"
    counts = Counter((one.expected, one.got) for one in answers)
    head = "".join(f"<th scope='col'><span>{html.escape(name)}</span></th>" for name in names)
    rows = "".join(
        f"<tr><th scope='row'>{html.escape(row)}</th>"
        + "".join(_cell(counts[row, column], row == column) for column in names)
        + "</tr>"
        for row in names
    )
    return (
        f"<div class='wide' tabindex='0'><table class='matrix'><thead><tr><td></td>{head}</tr>"
        f"</thead><tbody>{rows}</tbody></table></div>"
    )


def _cell(count: int, right: bool) -> str:
    if not count:
        return "<td></td>"
    strength = min(count * (4 if right else 18), 90)
    return f"<td class='{'hit' if right else 'miss'}' style='--strength:{strength}%'>{count}</td>"


def _confusions(wrong: Sequence[Answer]) -> str:
    if not wrong:
        return f"<p>{_both('none_wrong')}</p>"
    pairs = Counter((one.expected, one.got) for one in wrong).most_common(_MOST_CONFUSIONS)
    items = "".join(
        f"<details><summary>{html.escape(expected)} → {html.escape(got)} "
        f"<span class='count'>{count}</span></summary>{_phrases(wrong, expected, got)}</details>"
        for (expected, got), count in pairs
    )
    return f"<div class='confusions'>{items}</div>"


def _phrases(wrong: Iterable[Answer], expected: str, got: str) -> str:
    of_it = (one for one in wrong if (one.expected, one.got) == (expected, got))
    items = "".join(
        f"<li><bdi>{html.escape(one.phrase)}</bdi> "
        f"<span class='count'>{one.confidence:.2f}</span></li>"
        for one in of_it
    )
    return f"<ul>{items}</ul>"


def _head(*keys: str) -> str:
    cells = "".join(f"<th scope='col'>{_both(key)}</th>" for key in keys)
    return f"<thead><tr>{cells}</tr></thead>"


def _section(key: str, content: str, level: str = "h2") -> str:
    return f"<section><{level}>{_both(key)}</{level}>{content}</section>"
