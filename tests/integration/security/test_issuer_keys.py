"""Tokens whose keys an issuer publishes: rotation, an issuer that is away, who is not let in."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncGenerator
from typing import Any

import grpc
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives import serialization
from switchyard.router.v1 import agent_service_pb2
from switchyard_common.errors import DomainError
from switchyard_common.issuer_keys import IssuerKeys, fetched_from
from switchyard_common.tokens import TokenVerifier

from tests.fakes.issuer import AUDIENCE, LIFE_SECONDS, Issuer
from tests.fakes.router.clients import TENANT, Centre
from tests.fakes.router.server import router

pytestmark = pytest.mark.integration

STALE_SECONDS = 3600.0


class Counted:
    """Counts what fetching came to."""

    def __init__(self) -> None:
        self.whole = self.failed = 0

    def token_keys_fetched(self, *, whole: bool) -> None:
        self.whole += whole
        self.failed += not whole


class Door:
    """A verifier that asks the issuer; `now` is its monotonic clock."""

    def __init__(self, issuer: Issuer, url: str = "") -> None:
        self.now = 0.0
        self.counted = Counted()
        keys = IssuerKeys(
            fetched_from(url or issuer.url), STALE_SECONDS, self.counted, lambda: self.now
        )
        self._verifier = TokenVerifier(AUDIENCE, issuer_keys=keys, issuer=issuer.name)

    async def admits(self, token: str) -> str:
        """The subject let in, or why nobody is."""
        try:
            return (await self._verifier.check(token)).subject
        except DomainError as error:
            return error.reason


@pytest_asyncio.fixture
async def issuer() -> AsyncGenerator[Issuer]:
    async with Issuer.serving() as serving:
        yield serving


async def test_a_token_of_a_key_that_was_added_opens_at_once(issuer: Issuer) -> None:
    door = Door(issuer)
    assert await door.admits(issuer.sign()) == "eve"
    issuer.add("second", by_rsa=True)
    door.now += 11
    assert await door.admits(issuer.sign("second")) == "eve"
    assert (issuer.asked, door.counted.whole) == (2, 2)


async def test_a_key_that_was_withdrawn_opens_no_longer_not_even_to_known_tokens(
    issuer: Issuer,
) -> None:
    issuer.add("second")
    door = Door(issuer)
    token = issuer.sign()
    assert await door.admits(token) == "eve"
    issuer.withdraw("first")
    door.now += 301
    assert await door.admits(token) == "eve", "asked is beside the call"
    async with asyncio.timeout(60):
        while door.counted.whole < 2:
            await asyncio.sleep(0)
    assert await door.admits(token) == "BAD_TOKEN"


async def test_tokens_of_unknown_keys_do_not_flood_the_issuer(issuer: Issuer) -> None:
    door, stranger = Door(issuer), Issuer()
    stranger.name = issuer.name
    for number in range(20):
        stranger.add(f"made-up-{number}")
        assert await door.admits(stranger.sign(f"made-up-{number}")) == "BAD_TOKEN"
    assert issuer.asked == 1


async def test_keys_outlast_their_issuer_for_a_bounded_time(issuer: Issuer) -> None:
    door = Door(issuer)
    token = issuer.sign()
    assert await door.admits(token) == "eve"
    issuer.status = 503
    door.now += STALE_SECONDS - 1
    assert await door.admits(token) == "eve"
    door.now += 11
    assert await door.admits(token) == "TOKEN_KEYS_UNREACHABLE"
    assert await door.admits(issuer.sign()) == "TOKEN_KEYS_UNREACHABLE"
    assert door.counted.failed >= 1
    issuer.status = 200
    door.now += 11
    assert await door.admits(token) == "eve"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/keys",
        "http://169.254.169.254/keys",
        "http://localhost.:1/keys",
    ],
)
async def test_an_issuer_that_is_nowhere_or_must_not_be_asked_opens_to_nobody(
    issuer: Issuer, url: str
) -> None:
    door = Door(issuer, url)
    assert await door.admits(issuer.sign()) == "TOKEN_KEYS_UNREACHABLE"
    assert door.counted.failed == 1


async def test_keys_are_not_fetched_from_where_an_issuer_redirects_to(issuer: Issuer) -> None:
    issuer.status, issuer.headers = 302, f"location: {issuer.url}\r\n"
    assert await Door(issuer).admits(issuer.sign()) == "TOKEN_KEYS_UNREACHABLE"
    assert issuer.asked == 1


async def test_keys_that_cannot_check_tokens_are_left_out(issuer: Issuer) -> None:
    private = {"kty": "OKP", "crv": "Ed25519", "x": "AA", "d": "AA", "kid": "leaked"}
    strange = [private, {"kty": "oct", "k": "AA"}, {"kty": "new"}, {"use": "enc"}, 7]
    issuer.published += strange  # type: ignore[arg-type]
    door = Door(issuer)
    assert await door.admits(issuer.sign()) == "eve"
    issuer.published = strange  # type: ignore[assignment]
    assert await Door(issuer).admits(issuer.sign()) == "TOKEN_KEYS_UNREACHABLE"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://elsewhere.example"},
        {"iss": ""},
        {"aud": "crm"},
        {"nbf": int(time.time()) + LIFE_SECONDS},
        {"exp": int(time.time()) + 10 * 24 * 3600},
    ],
)
async def test_a_token_of_another_issuer_audience_or_time_is_refused(
    issuer: Issuer, changes: dict[str, Any]
) -> None:
    assert await Door(issuer).admits(issuer.sign(**changes)) == "BAD_TOKEN"


async def test_a_token_lives_to_its_end_and_no_longer(issuer: Issuer) -> None:
    door = Door(issuer)
    token = issuer.sign()
    assert [await door.admits(token), await door.admits(token)] == ["eve", "eve"]
    ended = issuer.sign(exp=int(time.time()) - LIFE_SECONDS)
    assert await door.admits(ended) == "TOKEN_EXPIRED"


def forged(header: dict[str, str], claims: dict[str, Any], secret: bytes | None) -> str:
    """A token signed by HS256 with `secret`, or by nobody."""
    parts = [json.dumps(part).encode() for part in (header, claims)]
    text = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    mark = hmac.new(secret, text, hashlib.sha256).digest() if secret else b""
    return (text + b"." + base64.urlsafe_b64encode(mark).rstrip(b"=")).decode()


async def test_neither_unsigned_tokens_nor_a_public_key_as_secret_pass(issuer: Issuer) -> None:
    issuer.add("rsa", by_rsa=True)
    door = Door(issuer)
    public = issuer.keys["rsa"].public_key()
    pem = public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    for kid in ("rsa", "first", ""):
        for algorithm, secret in (("none", None), ("HS256", pem), ("RS256", pem)):
            token = forged({"alg": algorithm, "kid": kid}, issuer.claims(), secret)
            assert await door.admits(token) == "BAD_TOKEN", (kid, algorithm)


async def test_the_router_takes_an_issuers_tokens(redis_url: str, issuer: Issuer) -> None:
    settings: dict[str, Any] = {
        "token_keys_url": issuer.url,
        "token_issuer": issuer.name,
        "token_audience": AUDIENCE,
    }
    async with (
        router(redis_url, **settings) as target,
        grpc.aio.insecure_channel(target) as channel,
    ):
        centre = Centre(channel)
        request = agent_service_pb2.ListAgentsRequest(parent=TENANT)

        async def asked(token: str) -> grpc.StatusCode | None:
            shown = (("authorization", f"Bearer {token}"),)
            try:
                await centre.agents.ListAgents(request, metadata=shown)
            except grpc.aio.AioRpcError as error:
                return error.code()
            return None

        assert await asked(issuer.sign()) is None
        assert await asked(issuer.sign(iss="other")) is grpc.StatusCode.UNAUTHENTICATED
        assert await asked(issuer.sign(roles=["agent"])) is grpc.StatusCode.PERMISSION_DENIED
