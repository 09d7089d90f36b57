"""Understands utterances by Whisper in a pool of processes: the port Transcriber."""

import json

from switchyard_phone.adapters.speech.pool import Pool
from switchyard_phone.domain.understanding import (
    PhraseFit,
    Understood,
    best_phrase,
    text_confidence,
)
from switchyard_phone.service.recognition import Expected
from switchyard_phone.service.segmented import Transcript


class WhisperTranscriber:
    """Asks a pool of `engine/text.py`.

    A phrase that fits by `least_phrase` or more is what was said; otherwise the text is, if it is
    any: a caller may say something that no phrase foresees.
    """

    def __init__(self, pool: Pool, least_phrase: float) -> None:
        self._pool = pool
        self._least_phrase = least_phrase

    async def transcribe(self, sound: bytes, expected: Expected) -> Transcript | None:
        """What is said; None for silence, noise and loops. RecognizerDown."""
        phrases = {name: list(ways) for name, ways in expected.phrases.items()}
        wish = {"language": expected.language, "phrases": phrases}
        told = await self._pool.ask(json.dumps(wish).encode() + b"\n" + sound)
        return judged(understood(told), self._least_phrase)


def understood(told: bytes) -> Understood:
    """What the engine told."""
    said = json.loads(told)
    return Understood(
        text=said["text"],
        log_probability=said["log_probability"],
        no_speech=said["no_speech"],
        compression=said["compression"],
        phrases={name: PhraseFit(*fit) for name, fit in said["phrases"].items()},
    )


def judged(heard: Understood, least_phrase: float) -> Transcript | None:
    """The phrase if one fits, else the text, else nothing."""
    phrase, sure = best_phrase(heard)
    if sure >= least_phrase:
        return Transcript(heard.text, sure, phrase)
    confidence = text_confidence(heard)
    return Transcript(heard.text, confidence) if confidence else None
