"""A recogniser that understands what it was told to, whenever somebody is loud."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import aclosing
from typing import override

import numpy as np
from switchyard_phone.domain.audio import FRAME_SECONDS
from switchyard_phone.service.recognition import (
    EndOfSpeech,
    Expected,
    Final,
    HeardEvent,
    NoInput,
    NoMatch,
    RecognizerDown,
    SpeechStarted,
)

Answer = Final | NoMatch | RecognizerDown

_LOUD = 1000
_STARTS_SECONDS = 0.3
_ENDS_SECONDS = 0.6


class ScriptedRecognizer:
    """The port Recognizer. What is loud for 0.3 s is speech, 0.6 s of quiet end it.

    Each time somebody has spoken, the next answer of the script is given; NoMatch when there is
    none left. RecognizerDown in the script is raised. Time is counted in frames, never by a clock.
    """

    def __init__(self, script: Iterable[Answer] = ()) -> None:
        self._script = deque(script)
        self.expected: list[Expected] = []
        """What each listener waited for."""
        self.listening = 0
        """How many listen now."""
        self.down = False
        """Set it: whoever begins to listen is refused."""

    def will_hear(self, *answers: Answer) -> None:
        """Add to the script."""
        self._script.extend(answers)

    async def listen(
        self, frames: AsyncIterator[bytes], expected: Expected
    ) -> AsyncGenerator[HeardEvent]:
        """As the port says."""
        self.expected.append(expected)
        if self.down:
            raise RecognizerDown("the script says so")
        self.listening += 1
        try:
            async for event in self._hear(frames, expected):
                yield event
        finally:
            self.listening -= 1

    async def _hear(
        self, frames: AsyncIterator[bytes], expected: Expected
    ) -> AsyncGenerator[HeardEvent]:
        waited = loud = quiet = 0.0
        speaking = False
        async for frame in frames:
            waited += FRAME_SECONDS
            if _is_loud(frame):
                loud, quiet = loud + FRAME_SECONDS, 0.0
            else:
                quiet += FRAME_SECONDS
                loud = loud if speaking else 0.0
            if not speaking and loud >= _STARTS_SECONDS:
                speaking = True
                yield SpeechStarted()
            elif speaking and quiet >= _ENDS_SECONDS:
                yield EndOfSpeech(loud)
                yield self._answer()
                return
            elif not speaking and not loud and waited >= expected.no_input_seconds:
                yield NoInput()
                return

    def _answer(self) -> HeardEvent:
        answer = self._script.popleft() if self._script else NoMatch()
        if isinstance(answer, RecognizerDown):
            raise answer
        return answer


class Ponderer(ScriptedRecognizer):
    """Never comes to an end with what it hears. `pondering`: somebody has said something."""

    pondering = False

    @override
    async def listen(
        self, frames: AsyncIterator[bytes], expected: Expected
    ) -> AsyncGenerator[HeardEvent]:
        async with aclosing(super().listen(frames, expected)) as events:
            async for event in events:
                yield event
                if isinstance(event, EndOfSpeech):
                    self.pondering = True
                    await asyncio.Event().wait()


def _is_loud(frame: bytes) -> bool:
    return bool(np.abs(np.frombuffer(frame, "<i2").astype(int)).max(initial=0) > _LOUD)
