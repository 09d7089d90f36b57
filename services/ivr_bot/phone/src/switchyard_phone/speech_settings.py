"""The part of the phone's settings that is about speech engines."""

from pathlib import Path

from pydantic import Field
from switchyard_common.settings import ServiceSettings


class SpeechSettings(ServiceSettings):
    """What speech engines can be told; a part of PhoneSettings."""

    speech: bool = True
    """Whether callers may speak, where models are there."""
    speech_models: Path = Path(".switchyard/speech")
    """Folder that `make speech-models` fills; nothing in it: keys alone."""
    speech_python: Path = Path(".venv-speech/bin/python")
    """Python with the engines' packages."""
    speech_whisper: Path | None = None
    """Another Whisper model, as faster-whisper has them; not set: the one in speech_models."""
    speech_processes: int = Field(1, ge=1, le=32)
    """Utterances understood at the same time; each takes one core and 0.4 GB."""
    speech_waiting: int = Field(8, ge=1)
    """Utterances that may wait for that; more callers are told to use keys."""
    speech_deadline_seconds: float = Field(5.0, gt=0)
    """For waiting and for understanding, each."""
    speech_window_seconds: float = Field(6.0, ge=2, le=30)
    """What Whisper looks at in one go; longer utterances take several times as much."""
    speech_starts_seconds: float = Field(0.3, gt=0, le=2)
    """How long somebody speaks before it counts."""
    speech_ends_seconds: float = Field(0.7, gt=0, le=5)
    """How long a silence ends what is said."""
    speech_longest_seconds: float = Field(15.0, ge=1, le=28)
    """Longer utterances are cut off."""
    speech_least_confidence: float = Field(0.2, ge=0, le=1)
    """What is less sure counts as not understood."""
    speech_least_phrase: float = Field(0.4, ge=0, le=1)
    """What is less sure to be one of the menu's phrases is taken as free text."""
