"""What was understood of a message, as the channel tells it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Turn:
    """Holds no text."""

    intent: str = ""
    confidence: float = 0.0
    language: str = ""

    @classmethod
    def of(cls, parsed: Mapping[str, Any]) -> "Turn":
        """Reads what the pipeline gave; the language is empty when the words told none."""
        intent = parsed.get("intent") or {}
        languages = (
            entity["value"] for entity in parsed["entities"] if entity["entity"] == "language"
        )
        return cls(
            intent.get("name") or "",
            float(intent.get("confidence") or 0.0),
            next(languages, ""),
        )
