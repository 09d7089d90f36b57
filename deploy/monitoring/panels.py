"""Dashboards as Grafana reads them: panels in rows, titled in two languages."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_COLUMNS = 24
_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
AUTO = "__auto"
"""The legend that Grafana makes from a series' labels."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel. `queries` are expressions by their legend; `title` is `English · 中文`.

    `steps`: colours from a value on, None for the lowest; drawn as a line where there is time.
    """

    title: str
    said: str
    queries: Mapping[str, str]
    kind: str = "timeseries"
    unit: str = "short"
    least: float | None = None
    most: float | None = None
    steps: tuple[tuple[str, float | None], ...] = ()
    width: int = 12
    height: int = 8


@dataclass(frozen=True, slots=True)
class Board:
    """One dashboard; `name` is its file's and ends its uid."""

    name: str
    title: str
    panels: tuple[Panel, ...]
    refresh: str = "30s"
    since: str = "now-6h"
    variables: tuple[tuple[str, str], ...] = field(default=())
    """(label, query) of lists to choose from, each named like the label: `queue` becomes $queue."""

    def text(self) -> str:
        """The file."""
        return json.dumps(self._json(), indent=2, ensure_ascii=False) + "\n"

    def _json(self) -> dict[str, Any]:
        return {
            "uid": f"switchyard-{self.name}",
            "title": self.title,
            "tags": ["switchyard"],
            "timezone": "browser",
            "schemaVersion": 39,
            "version": 1,
            "refresh": self.refresh,
            "time": {"from": self.since, "to": "now"},
            "templating": {"list": [_DATASOURCE, *map(_variable, self.variables)]},
            "panels": [
                _panel(number, panel, at)
                for number, (panel, at) in enumerate(_placed(self.panels), 1)
            ],
        }


def stat(title: str, said: str, query: str, *, legend: str = AUTO, **more: Any) -> Panel:
    """A number."""
    return Panel(title, said, {legend: query}, **{"kind": "stat", "width": 6, "height": 4, **more})


def graph(title: str, said: str, queries: Mapping[str, str], **more: Any) -> Panel:
    """Lines over time."""
    return Panel(title, said, queries, **more)


def bars(title: str, said: str, query: str, *, legend: str = AUTO, **more: Any) -> Panel:
    """A bar for each value of a label, now."""
    return Panel(title, said, {legend: query}, **{"kind": "bargauge", **more})


def quantiles(histogram: str, *shares: float, by: str = "", where: str = "") -> dict[str, str]:
    """Quantiles of a histogram over time, by their legend: `p95`."""
    labels = f"le, {by}" if by else "le"
    rate = f"sum by ({labels}) (rate({histogram}_bucket{where}[$__rate_interval]))"
    suffix = f" {{{{{by}}}}}" if by else ""
    return {
        f"p{round(share * 100)}{suffix}": f"histogram_quantile({share}, {rate})" for share in shares
    }


def rates(counter: str, by: str, where: str = "") -> dict[str, str]:
    """Events per second, by a label."""
    return {f"{{{{{by}}}}}": f"sum by ({by}) (rate({counter}{where}[$__rate_interval]))"}


_DATASOURCE = {
    "name": "datasource",
    "label": "Prometheus",
    "type": "datasource",
    "query": "prometheus",
    "current": {},
}


def _variable(choice: tuple[str, str]) -> dict[str, Any]:
    name, query = choice
    return {
        "name": name,
        "label": name,
        "type": "query",
        "datasource": _SOURCE,
        "query": {"query": query, "refId": name},
        "refresh": 2,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }


def _placed(panels: Sequence[Panel]) -> Iterator[tuple[Panel, dict[str, int]]]:
    """Panels and where they are: the next one beside the last, or below the row if it is full."""
    x = y = row = 0
    for panel in panels:
        if x + panel.width > _COLUMNS:
            x, y, row = 0, y + row, 0
        yield panel, {"x": x, "y": y, "w": panel.width, "h": panel.height}
        x, row = x + panel.width, max(row, panel.height)


def _panel(number: int, panel: Panel, at: Mapping[str, int]) -> dict[str, Any]:
    return {
        "id": number,
        "title": panel.title,
        "type": panel.kind,
        "description": panel.said,
        "datasource": _SOURCE,
        "gridPos": dict(at),
        "targets": [
            {"datasource": _SOURCE, "expr": query, "legendFormat": legend, "refId": chr(65 + index)}
            for index, (legend, query) in enumerate(panel.queries.items())
        ],
        "fieldConfig": {"defaults": _defaults(panel), "overrides": []},
        "options": {},
    }


def _defaults(panel: Panel) -> dict[str, Any]:
    shown: dict[str, Any] = {"unit": panel.unit}
    if panel.least is not None:
        shown["min"] = panel.least
    if panel.most is not None:
        shown["max"] = panel.most
    if panel.steps:
        steps = [{"color": colour, "value": value} for colour, value in panel.steps]
        shown["thresholds"] = {"mode": "absolute", "steps": steps}
        shown["custom"] = {"thresholdsStyle": {"mode": "line"}}
    return shown
