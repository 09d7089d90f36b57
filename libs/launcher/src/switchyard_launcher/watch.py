"""Shows the board until it is cancelled: as a live screen, or as lines where there is no screen."""

import asyncio
from collections.abc import Sequence

from rich.console import Console
from rich.live import Live

from switchyard_launcher.board import Board
from switchyard_launcher.child import Child
from switchyard_launcher.screen import render

_REFRESH_SECONDS = 1.0
_LINE_SECONDS = 10.0


async def watch(
    console: Console, board: Board, children: Sequence[Child], addresses: Sequence[tuple[str, str]]
) -> None:
    """Runs until it is cancelled; what the live screen covered is then back."""
    if not console.is_terminal:
        await _as_lines(console, board)
        return
    with Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            screen = render(board, children, addresses, console.height)
            live.update(screen, refresh=True)
            await asyncio.sleep(_REFRESH_SECONDS)


async def _as_lines(console: Console, board: Board) -> None:
    shown = ""
    while True:
        line = summary(board)
        if line != shown:
            console.print(line, markup=False, highlight=False, soft_wrap=True)
            shown = line
        await asyncio.sleep(_LINE_SECONDS)


def summary(board: Board) -> str:
    """The board in one line."""
    queues = " · ".join(
        f"{figures.name}: {figures.waiting} waiting, {figures.available} free, "
        f"{figures.answered}/{figures.offered} answered"
        for figures in sorted(board.queues.values(), key=lambda figures: figures.name)
    )
    return f"{board.event_count} events · {queues or board.trouble or 'no figures yet'}"
