"""docs/alerts.md and docs/alerts.zh.md: every alert, how urgent it is, and where its runbook is."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

RULES = Path(__file__).resolve().parents[1] / "prometheus" / "rules"


@dataclass(frozen=True, slots=True)
class Alert:
    """One alerting rule, as its file has it."""

    name: str
    expr: str
    after: str
    labels: Mapping[str, str]
    said: Mapping[str, str]

    @property
    def severity(self) -> str:
        """How urgent it is."""
        return self.labels["severity"]

    @property
    def runbook(self) -> str:
        """Its page, from the root of the repository."""
        return self.said["runbook"]


@dataclass(frozen=True, slots=True)
class Words:
    """One language's words."""

    path: str
    suffix: str
    page_suffix: str
    head: str
    columns: str
    at_once: str


WORDS = (
    Words(
        path="docs/alerts.md",
        suffix="",
        page_suffix="",
        head=(
            "# Alerts\n\n[中文](alerts.zh.md)\n\n"
            "Written by `make monitoring` from `deploy/prometheus/rules`; a test fails when this "
            "page and the rules differ. `critical` wakes somebody, `warning` is for working hours, "
            "`info` for the next look at the figures. Each alert carries `summary` and `do` in "
            "English and Chinese, and `runbook`, the page below. Every alert is shown to fire and "
            "not to fire: `promtool test rules deploy/prometheus/tests/*.yml`.\n\n"
            "Thresholds are in the rules; those of queues follow each queue's own goal and target."
            "\n"
        ),
        columns="| alert | severity | after | says |",
        at_once="at once",
    ),
    Words(
        path="docs/alerts.zh.md",
        suffix="_zh",
        page_suffix=".zh",
        head=(
            "# 告警\n\n[English](alerts.md)\n\n"
            "本页由 `make monitoring` 根据 `deploy/prometheus/rules` 生成；"
            "与规则不一致时测试会失败。"
            "`critical` 需要立即处理，`warning` 在工作时间处理，`info` 下次查看数据时处理。"
            "每个告警都带有中英文的说明（`summary`）与处理办法（`do`），以及处理手册（`runbook`）。"
            "每个告警都经过测试，该响时响，不该响时不响："
            "`promtool test rules deploy/prometheus/tests/*.yml`。\n\n"
            "阈值写在规则里；队列的阈值取决于各队列自己的目标。\n"
        ),
        columns="| 告警 | 级别 | 持续 | 说明 |",
        at_once="立即",
    ),
)


@cache
def alerts() -> dict[str, tuple[Alert, ...]]:
    """All alerts, by the name of their file without its suffix."""
    return {path.stem: tuple(_read(path)) for path in sorted(RULES.glob("*.yml"))}


def recorded() -> dict[str, str]:
    """Expressions of the recording rules, by the name of their series."""
    return {rule["record"]: rule["expr"] for path in _files() for rule in _rules(path, "record")}


def render(words: Words) -> str:
    """A whole page."""
    parts = [words.head]
    for file, found in alerts().items():
        rows = "\n".join(_row(words, each) for each in found)
        parts.append(f"## `{file}.yml`\n\n{words.columns}\n|---|---|---|---|\n{rows}\n")
    return "\n".join(parts)


def _row(words: Words, alert: Alert) -> str:
    page = alert.runbook.removeprefix("docs/").removesuffix(".md") + words.page_suffix
    said = _plain(alert.said[f"summary{words.suffix}"])
    link = f"[{alert.name}]({page}.md)"
    return f"| {link} | {alert.severity} | {alert.after or words.at_once} | {said} |"


def _plain(summary: str) -> str:
    """The text without Prometheus's templates: `{{ $labels.queue }}` becomes `queue`."""
    for part in summary.split("{{")[1:]:
        template = part.partition("}}")[0]
        name = template.strip().removeprefix("$labels.").removeprefix("$value").strip(" |")
        shown = "…" if "$value" in template else f"*{name}*"
        summary = summary.replace(f"{{{{{template}}}}}", shown)
    return summary


def _files() -> list[Path]:
    return sorted(RULES.glob("*.yml"))


def _rules(path: Path, kind: str) -> list[dict[str, Any]]:
    groups = yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"] if kind in rule]


def _read(path: Path) -> list[Alert]:
    return [
        Alert(rule["alert"], rule["expr"], rule.get("for", ""), rule["labels"], rule["annotations"])
        for rule in _rules(path, "alert")
    ]
