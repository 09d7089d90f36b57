"""docs/metrics.md and docs/metrics.zh.md: every metric, its type, its labels, its meaning."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

import yaml

from deploy.monitoring.inventory import Described, metrics

_MEANINGS = Path(__file__).with_name("meanings.yml")
_PREFIX = "switchyard_"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What is said of a metric beside its help text, in both languages."""

    zh: str
    more: str = ""
    more_zh: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """The words of one language."""

    path: str
    head: str
    columns: str
    every_process: str
    kinds: Mapping[str, str]


PAGES = (
    Page(
        path="docs/metrics.md",
        head=(
            "# Metrics\n\n[中文](metrics.zh.md)\n\n"
            "Written by `make monitoring` from the code of the processes; a test fails "
            "when this page and the code differ. Every process answers `/metrics`; "
            "`deploy/prometheus/prometheus.yml` scrapes a `make run`. What wakes somebody: "
            "[alerts](alerts.md).\n\n"
            "A histogram is asked for as `…_bucket`, `…_count` and `…_sum`. Prometheus knows the "
            "present only: no label names a customer, an agent, a contact or a conversation. First "
            "contact resolution, satisfaction and figures of agents are SQL on the "
            "[history](history-store.md).\n"
        ),
        columns="| metric | type | labels | meaning |",
        every_process="every process",
        kinds={},
    ),
    Page(
        path="docs/metrics.zh.md",
        head=(
            "# 指标\n\n[English](metrics.md)\n\n"
            "本页由 `make monitoring` 根据各进程的代码生成；与代码不一致时测试会失败。"
            "每个进程都有 `/metrics`；`deploy/prometheus/prometheus.yml` 抓取一次 `make run`。"
            "哪些情况会告警：[告警](alerts.zh.md)。\n\n"
            "直方图以 `…_bucket`、`…_count`、`…_sum` 查询。Prometheus 只反映当下："
            "没有任何标签指明客户、坐席、联络或会话。首次解决率、满意度和坐席个人数据用 SQL "
            "查询[历史](history-store.zh.md)。\n"
        ),
        columns="| 指标 | 类型 | 标签 | 含义 |",
        every_process="所有进程",
        kinds={"counter": "计数器", "gauge": "仪表", "histogram": "直方图"},
    ),
)


@cache
def meanings() -> dict[str, Meaning]:
    """By name without `switchyard_`, as the file has them."""
    read = yaml.safe_load(_MEANINGS.read_text(encoding="utf-8"))
    return {
        name: Meaning(said) if isinstance(said, str) else Meaning(**said)
        for name, said in read.items()
    }


def key(metric: Described) -> str:
    """The name under which the file has a metric."""
    name = metric.name.removeprefix(_PREFIX)
    _service, rpc, rest = name.partition("_rpc_")
    return f"*{rpc}{rest}" if rpc else name


def render(page: Page) -> str:
    """A whole page; KeyError for a metric without a Chinese meaning."""
    parts = [page.head]
    for process, found in groupby(metrics(), key=lambda each: each.process):
        parts.append(_section(page, process, found))
    return "\n".join(parts)


def _section(page: Page, process: str, found: Iterable[Described]) -> str:
    title = page.every_process if process == "every process" else f"`{process}`"
    rows = "\n".join(_row(page, each) for each in found)
    return f"## {title}\n\n{page.columns}\n|---|---|---|---|\n{rows}\n"


def _row(page: Page, metric: Described) -> str:
    said = meanings()[key(metric)]
    if page.kinds:
        text = f"{said.zh}{said.more_zh}"
    else:
        text = f"{metric.meaning.removesuffix('.')}. {said.more}".rstrip()
    kind = page.kinds.get(metric.kind, metric.kind)
    labels = ", ".join(f"`{label}`" for label in metric.labels) or "–"
    return f"| `{metric.name}` | {kind} | {labels} | {text.replace('|', '·')} |"
