"""How much it takes until the bot gives up and brings a person."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """`anger`: a sentiment (-1..1) at or below it is strong and negative.

    `misunderstandings` and `abuses` count in a row. `sureness` (0..1) is what the classifier must
    reach before words that answer an open question are taken for "stop" or "pardon?" instead.
    `likeness` (0..1) is what a passage of the knowledge base must reach to answer words that mean
    nothing else.
    """

    anger: float = -0.7
    misunderstandings: int = 2
    abuses: int = 2
    sureness: float = 0.6
    likeness: float = 0.8
