"""What the dialogue and its flows need from outside.

Every method answers within about a second and raises Unavailable when the other system does not
answer or cannot answer now; asking later may help.
"""

from typing import Protocol

from switchyard_actions.domain.language import Language
from switchyard_actions.domain.verification import Claim, Proof, Verdict


class Unavailable(Exception):
    """Another system did not answer in time, or cannot answer now; `what` is crm or router."""

    def __init__(self, what: str = "crm") -> None:
        super().__init__(what)
        self.what = what


class Verifier(Protocol):
    """Judges proofs, and limits attempts per conversation, customer and order."""

    async def verify(self, claim: Claim, proof: Proof, secret: str, conversation: str) -> Verdict:
        """Whether the secret (last four digits, PIN or code) proves the claim."""
        ...

    async def send_code(self, claim: Claim, conversation: str, language: Language) -> bool:
        """Sends a code to what is on file for a customer or identifier; False: too many were sent.

        Tells nothing about whether there is such a customer.
        """
        ...
