"""Tokens of a company's own login: ID tokens of OpenID Connect, or what a site signs like them."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, override

from switchyard_common.identity import unauthenticated
from switchyard_common.issuer_keys import KeyMeter
from switchyard_common.token_source import TokenSource
from switchyard_common.tokens import SignedTokens, bad_token

from switchyard_gateway.domain.conversation import Identifier

_LONGEST_VALUE = 256


class CustomerTokens(SignedTokens[tuple[Identifier, ...]]):
    """Reads the standard claims (OpenID Connect Core 1.0, section 5.1) of a token.

    A telephone number or address of mail counts if the login says that it was verified. `sub` is a
    handle of the namespace `handles`; without one it says nothing, as nobody here knows it.
    """

    most_remembered = 0  # each opens one chat, and holds personal data

    def __init__(self, *args: Any, handles: str, **more: Any) -> None:
        super().__init__(*args, **more)
        self._handles = handles

    @override
    def read(self, claims: Mapping[str, Any]) -> tuple[Identifier, ...]:
        """By what the customer is known, the surest first; UNAUTHENTICATED if by nothing."""
        found = tuple(self._found(claims))
        if not found:
            raise bad_token(
                "it names nobody; sign phone_number with phone_number_verified, or email with "
                "email_verified, or set GATEWAY_CUSTOMER_HANDLES to use sub"
            )
        return found

    def _found(self, claims: Mapping[str, Any]) -> Iterator[Identifier]:
        if self._handles:
            yield Identifier("handle", _value(claims, "sub"), self._handles, proven=True)
        for kind, claim in (("phone", "phone_number"), ("email", "email")):
            if claim in claims and claims.get(f"{claim}_verified") is True:
                yield Identifier(kind, _value(claims, claim), proven=True)


class TokenCustomers:
    """The port Customers."""

    def __init__(self, tokens: CustomerTokens | None) -> None:
        self._tokens = tokens

    async def known_as(self, token: str) -> tuple[Identifier, ...]:
        """As Customers; UNAUTHENTICATED (NO_CUSTOMER_KEYS) where no token can be checked."""
        if self._tokens is None:
            raise unauthenticated(
                "NO_CUSTOMER_KEYS",
                "tokens of customers cannot be checked here; set GATEWAY_CUSTOMER_KEYS_URL, "
                "GATEWAY_CUSTOMER_KEYS or GATEWAY_CUSTOMER_SECRET",
            )
        return await self._tokens.check(token)


def customers(source: TokenSource, handles: str, meter: KeyMeter) -> TokenCustomers:
    """What reads the tokens of one source."""
    kind: Callable[..., CustomerTokens] = partial(CustomerTokens, handles=handles)
    return TokenCustomers(source.tokens(kind, meter))


def _value(claims: Mapping[str, Any], name: str) -> str:
    value = claims[name]
    if not isinstance(value, str) or not 1 <= len(value) <= _LONGEST_VALUE:
        raise bad_token(f"its claim {name} must be a text of 1 to {_LONGEST_VALUE} characters")
    return value
