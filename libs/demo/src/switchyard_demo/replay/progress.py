"""How far a replay is: a bar on a terminal, now and then a line elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from switchyard_demo.replay.log_clock import Hours
from switchyard_demo.replay.run import Progress

_LINES = 10


class _Shown:
    def __init__(self, bar: Bar, hours: Hours, calls: int) -> None:
        self._bar, self._first = bar, hours.first_second
        total = hours.closing_second - hours.first_second
        self._task = bar.add_task("", total=total, over=0, calls=calls, clock="")

    def tick(self, log_second: float, over: int) -> None:
        done = max(0.0, log_second - self._first)
        self._bar.update(self._task, completed=done, over=over, clock=clock(log_second))


class _Lines:
    def __init__(self, console: Console, hours: Hours, calls: int) -> None:
        self._console, self._calls = console, calls
        self._step = (hours.closing_second - hours.first_second) / _LINES
        self._next = hours.first_second

    def tick(self, log_second: float, over: int) -> None:
        if log_second >= self._next:
            self._console.print(f"{clock(log_second)}  {over} of {self._calls} calls over")
            self._next = log_second + self._step


@contextmanager
def showing(console: Console, hours: Hours, calls: int) -> Iterator[Progress]:
    """Progress through the hours of a day with so many calls."""
    if not console.is_terminal:
        yield _Lines(console, hours, calls)
        return
    columns = (
        TextColumn("{task.fields[clock]}"),
        BarColumn(bar_width=None),
        TextColumn("{task.fields[over]} of {task.fields[calls]} calls over"),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=console, transient=True) as bar:
        yield _Shown(bar, hours, calls)


def clock(seconds: float) -> str:
    """A second of the day as people read it; hours go on after midnight."""
    whole = int(max(0.0, seconds))
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
