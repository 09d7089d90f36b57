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

    def bot_retry(self, cause: str) -> None:
        """The bot was away, and is waited for."""
        ...

    def waiting_for_bot(self, turns: int) -> None:
        """So many turns wait for the bot to come back."""
        ...

    def fallback(self, language: str) -> None:
        """The bot did not understand a message; zh or en."""
        ...

    def handover_reason(self, reason: str) -> None:
        """The bot, or the customer, asked for a person for this reason."""
        ...

    def survey(self, csat: int) -> None:
        """A survey was answered with 1 to 5, or 0 for none."""
        ...

    def ended(self, outcome: str, channel: str) -> None:
        """A conversation in which something was said is over."""
        ...

    def active(self, conversations: int) -> None:
        """So many conversations are open, over all processes."""
        ...

    def handover(self, outcome: str) -> None:
        """A hand-over went on: asked, queued, joined, left, or the notice that says why not."""
        ...

    def message(self, role: str) -> None:
        """A message was stored."""
        ...
