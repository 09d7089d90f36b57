"""The voice of last resort: espeak-ng, a program of its own (GPL), never part of this process."""

import asyncio
import shutil

from switchyard_phone.adapters.voices.sound_files import BadSound, from_wav, telephone
from switchyard_phone.domain.language import Language
from switchyard_phone.service.voices import VoiceFailed

PROGRAM = "espeak-ng"
_VOICES = {Language.CHINESE: "cmn", Language.ENGLISH: "en-gb"}
_WORDS_A_MINUTE = {Language.CHINESE: 190, Language.ENGLISH: 165}
_SECONDS = 20.0
_AT_ONCE = 2


class Espeak:
    """The port Synthesizer. Words go in by a pipe: a process's arguments are seen by everybody."""

    def __init__(self, version: str, program: str = PROGRAM) -> None:
        self._program = program
        self._version = version
        self._free = asyncio.Semaphore(_AT_ONCE)

    @property
    def voice(self) -> str:
        """Its version and how fast it speaks."""
        speeds = " ".join(map(str, _WORDS_A_MINUTE.values()))
        return f"espeak-ng {self._version} {speeds}"

    async def speak(self, text: str, language: Language) -> bytes:
        """The words as sound; VoiceFailed."""
        arguments = (
            "-v",
            _VOICES[language],
            "-s",
            str(_WORDS_A_MINUTE[language]),
            "--stdin",
            "--stdout",
        )
        async with self._free:
            said = await run(self._program, *arguments, words=text)
        try:
            samples, rate = from_wav(said)
        except BadSound as error:
            raise VoiceFailed(f"{PROGRAM}: {error}") from error
        return await asyncio.to_thread(telephone, samples, rate)


async def espeak(program: str = PROGRAM) -> Espeak | None:
    """The program as a voice; None if it is not installed. VoiceFailed if it does not run."""
    if shutil.which(program) is None:
        return None
    told = (await run(program, "--version")).decode(errors="replace")
    version = told.partition(":")[2].split()
    return Espeak(version[0] if version else "unknown", program)


async def run(program: str, *arguments: str, words: str = "") -> bytes:
    """What a program prints about these words within its time; VoiceFailed."""
    try:
        process = await asyncio.create_subprocess_exec(
            program,
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError as error:
        raise VoiceFailed(f"{PROGRAM} cannot be started ({error.strerror})") from error
    try:
        printed, _ = await asyncio.wait_for(process.communicate(words.encode()), _SECONDS)
    except TimeoutError as error:
        raise VoiceFailed(f"{PROGRAM} takes longer than {_SECONDS:g} seconds") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise VoiceFailed(f"{PROGRAM} ended with {process.returncode}")
    return printed
