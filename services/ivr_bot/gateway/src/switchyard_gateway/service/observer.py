"""What the use cases tell whoever counts."""

from typing import Protocol


class Observer(Protocol):
    """Counts what happens; knows no texts and no ids."""

    def turn(self, outcome: str, seconds: float) -> None:
        """The bot's turn ended: answered, handed_over, overtaken or error."""
        ...

    def bot_error(self, cause: str) -> None:
        """The bot failed, by the cause of BotFailed, or crashed where the fault is ours."""
        ...

    def handover(self, outcome: str) -> None:
        """A hand-over went on: asked, queued, joined, left, or the notice that says why not."""
        ...

    def message(self, role: str) -> None:
        """A message was stored."""
        ...
