"""What was understood in the turn being handled, handed from the pipeline's end to the channel."""

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass
class Turn:
    """Filled while one message passes through the pipeline; holds no text."""

    intent: str = ""
    confidence: float = 0.0
    language: str = ""


CURRENT_TURN: ContextVar[Turn | None] = ContextVar("current_turn", default=None)
"""The channel sets it before a message is handled; None while training or when parsing by hand."""
