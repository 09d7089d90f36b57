"""Who a customer is by a token of the company's own login."""

import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from pydantic import SecretStr, ValidationError
from switchyard_common.errors import DomainError
from switchyard_gateway.adapters.customer_tokens import customers
from switchyard_gateway.domain.conversation import Identifier
from switchyard_gateway.settings import GatewaySettings

pytestmark = pytest.mark.unit

SECRET = "a login's secret of more than 32 characters"
PHONE: dict[str, Any] = {"phone_number": "+8613800138000", "phone_number_verified": True}
EMAIL: dict[str, Any] = {"email": "ann@example.com", "email_verified": True}


def signed(secret: str = SECRET, **claims: Any) -> str:
    usual = {"aud": "chat", "sub": "user-7", "exp": int(time.time()) + 3600}
    said = {name: value for name, value in {**usual, **claims}.items() if value is not None}
    return jwt.encode(said, secret, "HS256")


def settings(**more: Any) -> GatewaySettings:
    values = {"redis_url": SecretStr("redis://127.0.0.1"), "customer_audience": "chat"}
    return GatewaySettings(**{**values, "customer_secret": SecretStr(SECRET), **more})


async def known_as(token: str, **more: Any) -> tuple[Identifier, ...]:
    given = settings(**more)

    class Meter:
        def token_keys_fetched(self, *, whole: bool) -> None:
            """Nobody is asked for keys."""

    return await customers(given.customer_source, given.customer_handles, Meter()).known_as(token)


async def why_not(token: str, **more: Any) -> tuple[str, str]:
    with pytest.raises(DomainError) as refused:
        await known_as(token, **more)
    return refused.value.reason, refused.value.message


async def test_what_the_login_verified_counts_as_proven() -> None:
    assert await known_as(signed(**PHONE, **EMAIL)) == (
        Identifier("phone", "+8613800138000", proven=True),
        Identifier("email", "ann@example.com", proven=True),
    )


async def test_a_login_known_to_the_crm_comes_first() -> None:
    found = await known_as(signed(**EMAIL), customer_handles="shop")
    assert found[0] == Identifier("handle", "user-7", "shop", proven=True)
    assert found[1].kind == "email"


@pytest.mark.parametrize(
    "claims",
    [
        {},
        PHONE | {"phone_number_verified": False},
        PHONE | {"phone_number_verified": "true"},
        EMAIL | {"email_verified": None},
    ],
    ids=["nothing", "not verified", "a text is not true", "nobody says so"],
)
async def test_who_is_named_by_nothing_that_was_verified_is_nobody(claims: Any) -> None:
    reason, message = await why_not(signed(**claims))
    assert reason == "BAD_TOKEN"
    assert "phone_number_verified" in message
    assert "GATEWAY_CUSTOMER_HANDLES" in message


@pytest.mark.parametrize("number", [13800138000, "", "+" + "8" * 256, ["+8613800138000"], None])
async def test_a_claim_of_another_kind_is_refused_by_its_name(number: Any) -> None:
    claims = {"phone_number": number, "phone_number_verified": True}
    if number is None:  # a claim that is there and says null
        token = jwt.encode(
            {"aud": "chat", "sub": "s", "exp": int(time.time()) + 60} | claims, SECRET, "HS256"
        )
    else:
        token = signed(**claims)
    reason, message = await why_not(token)
    assert (reason, "phone_number" in message) == ("BAD_TOKEN", True)


@pytest.mark.parametrize(
    ("token", "reason", "problem"),
    [
        ("nonsense", "BAD_TOKEN", "not a JWT"),
        (signed("another secret of more than 32 characters", **PHONE), "BAD_TOKEN", "signed"),
        (signed(aud="router", **PHONE), "BAD_TOKEN", "audience"),
        (signed(sub=None, **PHONE), "BAD_TOKEN", "sub"),
        (signed(exp=None, **PHONE), "BAD_TOKEN", "exp"),
        (signed(exp=1_700_000_000, **PHONE), "TOKEN_EXPIRED", "expired"),
        (signed(exp=4_000_000_000, **PHONE), "BAD_TOKEN", "longer than"),
    ],
)
async def test_what_cannot_be_trusted_is_refused(token: str, reason: str, problem: str) -> None:
    found, message = await why_not(token)
    assert (found, problem in message) == (reason, True), message


async def test_tokens_of_employees_open_no_customer() -> None:
    token = signed(**PHONE, iss="staff")
    assert "issuer" in (await why_not(token, customer_issuer="https://login.example"))[1]


async def test_without_keys_the_page_is_told_what_to_set() -> None:
    reason, message = await why_not(signed(**PHONE), customer_secret=None)
    assert reason == "NO_CUSTOMER_KEYS"
    assert "GATEWAY_CUSTOMER_KEYS_URL" in message


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"customer_audience": ""}, "GATEWAY_CUSTOMER_AUDIENCE"),
        (
            {"customer_secret": None, "customer_keys_url": "https://login.example/keys"},
            "GATEWAY_CUSTOMER_ISSUER",
        ),
        ({"customer_keys_url": "https://login.example/keys"}, "GATEWAY_CUSTOMER_SECRET"),
        ({"customer_keys_url": "http://login.example/keys"}, "https"),
        ({"customer_keys": Path("/nowhere")}, "GATEWAY_CUSTOMER_KEYS"),
    ],
)
def test_settings_that_do_not_fit_name_themselves(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        settings(**changes)
