"""Kokoro, a natural voice: a process of its own with its own Python and the operator's weights.

Its package brings phonemizer and espeak-ng with it (GPL), so nothing of it is ever imported here.
"""

import asyncio
import hashlib
import json
import struct
from asyncio.subprocess import Process
from pathlib import Path

from switchyard_phone.adapters.voices.sound_files import from_pcm, telephone
from switchyard_phone.domain.language import Language
from switchyard_phone.service.voices import VoiceFailed

WORKER = Path(__file__).with_name("kokoro_worker.py")
VOICES = {Language.CHINESE: "zf_xiaobei", Language.ENGLISH: "bf_emma"}
_HEAD = struct.Struct("<II")
_MOST_BYTES = 32 * 1024 * 1024
_SECONDS = 120.0
_BLOCK = 1 << 20


class Kokoro:
    """The port Synthesizer. One worker at a time, started when it is needed; close it at the end.

    `python` is an interpreter with kokoro-onnx; `model` and `voices` are its weights.
    """

    def __init__(self, python: Path, model: Path, voices: Path, weights: str) -> None:
        self._command = (str(python), str(WORKER), str(model), str(voices))
        self._weights = weights
        self._process: Process | None = None
        self._turn = asyncio.Lock()

    @property
    def voice(self) -> str:
        """The weights and the speakers."""
        return f"kokoro {self._weights} {' '.join(VOICES.values())}"

    async def speak(self, text: str, language: Language) -> bytes:
        """The words as sound; VoiceFailed."""
        async with self._turn:
            try:
                rate, samples = await asyncio.wait_for(self._ask(text, language), _SECONDS)
            except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
                await self._end()
                raise VoiceFailed(f"kokoro: {type(error).__name__}") from error
            except BaseException:
                await self._end()  # half an answer would be taken for that to the next words
                raise
        if not rate:
            raise VoiceFailed("kokoro cannot say this")
        return await asyncio.to_thread(telephone, from_pcm(samples), rate)

    async def close(self) -> None:
        """End the worker."""
        async with self._turn:
            await self._end()

    async def _ask(self, text: str, language: Language) -> tuple[int, bytes]:
        process = await self._worker()
        assert process.stdin is not None
        assert process.stdout is not None
        wish = {"text": text, "language": language.value, "voice": VOICES[language]}
        process.stdin.write(json.dumps(wish).encode() + b"\n")
        await process.stdin.drain()
        rate, size = _HEAD.unpack(await process.stdout.readexactly(_HEAD.size))
        if size > _MOST_BYTES:
            raise OSError("too long an answer")
        return rate, await process.stdout.readexactly(size)

    async def _worker(self) -> Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
        return self._process

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.kill()
        await process.wait()
        if process.stdin is not None:
            process.stdin.close()


def weights_of(model: Path, voices: Path) -> str:
    """A short hash of the weights: other ones sound otherwise. OSError."""
    digest = hashlib.sha256()
    for path in (model, voices):
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    return digest.hexdigest()[:12]
