"""What a simulated agent says on the telephone."""

import asyncio
import shutil
import tempfile
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from switchyard_demo.telephone.sound import RATE, to_ulaw

_TEXTS = (
    ("cmn", "您好，我是演示用的模拟客服。正式使用时，接听的是您的同事。听完请挂机。"),
    (
        "en-us",
        "Hello, I am a simulated agent. In earnest a colleague of yours sits here. "
        "Hang up when you have heard enough.",
    ),
)
_SPEAK_SECONDS = 20.0
_HERTZ, _LOUDNESS = 440, 6000


async def greeting() -> bytes:
    """µ-law of 8 kHz: words where espeak-ng is installed, else three tones."""
    program = shutil.which("espeak-ng")
    if program is None:
        return _tones()
    spoken = [to_ulaw(await _speak(program, voice, text)) for voice, text in _TEXTS]
    return b"".join(spoken) or _tones()


async def _speak(program: str, voice: str, text: str) -> NDArray[np.int16]:
    """One text; nothing if the program fails."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "said.wav"
        process = await asyncio.create_subprocess_exec(program, "-v", voice, "-w", str(path), text)
        try:
            async with asyncio.timeout(_SPEAK_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        return _read(path) if process.returncode == 0 else np.zeros(0, np.int16)


def _read(path: Path) -> NDArray[np.int16]:
    with wave.open(str(path), "rb") as file:
        rate = file.getframerate()
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(float)
    width = max(1, rate // RATE)
    smooth = np.convolve(samples, np.ones(width) / width, "same")
    places = np.arange(0, samples.size, rate / RATE)
    made: NDArray[np.int16] = np.interp(places, np.arange(samples.size), smooth).astype(np.int16)
    return made


def _tones() -> bytes:
    moments = np.arange(RATE // 2) / RATE
    tone = (_LOUDNESS * np.sin(2 * np.pi * _HERTZ * moments)).astype(np.int16)
    return to_ulaw(np.concatenate([tone, np.zeros_like(tone)] * 3))
