"""Customers whom a site has let in already: who they are, by a token that the site signed."""

from typing import Protocol

from switchyard_gateway.domain.conversation import Identifier


class Customers(Protocol):
    """Reads such tokens."""

    async def known_as(self, token: str) -> tuple[Identifier, ...]:
        """By what the customer is known, at least one; UNAUTHENTICATED (BAD_TOKEN, TOKEN_EXPIRED)
        or UNAVAILABLE (TOKEN_KEYS_UNREACHABLE) if the token cannot be trusted."""
        ...
