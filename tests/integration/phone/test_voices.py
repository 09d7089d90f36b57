"""Voices that are programs of their own, and the command that makes prompts with them."""

import sys
from pathlib import Path

import numpy as np
import pytest
from switchyard_phone.adapters.voices.choice import KokoroFiles, NoVoice, open_voice
from switchyard_phone.adapters.voices.espeak import Espeak, espeak
from switchyard_phone.adapters.voices.kokoro import Kokoro
from switchyard_phone.adapters.voices.sound_files import from_pcm
from switchyard_phone.command import app
from switchyard_phone.domain.language import Language
from switchyard_phone.service.voices import Synthesizer, VoiceFailed
from typer.testing import CliRunner

pytestmark = pytest.mark.integration

ZH, EN = Language.CHINESE, Language.ENGLISH
MENUS = """
languages: [en]
start: main
greeting: {en: Hello.}
menus:
  main:
    prompt: {en: Choose.}
    keys: {1: {label: {en: for hours}, intent: opening_hours}}
"""
# Stands in for the package: a tone for every text, and a refusal as the real one refuses.
KOKORO = """
import numpy as np
class Kokoro:
    def __init__(self, model, voices):
        print("loading", model)
    def create(self, text, voice, lang="", is_phonemes=False):
        if text == "nothing":
            raise ValueError("no phonemes")
        if text == "die":
            raise SystemExit(3)
        hertz = {"en-gb": 500, "cmn": 700}[lang]
        return np.sin(2 * np.pi * hertz * np.arange(12000) / 24000).astype("f4") * 0.5, 24000
"""


def seconds(sound: bytes) -> float:
    return len(sound) / 16_000


def pitch(sound: bytes) -> float:
    samples = from_pcm(sound)
    return float(np.abs(np.fft.rfft(samples)).argmax() * 8000 / len(samples))


@pytest.mark.parametrize(("text", "language"), [("Press one.", EN), ("请按一。", ZH)])
async def test_espeak_speaks_both_languages(text: str, language: Language) -> None:
    voice = await espeak()
    assert voice is not None
    sound = await voice.speak(text, language)
    assert 0.3 < seconds(sound) < 3
    assert float(np.abs(from_pcm(sound)).max()) > 0.1
    assert voice.voice.startswith("espeak-ng 1.")


async def test_a_program_that_is_not_there_is_no_voice() -> None:
    assert await espeak("no-such-program") is None
    with pytest.raises(VoiceFailed, match="cannot be started"):
        await Espeak("1", "no-such-program").speak("secret words", EN)


@pytest.mark.parametrize("program", ["true", "false"])
async def test_a_program_that_says_nothing_has_failed(program: str) -> None:
    with pytest.raises(VoiceFailed) as caught:
        await Espeak("1", program).speak("secret words", EN)
    assert "secret" not in str(caught.value)


@pytest.fixture
def kokoro_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KokoroFiles:
    (tmp_path / "kokoro_onnx.py").write_text(KOKORO)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    model, voices = tmp_path / "model", tmp_path / "voices"
    model.write_bytes(b"weights")
    voices.write_bytes(b"speakers")
    return KokoroFiles(Path(sys.executable), model, voices)


async def test_kokoro_speaks_in_a_process_of_its_own(kokoro_files: KokoroFiles) -> None:
    async with open_voice(kokoro_files) as voice:
        assert voice.voice.startswith("kokoro ")
        for language, hertz in ((EN, 500), (ZH, 700), (EN, 500)):
            sound = await voice.speak("hello", language)
            assert abs(pitch(sound) - hertz) < 10
        with pytest.raises(VoiceFailed, match="cannot say"):
            await voice.speak("nothing", EN)
        assert seconds(await voice.speak("again", EN)) > 0.4


async def test_kokoro_is_started_again_when_it_has_died(kokoro_files: KokoroFiles) -> None:
    async with open_voice(kokoro_files) as voice:
        with pytest.raises(VoiceFailed):
            await voice.speak("die", EN)
        assert await voice.speak("hello", EN)


async def test_other_weights_are_another_voice(kokoro_files: KokoroFiles) -> None:
    names = []
    for content in (b"weights", b"others"):
        kokoro_files.model.write_bytes(content)
        async with open_voice(kokoro_files) as voice:
            names.append(voice.voice)
    assert len(set(names)) == 2


async def test_weights_that_are_not_there_are_named(tmp_path: Path) -> None:
    files = KokoroFiles(Path(sys.executable), tmp_path / "model", tmp_path / "voices")
    with pytest.raises(VoiceFailed, match="model"):
        async with open_voice(files):
            pass


async def test_without_any_voice_that_is_said() -> None:
    voice: Synthesizer = NoVoice()
    with pytest.raises(VoiceFailed, match="install espeak-ng"):
        await voice.speak("hello", EN)


async def test_a_python_without_the_package_has_failed(tmp_path: Path) -> None:
    voice = Kokoro(Path(sys.executable), tmp_path / "m", tmp_path / "v", "0")
    with pytest.raises(VoiceFailed):
        await voice.speak("hello", EN)
    await voice.close()


def test_the_command_lists_what_can_be_recorded(tmp_path: Path) -> None:
    menus, listing = tmp_path / "menus.yml", tmp_path / "list.csv"
    menus.write_text(MENUS, encoding="utf-8")
    arguments = ["prompts", "--menus", str(menus), "--out", str(tmp_path / "clips")]
    result = CliRunner().invoke(app, [*arguments, "--list", str(listing)])
    assert result.exit_code == 0, result.output
    rows = listing.read_text(encoding="utf-8-sig").splitlines()
    assert rows[0] == "file,text"
    assert any(row.endswith('.wav,"For hours, press 1."') for row in rows)
    assert not (tmp_path / "clips").exists()


@pytest.mark.parametrize(
    ("option", "content", "told"),
    [("--menus", "start: main", "is missing"), ("--texts", "key: text", "texts.yml: ")],
)
def test_the_command_says_what_is_wrong(
    tmp_path: Path, option: str, content: str, told: str
) -> None:
    file = tmp_path / "texts.yml"
    file.write_text(content)
    path = file if option == "--menus" else tmp_path
    result = CliRunner().invoke(app, ["prompts", option, str(path)])
    assert result.exit_code == 1
    assert told in result.stderr


def test_the_command_wants_all_of_kokoro_or_nothing(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["prompts", "--kokoro-model", str(tmp_path)])
    assert result.exit_code == 2
