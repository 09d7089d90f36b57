"""Speaks for `kokoro.py`, in an interpreter that has kokoro-onnx: words in, samples out.

Each line that is read is JSON with text, language and voice. The answer is the sample rate and the
number of bytes (two little-endian 32-bit numbers), then 16-bit samples; a rate of 0 is a refusal.
Started as `python kokoro_worker.py MODEL VOICES`; imports nothing of Switchyard.
"""

import json
import struct
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

_HEAD = struct.Struct("<II")
_FULL = 32767


def main(model: str, voices: str) -> None:
    """Answers until nothing more comes."""
    from kokoro_onnx import Kokoro  # type: ignore[import-not-found]  # of the other interpreter

    answers = sys.stdout.buffer
    sys.stdout = sys.stderr  # whatever a library prints must not get between
    kokoro = Kokoro(model, voices)
    phonemes = _chinese_phonemes()
    for line in sys.stdin.buffer:
        _answer(answers, *_speak(kokoro, json.loads(line), phonemes))


def _speak(kokoro: Any, wish: dict[str, str], phonemes: Any) -> tuple[int, bytes]:
    chinese = wish["language"] == "zh"
    try:
        if chinese and phonemes is not None:
            words = phonemes(wish["text"])
            samples, rate = kokoro.create(words, voice=wish["voice"], is_phonemes=True)
        else:
            lang = "cmn" if chinese else "en-gb"
            samples, rate = kokoro.create(wish["text"], voice=wish["voice"], lang=lang)
    except ValueError:  # no sound in these words, or no such voice in the weights
        return 0, b""
    return rate, (samples.clip(-1, 1) * _FULL).astype("<i2").tobytes()


def _chinese_phonemes() -> "Callable[[str], str] | None":
    """What the voices were trained with, if it is installed; else espeak-ng's have to do."""
    try:
        from misaki import zh  # type: ignore[import-not-found]
    except ImportError:
        return None
    spoken = zh.ZHG2P()
    return lambda text: spoken(text)[0]


def _answer(target: BinaryIO, rate: int, samples: bytes) -> None:
    target.write(_HEAD.pack(rate, len(samples)) + samples)
    target.flush()


if __name__ == "__main__":
    main(*sys.argv[1:3])
