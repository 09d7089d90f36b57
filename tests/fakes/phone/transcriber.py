"""Engines of speech without a model."""

from collections.abc import Iterable

import numpy as np
from switchyard_phone.service.recognition import Expected, RecognizerDown
from switchyard_phone.service.segmented import Transcript

_LOUD = 1000


class LoudIsSpeech:
    """The port VoiceDetector: what is loud is speech."""

    def stream(self) -> "LoudIsSpeech":
        return self

    async def probability(self, window: bytes) -> float:
        loudest = np.abs(np.frombuffer(window, "<i2").astype(int)).max(initial=0)
        return float(loudest > _LOUD)


class ScriptedTranscriber:
    """The port Transcriber: the next answer of a script, None when there is none left."""

    def __init__(self, script: Iterable[Transcript | RecognizerDown | None] = ()) -> None:
        self.script = list(script)
        self.sounds: list[bytes] = []
        """What was to be understood."""

    async def transcribe(self, sound: bytes, expected: Expected) -> Transcript | None:
        self.sounds.append(sound)
        answer = self.script.pop(0) if self.script else None
        if isinstance(answer, RecognizerDown):
            raise answer
        return answer
