"""What is counted of speech engines; the process's metrics extend it."""


class SpeechMeter:
    """Counts nothing. `engine` is voice or text."""

    def queued(self, engine: str, seconds: float) -> None:
        """A piece of work waited so long for a free process."""

    def worked(self, engine: str, seconds: float) -> None:
        """A process took so long for it."""

    def failed(self, engine: str, why: str) -> None:
        """A piece of work came to nothing: busy, late, died or down."""

    def restarted(self, engine: str) -> None:
        """A process had ended and is started anew."""

    def ready(self, engine: str, processes: int) -> None:
        """So many processes can work now."""
