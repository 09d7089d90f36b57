"""What customers said, kept for retraining: each phrase once, the least certain first. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from switchyard_gateway.domain.redaction import redacted

_MOST = 50_000


@dataclass(frozen=True, slots=True)
class Phrase:
    """One phrase, redacted, what it was taken for, how sure that was, and how often it came."""

    text: str
    language: str
    intent: str
    confidence: float
    outcome: str
    times: int


@dataclass(frozen=True, slots=True)
class _Taken:
    text: str
    language: str
    intent: str
    outcome: str


class PhraseBook:
    """Collects phrases of turns. At most 50,000 different ones; later ones are counted as left."""

    def __init__(self) -> None:
        self._times: Counter[_Taken] = Counter()
        self._confidence: dict[_Taken, float] = {}
        self.turns = 0
        self.without_text = 0
        self.left = 0

    def saw(self, turn: Mapping[str, object]) -> None:
        """Adds the data of a `bot.turn` event; redacts again, whatever was stored."""
        self.turns += 1
        text = " ".join(redacted(str(turn.get("text") or "")).split())
        if not text:
            self.without_text += 1
            return
        taken = _Taken(
            text, str(turn.get("language", "")), str(turn.get("intent", "")),
            str(turn.get("outcome", "")),
        )  # fmt: skip
        if taken not in self._times and len(self._times) >= _MOST:
            self.left += 1
            return
        self._times[taken] += 1
        confidence = turn.get("confidence", 0.0)
        certain = float(confidence) if isinstance(confidence, int | float) else 0.0
        self._confidence[taken] = min(certain, self._confidence.get(taken, 1.0))

    def phrases(self, below: float = 1.0) -> Sequence[Phrase]:
        """Those whose confidence was at most `below`, and all that were not understood."""
        return sorted(self._chosen(below), key=lambda one: (one.confidence, -one.times, one.text))

    def _chosen(self, below: float) -> Iterator[Phrase]:
        for taken, times in self._times.items():
            confidence = self._confidence[taken]
            if confidence <= below or taken.outcome == "fallback":
                yield Phrase(
                    taken.text, taken.language, taken.intent, confidence, taken.outcome, times
                )
