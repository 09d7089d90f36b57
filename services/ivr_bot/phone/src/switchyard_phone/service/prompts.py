"""Makes what is to be said sound: recordings first, then clips kept, then a voice."""

from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass

from switchyard_phone.domain.audio import BYTES_PER_SECOND
from switchyard_phone.domain.language import Language
from switchyard_phone.domain.saying.pieces import Free, Pause
from switchyard_phone.domain.saying.speech import Speech
from switchyard_phone.service.shared_work import SharedWork
from switchyard_phone.service.voices import Clips, Recordings, Synthesizer

_SAMPLE_BYTES = 2


class Sounds:
    """Sound of words by whoever has it.

    What was used last is held in memory, at most `memory_bytes` of it; words that become known only
    in a call are kept nowhere else, because they may be personal.
    """

    def __init__(
        self,
        recordings: Recordings,
        clips: Clips,
        synthesizer: Synthesizer,
        memory_bytes: int = 64_000_000,
    ) -> None:
        self._recordings = recordings
        self._clips = clips
        self._synthesizer = synthesizer
        self._memory_bytes = memory_bytes
        # Clips may have been made where there was a better voice than here.
        self._clips_voice = clips.voice or synthesizer.voice
        self._held: OrderedDict[tuple[Language, str], bytes] = OrderedDict()
        self._size = 0
        self._making: SharedWork[tuple[Language, str], bytes] = SharedWork()

    async def get(self, text: str, language: Language) -> bytes:
        """The words as sound; VoiceFailed if nobody has them and no voice can say them."""
        key = (language, text)
        if key in self._held:
            self._held.move_to_end(key)
            return self._held[key]
        sound = self._kept(text, language)
        if sound is None:
            sound = await self._making.result(key, lambda: self._synthesizer.speak(text, language))
        self._hold(key, sound)
        return sound

    def _kept(self, text: str, language: Language) -> bytes | None:
        recorded = self._recordings.get(text, language)
        if recorded is not None:
            return recorded
        return self._clips.get(text, language, self._clips_voice)

    def _hold(self, key: tuple[Language, str], sound: bytes) -> None:
        self._size += len(sound) - len(self._held.pop(key, b""))
        self._held[key] = sound
        while self._size > self._memory_bytes and len(self._held) > 1:
            self._size -= len(self._held.popitem(last=False)[1])


class Prompts:
    """Says texts: of menus, and of the bot with the values in them."""

    def __init__(self, speeches: Mapping[Language, Speech], sounds: Sounds) -> None:
        self._speeches = speeches
        self._sounds = sounds

    async def sound(self, text: str, language: Language) -> AsyncIterator[bytes]:
        """A text bit by bit, so that the first is heard while the next is made; VoiceFailed."""
        for piece in self._speeches[language].pieces(text):
            if isinstance(piece, Pause):
                yield bytes(_SAMPLE_BYTES * round(piece.seconds * BYTES_PER_SECOND / 2))
            else:
                yield await self._sounds.get(piece.text, language)

    def made_now(self, text: str, language: Language) -> bool:
        """Whether a voice has to make part of it while the caller waits."""
        return any(isinstance(piece, Free) for piece in self._speeches[language].pieces(text))


@dataclass(frozen=True, slots=True)
class Rendered:
    """One clip is there. `how`: recorded, kept or new; `done` of `total` are."""

    done: int
    total: int
    how: str
    seconds: float


class RenderAhead:
    """Makes every clip that texts may need, before anybody calls."""

    def __init__(self, recordings: Recordings, clips: Clips, synthesizer: Synthesizer) -> None:
        self._recordings = recordings
        self._clips = clips
        self._synthesizer = synthesizer

    async def render(self, wanted: Iterable[tuple[Language, str]]) -> AsyncIterator[Rendered]:
        """Clip by clip; clips that nothing needs any more are forgotten. VoiceFailed, OSError."""
        every = frozenset(wanted)
        for done, (language, text) in enumerate(sorted(every), 1):
            how, sound = await self._render(text, language)
            yield Rendered(done, len(every), how, len(sound) / BYTES_PER_SECOND)
        self._clips.keep_only(every, self._synthesizer.voice)

    async def _render(self, text: str, language: Language) -> tuple[str, bytes]:
        recorded = self._recordings.get(text, language)
        if recorded is not None:
            return "recorded", recorded
        voice = self._synthesizer.voice
        kept = self._clips.get(text, language, voice)
        if kept is not None:
            return "kept", kept
        sound = await self._synthesizer.speak(text, language)
        self._clips.put(text, language, voice, sound)
        return "new", sound
