"""Sound for words: recordings first, then clips, then a voice; all made ahead once."""

import wave
from pathlib import Path

import numpy as np
import pytest
from switchyard_phone.adapters.voices.clip_files import ClipFiles, RecordedFiles, recording_name
from switchyard_phone.adapters.voices.sound_files import (
    BadSound,
    from_pcm,
    from_wav,
    resampled,
    telephone,
    to_pcm,
    to_wav,
)
from switchyard_phone.domain.audio import SAMPLE_RATE
from switchyard_phone.domain.language import Language
from switchyard_phone.domain.saying.speech import Speech
from switchyard_phone.service.prompts import Prompts, RenderAhead, Rendered, Sounds
from switchyard_phone.service.voices import VoiceFailed

pytestmark = pytest.mark.unit

ZH, EN = Language.CHINESE, Language.ENGLISH


class Voice:
    """Says every text as a sound of its own; remembers what it was asked for."""

    def __init__(self, name: str = "voice 1") -> None:
        self.voice = name
        self.asked: list[str] = []

    async def speak(self, text: str, language: Language) -> bytes:
        self.asked.append(text)
        if text == "unspeakable":
            raise VoiceFailed("no")
        return len(text).to_bytes(2, "little") * 100


def tone(
    hertz: float, rate: int, seconds: float = 0.5
) -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate)).astype("f4")


