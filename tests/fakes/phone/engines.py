"""The real speech engines, as scripts/bootstrap prepares them for tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from switchyard_phone.service.recognition import Recognizer
from switchyard_phone.service.speech_meter import SpeechMeter
from switchyard_phone.settings import PhoneSettings
from switchyard_phone.speech_wiring import open_recognizer

_ROOT = Path(__file__).parents[3]
MODELS = _ROOT / ".switchyard" / "test-speech"
PYTHON = _ROOT / ".venv-speech" / "bin" / "python"


def speech_settings(**settings: Any) -> PhoneSettings:
    """Settings for the engines here, with all the patience a busy machine needs."""
    given = {"speech_models": MODELS, "speech_python": PYTHON, "speech_deadline_seconds": 100}
    return PhoneSettings(**{**given, **settings})


@asynccontextmanager
async def real_recognizer(
    meter: SpeechMeter | None = None, **settings: Any
) -> AsyncIterator[Recognizer]:
    """Whisper and silero."""
    async with open_recognizer(speech_settings(**settings), meter or SpeechMeter()) as recognizer:
        assert recognizer is not None
        yield recognizer
