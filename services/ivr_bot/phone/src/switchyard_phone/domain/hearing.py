"""When somebody speaks: cuts what is heard into what is said. A machine without a clock or a model.

It is given windows of sound, each with the probability that it is speech, and counts their time.
"""

from collections import deque
from dataclasses import dataclass

from switchyard_phone.domain.audio import SAMPLE_RATE

WINDOW_SAMPLES = 256
"""What is judged at a time: 32 ms."""
WINDOW_BYTES = 2 * WINDOW_SAMPLES
WINDOW_SECONDS = WINDOW_SAMPLES / SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class Endpoints:
    """What counts as speech, and when it is over; in seconds."""

    starts_seconds: float = 0.3
    """Shorter is a cough, a click, a door."""
    ends_seconds: float = 0.7
    """So long a silence ends what is said; shorter ones are pauses in it."""
    longest_seconds: float = 15.0
    """Whoever speaks for longer is cut off there."""
    before_seconds: float = 0.3
    """Kept from before the start: the first sounds of a word are quiet."""
    speech: float = 0.5
    """Probability above which a window is speech …"""
    quiet: float = 0.35
    """… and below which it is none; in between it is what the window before was."""


@dataclass(frozen=True, slots=True)
class Started:
    """Speech has gone on for long enough to count."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """What was said, from a moment before it to its end."""

    sound: bytes
    seconds: float
    """How long was spoken, without what was kept around it."""


class Segmenter:
    """Finds the first thing that is said. One for each time somebody listens; at most
    `longest_seconds` and a little more of sound are held."""

    def __init__(self, rules: Endpoints) -> None:
        self._rules = rules
        before = round((rules.before_seconds + rules.starts_seconds) / WINDOW_SECONDS)
        self._before: deque[bytes] = deque(maxlen=max(1, before))
        self._said: list[bytes] = []
        self._voiced = False
        self._speech_seconds = 0.0
        self._quiet_seconds = 0.0

    @property
    def speaking(self) -> bool:
        """Whether speech has started, by the rules."""
        return bool(self._said)

    @property
    def stirring(self) -> bool:
        """Whether something that may become speech is heard right now."""
        return self._voiced

    def push(self, window: bytes, probability: float) -> Started | Spoken | None:
        """What this window makes of it. After Spoken nothing more may be pushed."""
        if probability >= self._rules.speech:
            self._voiced = True
        elif probability < self._rules.quiet:
            self._voiced = False
        if self.speaking:
            return self._go_on(window)
        return self._wait(window)

    def _wait(self, window: bytes) -> Started | None:
        self._before.append(window)
        self._speech_seconds = self._speech_seconds + WINDOW_SECONDS if self._voiced else 0.0
        if self._speech_seconds < self._rules.starts_seconds:
            return None
        self._said = list(self._before)
        self._before.clear()
        return Started()

    def _go_on(self, window: bytes) -> Spoken | None:
        self._said.append(window)
        if self._voiced:
            self._speech_seconds += self._quiet_seconds + WINDOW_SECONDS
            self._quiet_seconds = 0.0
        else:
            self._quiet_seconds += WINDOW_SECONDS
        over = self._quiet_seconds >= self._rules.ends_seconds
        if not over and self._speech_seconds + self._quiet_seconds < self._rules.longest_seconds:
            return None
        return Spoken(b"".join(self._said), self._speech_seconds)


class Windows:
    """Makes windows of frames; keeps less than one window."""

    def __init__(self) -> None:
        self._rest = b""

    def push(self, frame: bytes) -> bytes | None:
        """The next window, if there is a whole one. A frame is shorter than a window."""
        self._rest += frame
        if len(self._rest) < WINDOW_BYTES:
            return None
        window, self._rest = self._rest[:WINDOW_BYTES], self._rest[WINDOW_BYTES:]
        return window
