"""One screen that shows what goes on."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import RenderableType
from rich.layout import Layout
from rich.panel import Panel
from rich.table import Table
from rich.text import Text
from switchyard_common.terminal import printable

from switchyard_launcher.board import Board, QueueFigures
from switchyard_launcher.child import Child, State

_KIND_STYLES = {
    "contact.queued": "cyan",
    "contact.connected": "green",
    "contact.completed": "dim",
    "contact.abandoned": "red",
    "offer.timed_out": "yellow",
    "offer.declined": "yellow",
}
_FRAME_LINES = 3  # a panel's border and a table's heading


def render(
    board: Board, children: Sequence[Child], addresses: Sequence[tuple[str, str]], height: int
) -> RenderableType:
    """The whole screen, `height` lines high."""
    middle = max(len(children), len(board.queues)) + _FRAME_LINES + 1
    top = len(addresses) + 2
    layout = Layout()
    layout.split_column(
        Layout(_addresses(addresses), size=top),
        Layout(name="middle", size=middle),
        Layout(_events(board, height - top - middle), name="events"),
    )
    layout["middle"].split_row(
        Layout(_queues(board), ratio=3), Layout(_processes(children), ratio=2)
    )
    return layout


def _addresses(addresses: Sequence[tuple[str, str]]) -> Panel:
    grid = Table.grid(padding=(0, 2))
    for what, where in addresses:
        grid.add_row(what, Text(where, style="bold"))
    return Panel(grid, title="Switchyard", subtitle="Ctrl-C stops everything")


def _queues(board: Board) -> Panel:
    table = _table("queue", "waiting", "longest", "free", "staff", "talking", "ASA", "lost", "SL")
    for figures in sorted(board.queues.values(), key=lambda figures: figures.name):
        table.add_row(*_cells(figures), style="" if figures.waiting == 0 else "bold")
    return Panel(table, title="queues", subtitle=board.trouble or None)


def _cells(figures: QueueFigures) -> tuple[str, ...]:
    level = figures.service_level
    return (
        figures.name,
        str(figures.waiting),
        f"{figures.longest_wait_seconds:.0f} s",
        str(figures.available),
        str(figures.staffed),
        str(figures.connected),
        f"{figures.mean_wait_seconds:.0f} s",
        str(figures.abandoned),
        "–" if level is None else f"{level:.0%}",
    )


def _processes(children: Sequence[Child]) -> Panel:
    table = _table("process", "state", "pid", "MB")
    for child in children:
        style = "dim" if child.state is State.DONE else ""
        megabytes = resident_megabytes(child.pid)
        table.add_row(
            child.spec.name,
            child.state.value,
            str(child.pid or ""),
            f"{megabytes:.0f}" if megabytes else "",
            style=style,
        )
    return Panel(table, title="processes")


def _events(board: Board, height: int) -> Panel:
    table = Table.grid(padding=(0, 2))
    shown = max(0, height - 2)
    for line in list(board.events)[-shown:] if shown else ():
        style = _KIND_STYLES.get(line.kind, "")
        table.add_row(
            line.clock,
            Text(line.kind, style=style),
            Text(printable(line.subject)),
            Text(printable(line.words)),
        )
    return Panel(table, title=f"events ({board.event_count} so far, times in UTC)")


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, padding=(0, 1), header_style="dim")
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def resident_megabytes(pid: int | None) -> float:
    """Memory that a process and its own children hold, in MB; 0 where it cannot be known."""
    if pid is None:
        return 0.0
    process = Path(f"/proc/{pid}")
    try:
        status = (process / "status").read_text()
        children = (process / f"task/{pid}/children").read_text().split()
    except OSError:  # it has just ended, or this is not Linux
        return 0.0
    own = next((line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")), "0")
    return int(own) / 1024 + sum(resident_megabytes(int(child)) for child in children)
