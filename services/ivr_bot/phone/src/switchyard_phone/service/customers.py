"""What calls need of the customer adapter."""

from dataclasses import dataclass
from typing import Protocol

from switchyard_phone.domain.language import Language


@dataclass(frozen=True, slots=True)
class Known:
    """Whose number it is, if it is one customer's. A claim: numbers are easily made up.

    `language` is the one they are served in, if that is known. `outcome` is a word for metrics:
    `known`, `unknown`, `shared` (several people's), `withheld` or `away` (nobody could be asked).
    """

    language: Language | None = None
    customer: str = ""
    outcome: str = "unknown"


class Customers(Protocol):
    """Looks callers up."""

    async def by_number(self, number: str) -> Known:
        """Who has this number, in E.164; nobody, if that is not known in time."""
        ...
