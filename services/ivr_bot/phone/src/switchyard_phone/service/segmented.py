"""A recogniser made of a detector of voices and an engine for whole utterances.

Engines that understand while somebody speaks are a `Recognizer` themselves and need none of this.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from switchyard_phone.domain.audio import FRAME_SECONDS
from switchyard_phone.domain.hearing import Endpoints, Segmenter, Spoken, Windows
from switchyard_phone.service.recognition import (
    EndOfSpeech,
    Expected,
    Final,
    HeardEvent,
    NoInput,
    NoMatch,
    SpeechStarted,
)


@dataclass(frozen=True, slots=True)
class Transcript:
    """What one utterance is understood as."""

    text: str
    confidence: float
    """0 to 1."""
    phrase: str = ""
    """Id of the expected phrase that this is, if there is one."""


class VoiceStream(Protocol):
    """One listener's windows, in order."""

    async def probability(self, window: bytes) -> float:
        """How likely this window (domain/hearing.py) is speech, 0 to 1. RecognizerDown."""
        ...


class VoiceDetector(Protocol):
    """Tells speech from everything else."""

    def stream(self) -> VoiceStream:
        """For one listener; needs no closing."""
        ...


class Transcriber(Protocol):
    """Understands an utterance as a whole."""

    async def transcribe(self, sound: bytes, expected: Expected) -> Transcript | None:
        """What is said in this sound (8 kHz, 16 bit); None if nothing usable. RecognizerDown."""
        ...


class Segmented:
    """The port Recognizer on top of a VoiceDetector and any Transcriber.

    Time is what the frames last. What is below `least_confidence` is NoMatch.
    """

    def __init__(
        self,
        detector: VoiceDetector,
        transcriber: Transcriber,
        rules: Endpoints,
        least_confidence: float,
    ) -> None:
        self._detector = detector
        self._transcriber = transcriber
        self._rules = rules
        self._least = least_confidence

    async def listen(
        self, frames: AsyncIterator[bytes], expected: Expected
    ) -> AsyncGenerator[HeardEvent]:
        """As the port says. While an utterance is being understood no frames are taken."""
        segmenter, windows = Segmenter(self._rules), Windows()
        voices = self._detector.stream()
        waited = 0.0
        async for frame in frames:
            waited += FRAME_SECONDS
            window = windows.push(frame)
            if window is None:
                continue
            heard = segmenter.push(window, await voices.probability(window))
            if isinstance(heard, Spoken):
                yield EndOfSpeech(heard.seconds)
                yield await self._understood(heard.sound, expected)
                return
            if heard is not None:
                yield SpeechStarted()
            elif _nobody(segmenter) and waited >= expected.no_input_seconds:
                yield NoInput()
                return

    async def _understood(self, sound: bytes, expected: Expected) -> HeardEvent:
        said = await self._transcriber.transcribe(sound, expected)
        if said is None or said.confidence < self._least:
            return NoMatch()
        return Final(said.text, said.confidence, said.phrase)


def _nobody(segmenter: Segmenter) -> bool:
    """Whoever has just begun to speak when the time is up is heard out."""
    return not segmenter.speaking and not segmenter.stirring
