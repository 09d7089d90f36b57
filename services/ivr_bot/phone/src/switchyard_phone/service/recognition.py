"""What a caller says, as use cases hear it: the port behind which speech engines stand.

The words are those of MRCP (RFC 6787): NoInput, NoMatch, a final result with its confidence.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The caller has spoken for long enough that it is no cough."""


@dataclass(frozen=True, slots=True)
class Partial:
    """What was understood so far; only from engines that can tell."""

    text: str


@dataclass(frozen=True, slots=True)
class EndOfSpeech:
    """The caller has stopped; what was said is being understood."""

    seconds: float
    """How long was spoken."""


@dataclass(frozen=True, slots=True)
class Final:
    """What was said."""

    text: str
    confidence: float
    """0 to 1; measured, not promised by the engine: see docs/telephony.md."""
    phrase: str = ""
    """Id of the expected phrase that this is, if phrases were expected and one fits."""


@dataclass(frozen=True, slots=True)
class NoInput:
    """Nothing was said in time."""


@dataclass(frozen=True, slots=True)
class NoMatch:
    """Something was said that cannot be used: noise, too short, or of no expected phrase."""


HeardEvent = SpeechStarted | Partial | EndOfSpeech | Final | NoInput | NoMatch


@dataclass(frozen=True, slots=True)
class Expected:
    """What a listener waits for."""

    language: str
    """zh or en."""
    phrases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Closed set: ways to say it, by id of the phrase. Empty: anything."""
    no_input_seconds: float = 6.0
    """From now until NoInput, unless speech has started."""


class RecognizerDown(Exception):
    """The engine does not answer; keys go on."""


class Recognizer(Protocol):
    """Understands speech."""

    def listen(
        self, frames: AsyncIterator[bytes], expected: Expected
    ) -> AsyncGenerator[HeardEvent]:
        """What is heard in these frames (20 ms, 16 bit, 8 kHz), until the first result.

        Ends after Final, NoInput or NoMatch, and when the frames end. Closing it (`aclose`) stops
        the listening at once. RecognizerDown if the engine died or is too busy.
        """
        ...
