"""Shows the logs of all processes as one coloured stream."""

import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text
from switchyard_common.terminal import printable

from switchyard_launcher.logfiles import Follower, LogLine, details, merge

_POLL_SECONDS = 0.3
_LEVEL_STYLES = {"debug": "dim", "warning": "yellow", "error": "red", "critical": "bold red"}
_PROCESS_STYLES = ("cyan", "green", "magenta", "blue", "bright_cyan", "bright_green")


class LogView:
    """Lines of chosen processes, of one contact if one is given."""

    def __init__(
        self, console: Console, folder: Path, processes: Sequence[str], contact: str
    ) -> None:
        self._console = console
        self._folder = folder
        self._processes = processes
        self._contact = contact
        self._followers: dict[Path, Follower] = {}

    @property
    def known(self) -> list[str]:
        """The processes that have a log."""
        return sorted(path.stem for path in self._folder.glob("*.log"))

    def show(self) -> int:
        """Shows what has been written since the last call; returns how many lines were shown."""
        for path in sorted(self._folder.glob("*.log")):
            if not self._processes or path.stem in self._processes:
                self._followers.setdefault(path, Follower(path))
        count = 0
        for line in merge([follower.read() for follower in self._followers.values()]):
            if self._contact in line.text:
                self._console.print(self._styled(line), soft_wrap=True)
                count += 1
        return count

    def follow(self) -> None:
        """Shows new lines until Ctrl-C."""
        try:
            while True:
                self.show()
                time.sleep(_POLL_SECONDS)
        except KeyboardInterrupt:
            return

    def _styled(self, line: LogLine) -> Text:
        name_style = _PROCESS_STYLES[sum(map(ord, line.process)) % len(_PROCESS_STYLES)]
        text = Text(f"{line.process:<12}", style=name_style)
        if line.data is None:
            return text.append(printable(line.text))
        level = str(line.data.get("level", ""))
        text.append(printable(f"{clock(line.timestamp):<13}"), style="dim")
        text.append(
            printable(str(line.data.get("event", ""))), style=_LEVEL_STYLES.get(level, "bold")
        )
        for key, value in details(line.data):
            text.append(printable(f" {key}="), style="dim").append(printable(str(value)))
        if "exception" in line.data:
            text.append(printable(f"\n{line.data['exception']}"), style="red")
        return text


def clock(timestamp: str) -> str:
    """The time of day in an ISO timestamp, to the millisecond."""
    return timestamp.partition("T")[2].rstrip("Z")[:12]
