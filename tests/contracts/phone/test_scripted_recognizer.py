"""The contract of a recogniser on the one that tests use."""

import pytest
from switchyard_phone.domain.hearing import Endpoints
from switchyard_phone.service.recognition import Final, RecognizerDown
from switchyard_phone.service.segmented import Segmented, Transcript

from tests.contracts.phone.recognizer_contract import RecognizerContract, World
from tests.fakes.phone.recognizer import ScriptedRecognizer
from tests.fakes.phone.sounds import tone
from tests.fakes.phone.transcriber import LoudIsSpeech, ScriptedTranscriber

pytestmark = pytest.mark.unit

_WORDS = tone(400, 1.0)


class TestScripted(RecognizerContract):
    """The fake that calls are tested with."""

    @pytest.fixture
    def world(self) -> World:
        recognizer = ScriptedRecognizer([Final("hello", 0.9)] * 5)

        async def break_down() -> None:
            recognizer.down = True

        async def recover() -> None:
            recognizer.down = False

        return World(recognizer, _WORDS, "hello", break_down, recover)


class TestSegmented(RecognizerContract):
    """The real one without its engines."""

    @pytest.fixture
    def world(self) -> World:
        engine = ScriptedTranscriber([Transcript("hello", 0.9)] * 5)
        recognizer = Segmented(LoudIsSpeech(), engine, Endpoints(), least_confidence=0.2)

        async def break_down() -> None:
            engine.script.insert(0, RecognizerDown("died"))

        async def recover() -> None:
            assert not isinstance(engine.script[0], RecognizerDown)

        return World(recognizer, _WORDS, "hello", break_down, recover)
