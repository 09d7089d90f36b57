"""Keys as the network reports them, each once, even when a release is never reported."""

_LONGEST_SECONDS = 4.0
"""A key that is held for longer counts as released."""


class Keypad:
    """Turns presses and releases into keys. Each method returns (key, seconds) of keys to tell."""

    def __init__(self) -> None:
        self._down: tuple[str, float] | None = None

    def pressed(self, key: str, now: float) -> list[tuple[str, float]]:
        """A key goes down; one that was still down has been released unheard."""
        before = self.released(now)
        self._down = (key, now)
        return before

    def released(self, now: float) -> list[tuple[str, float]]:
        """The key goes up."""
        if self._down is None:
            return []
        key, since = self._down
        self._down = None
        return [(key, max(0.0, now - since))]

    def overdue(self, now: float) -> list[tuple[str, float]]:
        """Look whether a key has been down for too long."""
        if self._down is None or now - self._down[1] < _LONGEST_SECONDS:
            return []
        return self.released(now)