def wavs(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.wav"))


def recording(folder: Path, text: str, language: Language, rate: int = 44_100) -> None:
    path = folder / language.value / f"{recording_name(text)}.wav"
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(to_pcm(tone(440, rate)))


@pytest.mark.parametrize("rate", [8000, 16_000, 22_050, 24_000, 44_100, 48_000])
def test_a_tone_is_the_same_tone_at_the_telephones_rate(rate: int) -> None:
    found = resampled(tone(440, rate), rate)
    assert abs(len(found) - 4000) <= 1
    spectrum = np.abs(np.fft.rfft(found * np.hanning(len(found))))
    assert abs(int(spectrum.argmax()) * SAMPLE_RATE / len(found) - 440) < 4
    assert 0.45 < float(np.abs(found[500:-500]).max()) < 0.55


def test_what_a_telephone_cannot_carry_does_not_come_back_as_another_tone() -> None:
    found = resampled(tone(6000, 22_050), 22_050)
    assert float(np.abs(found[100:-100]).max()) < 0.02


def test_clips_are_cut_to_what_is_heard_and_equally_loud() -> None:
    silence = np.zeros(8000, np.float32)
    quiet, loud = (
        telephone(np.concatenate([silence, tone(440, 8000) * gain, silence]), 8000)
        for gain in (0.2, 1.5)
    )
    for clip in (quiet, loud):
        assert 4000 <= len(clip) // 2 <= 4600
    levels = [float(np.sqrt(np.mean(from_pcm(clip) ** 2))) for clip in (quiet, loud)]
    assert abs(levels[0] - levels[1]) < 0.01


def test_sound_is_the_same_after_a_file() -> None:
    sound = telephone(tone(300, 8000), 8000)
    samples, rate = from_wav(to_wav(sound))
    assert (to_pcm(samples), rate) == (sound, 8000)


@pytest.mark.parametrize("content", [b"", b"RIFF", b"not a file", to_wav(b"")[:20]])
def test_what_is_no_sound_is_refused(content: bytes) -> None:
    with pytest.raises(BadSound):
        from_wav(content)


def test_a_clip_is_another_one_with_other_words_voice_or_language(tmp_path: Path) -> None:
    clips = ClipFiles(tmp_path)
    clips.put("hello", EN, "voice 1", b"\1\0" * 8)
    assert clips.get("hello", EN, "voice 1") == b"\1\0" * 8
    assert clips.get("hello", EN, "voice 2") is None
    assert clips.get("hello", ZH, "voice 1") is None
    assert clips.get("hello!", EN, "voice 1") is None


def test_a_broken_clip_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    clips = ClipFiles(tmp_path)
    clips.put("hello", EN, "v", b"\1\0")
    (path,) = wavs(tmp_path)
    path.write_bytes(b"half a f")
    assert clips.get("hello", EN, "v") is None


async def rendered(
    folder: Path, voice: Voice, *texts: str, recordings: Path | None = None
) -> list[str]:
    ahead = RenderAhead(RecordedFiles(recordings), ClipFiles(folder), voice)
    return [clip.how async for clip in ahead.render([(EN, text) for text in texts])]


async def test_clips_are_made_once_and_forgotten_when_nothing_needs_them(tmp_path: Path) -> None:
    voice = Voice()
    assert await rendered(tmp_path, voice, "one", "two") == ["new", "new"]
    assert await rendered(tmp_path, voice, "one", "two", "three") == ["kept", "new", "kept"]
    assert await rendered(tmp_path, voice, "one") == ["kept"]
    assert len(wavs(tmp_path)) == 1
    assert voice.asked == ["one", "two", "three"]


async def test_progress_counts_to_the_end(tmp_path: Path) -> None:
    ahead = RenderAhead(RecordedFiles(None), ClipFiles(tmp_path), Voice())
    found = [clip async for clip in ahead.render([(EN, "b"), (EN, "a"), (EN, "a")])]
    assert found == [Rendered(1, 2, "new", 0.0125), Rendered(2, 2, "new", 0.0125)]


async def test_a_recording_stands_in_for_every_voice(tmp_path: Path) -> None:
    recording(tmp_path / "recorded", "one", EN)
    voice = Voice()
    assert await rendered(tmp_path / "clips", voice, "one", recordings=tmp_path / "recorded") == [
        "recorded"
    ]
    sounds = Sounds(RecordedFiles(tmp_path / "recorded"), ClipFiles(tmp_path / "clips"), voice)
    assert abs(len(await sounds.get("one", EN)) - 8000) < 1000
    assert voice.asked == []


async def test_a_recording_that_cannot_be_read_is_told_and_made_up_for(tmp_path: Path) -> None:
    recording(tmp_path, "one", EN)
    (path,) = wavs(tmp_path)
    path.write_bytes(b"no sound")
    files = RecordedFiles(tmp_path)
    assert files.get("one", EN) is None
    assert list(files.problems) == [f"en/{recording_name('one')}"]


async def test_clips_made_with_a_better_voice_are_used_where_there_is_none(tmp_path: Path) -> None:
    await rendered(tmp_path, Voice("natural"), "one")
    here = Voice("robot")
    sounds = Sounds(RecordedFiles(None), ClipFiles(tmp_path), here)
    await sounds.get("one", EN)
    assert here.asked == []
    await sounds.get("two", EN)
    assert here.asked == ["two"]


async def test_words_of_a_call_are_held_in_memory_only_and_not_without_bound(
    tmp_path: Path,
) -> None:
    voice = Voice()
    sounds = Sounds(RecordedFiles(None), ClipFiles(tmp_path), voice, memory_bytes=450)
    for text in ("one", "two", "one", "three", "one", "two"):
        await sounds.get(text, EN)
    assert voice.asked == ["one", "two", "three", "two"]
    assert wavs(tmp_path) == []


async def test_a_text_is_said_bit_by_bit(tmp_path: Path) -> None:
    voice = Voice()
    sounds = Sounds(RecordedFiles(None), ClipFiles(tmp_path), voice)
    prompts = Prompts({EN: Speech(EN, ["Order {number} ({items}) has been shipped."])}, sounds)
    text = "Order SY12 (lamp) has been shipped."
    bits = [bit async for bit in prompts.sound(text, EN)]
    assert voice.asked[0] == "Order"
    assert voice.asked[-1] == "has been shipped"
    assert len(bits) > 4
    assert all(len(bit) % 2 == 0 for bit in bits)
    assert prompts.made_now(text, EN)
    assert not prompts.made_now("Order 12 (13) has been shipped.", EN)


async def test_a_voice_that_fails_is_said_to_fail(tmp_path: Path) -> None:
    sounds = Sounds(RecordedFiles(None), ClipFiles(tmp_path), Voice())
    with pytest.raises(VoiceFailed):
        await sounds.get("unspeakable", EN)
