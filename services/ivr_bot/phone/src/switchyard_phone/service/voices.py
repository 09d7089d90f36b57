"""Where sound for words comes from, as prompts need it. Sound is 8 kHz, 16 bit, one channel."""

from typing import Protocol

from switchyard_phone.domain.language import Language


class VoiceFailed(Exception):
    """No sound could be made of the words. The message never holds them."""


class Synthesizer(Protocol):
    """Makes sound of words."""

    @property
    def voice(self) -> str:
        """What it sounds like, with every version that may change it: part of a clip's name."""
        ...

    async def speak(self, text: str, language: Language) -> bytes:
        """The words as sound; VoiceFailed."""
        ...


class Recordings(Protocol):
    """Words that somebody has read out."""

    def get(self, text: str, language: Language) -> bytes | None:
        """The recording of exactly these words, if there is one."""
        ...


class Clips(Protocol):
    """Sound that was made before."""

    @property
    def voice(self) -> str:
        """The voice in which all clips were made ahead; empty if they were not."""
        ...

    def get(self, text: str, language: Language, voice: str) -> bytes | None:
        """What the voice said, if it was kept."""
        ...

    def put(self, text: str, language: Language, voice: str, sound: bytes) -> None:
        """Keep it for good. Only words that are known ahead; OSError."""
        ...

    def keep_only(self, texts: "frozenset[tuple[Language, str]]", voice: str) -> int:
        """All of these are there in this voice; forget the others. How many those were; OSError."""
        ...
