"""What the history's commands work with."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

from switchyard_insights.service.exporting import ExportHours, ExportReport
from switchyard_insights.service.forgetting import EraseCustomer, PruneHistory
from switchyard_insights.service.overview import Overviews


@dataclass(frozen=True, slots=True)
class ToolsOrder:
    """Which history, and the folder of its exported hours, if there is one."""

    history: str
    folder: Path | None = None
    tell: Callable[[ExportReport], None] | None = None


@dataclass(frozen=True, slots=True)
class HistoryTools:
    """Use cases on an open history."""

    overviews: Overviews
    erase: EraseCustomer
    prune: PruneHistory
    export: ExportHours | None
    """None without a folder."""


type OpenTools = Callable[[ToolsOrder], AbstractAsyncContextManager[HistoryTools]]
