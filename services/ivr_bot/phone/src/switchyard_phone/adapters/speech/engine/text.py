"""Whisper by CTranslate2: what an utterance says, and how well it fits expected phrases.

A question is a line of JSON and the sound: {"language", "phrases": {id: [words, …]}}. The answer is
JSON: text, log_probability, no_speech, compression, phrases: {id: [log_probability, likeness]}.
"""

import json
import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from switchyard_phone.adapters.speech.engine.mel import FRAMES_A_SECOND, spectrogram
from switchyard_phone.adapters.speech.engine.pipe import serve
from switchyard_phone.adapters.speech.engine.words import Words, chinese, likeness, once
from switchyard_phone.domain.audio import seconds_of

_TRAINED_SECONDS = 30.0
_FRAMES_A_POSITION = 2
_TAIL_SECONDS = 0.5
"""Silence left after an utterance when phrases are aligned: less work, and they differ more."""
_LEAST_PROBABILITY = 1e-9
_BEAM = 5
_MOST_TOKENS = 120
_REPEATS = 4
"""No four tokens twice: on a telephone that is a loop of the model, not somebody's words."""
_LANGUAGES = ("en", "zh")


@dataclass(frozen=True, slots=True)
class _Heard:
    """An utterance encoded: `positions` is an array (1, positions, width)."""

    positions: Any
    seconds: float


class Whisper:
    """A model of CTranslate2's Whisper layout with its tokenizer.json."""

    def __init__(self, model: Any, tokenizer: Any, storage: Any, window_seconds: float) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._storage = storage
        self._window_seconds = window_seconds
        self._words: dict[str, Words] = {"en": Words(None)}
        self._words["zh"], self._simplified = chinese()
        self._bands = int(model.n_mels)

    def answer(self, question: bytes) -> bytes:
        """One question answered."""
        head, _, sound = question.partition(b"\n")
        wish = json.loads(head)
        told = self.understand(sound, wish["language"], wish["phrases"])
        return json.dumps(told, ensure_ascii=False).encode()

    def understand(
        self, sound: bytes, language: str, phrases: Mapping[str, Sequence[str]]
    ) -> dict[str, Any]:
        """What is said, and how well each phrase fits."""
        if language not in _LANGUAGES:
            raise ValueError(f"language must be one of {_LANGUAGES}")
        heard = self._encode(sound)
        told = self._write(heard, language)
        told["phrases"] = self._fits(heard, language, phrases, str(told["text"]))
        return told

    def _encode(self, sound: bytes) -> _Heard:
        """In the shortest window that holds it: the model's work grows with the window."""
        seconds = seconds_of(sound)
        windows = max(1, math.ceil(seconds / self._window_seconds))
        window = min(windows * self._window_seconds, _TRAINED_SECONDS)
        features = spectrogram(sound, window, self._bands)[np.newaxis]
        positions = self._model.encode(self._storage(features), to_cpu=True)
        return _Heard(np.array(positions), min(seconds, window))

    def _write(self, heard: _Heard, language: str) -> dict[str, Any]:
        start = [*self._start(language), self._token("<|notimestamps|>")]
        result = self._model.generate(
            self._storage(heard.positions),
            [start],
            beam_size=_BEAM,
            max_length=_MOST_TOKENS,
            no_repeat_ngram_size=_REPEATS,
            return_scores=True,
            return_no_speech_prob=True,
        )[0]
        text = once(self._tokenizer.decode(result.sequences_ids[0]).strip())
        if language == "zh":
            text = self._simplified(text)
        raw = text.encode()
        return {
            "text": text,
            "log_probability": result.scores[0],
            "no_speech": result.no_speech_prob,
            "compression": len(raw) / len(zlib.compress(raw)) if raw else 0.0,
        }

    def _fits(
        self, heard: _Heard, language: str, phrases: Mapping[str, Sequence[str]], text: str
    ) -> dict[str, tuple[float, float]]:
        said = [(name, words) for name, ways in phrases.items() for words in ways if words]
        if not said:
            return {}
        sounds, heard_sound = self._words[language], self._words[language].sound(text)
        scores = self._scores(heard, language, [words for _, words in said])
        fits: dict[str, tuple[float, float]] = {}
        for (name, words), score in zip(said, scores, strict=True):
            fit = score, likeness(heard_sound, sounds.sound(words))
            fits[name] = max(fits.get(name, fit), fit, key=sum)
        return fits

    def _scores(self, heard: _Heard, language: str, texts: Sequence[str]) -> list[float]:
        """The mean log probability of each text's tokens, were it what is said."""
        used = int((heard.seconds + _TAIL_SECONDS) * FRAMES_A_SECOND / _FRAMES_A_POSITION)
        positions = heard.positions[:, :used]
        frames = min(positions.shape[1] * _FRAMES_A_POSITION, int(heard.seconds * FRAMES_A_SECOND))
        space = "" if language == "zh" else " "
        aligned = self._model.align(
            self._storage(np.ascontiguousarray(np.repeat(positions, len(texts), 0))),
            self._start(language),
            [self._tokens(space + text) for text in texts],
            [max(frames, 1)] * len(texts),
        )
        return [_mean_log(result.text_token_probs) for result in aligned]

    def _start(self, language: str) -> list[int]:
        names = ("<|startoftranscript|>", f"<|{language}|>", "<|transcribe|>")
        return [self._token(name) for name in names]

    def _token(self, name: str) -> int:
        return int(self._tokenizer.token_to_id(name))

    def _tokens(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)


def _mean_log(probabilities: Sequence[float]) -> float:
    if not probabilities:
        return math.log(_LEAST_PROBABILITY)
    logs = [math.log(max(one, _LEAST_PROBABILITY)) for one in probabilities]
    return sum(logs) / len(logs)


def load(folder: str, window_seconds: float, threads: int) -> Whisper:
    """The model in this folder. ImportError, RuntimeError, ValueError."""
    import ctranslate2  # type: ignore[import-not-found]  # of the engines' interpreter
    import tokenizers  # type: ignore[import-not-found]

    model = ctranslate2.models.Whisper(
        folder, device="cpu", compute_type="int8", inter_threads=1, intra_threads=threads
    )
    if not model.is_multilingual:
        raise ValueError("the model knows English alone")
    file = Path(folder) / "tokenizer.json"
    if not file.exists():
        raise ValueError("tokenizer.json is missing beside model.bin")
    tokenizer = tokenizers.Tokenizer.from_file(str(file))
    return Whisper(model, tokenizer, ctranslate2.StorageView.from_array, window_seconds)


def main(folder: str, window_seconds: str, threads: str) -> None:
    """Answers until nothing more comes."""
    serve(lambda: load(folder, float(window_seconds), int(threads)).answer)
