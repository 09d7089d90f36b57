"""Who a certificate or a token says is calling."""

import json
import os
import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from pydantic import SecretStr
from switchyard_common.errors import DomainError, StartError
from switchyard_common.identity import Identity, Role, certificate_identity, development_identity
from switchyard_common.token_keys import read_keys
from switchyard_common.tokens import TokenVerifier

pytestmark = pytest.mark.unit

SECRET = "a secret for tests, and for tests only"
NOW = time.time()
LIFE = 36_000
"""Longer than any run of the tests takes."""


def pem(key: Any) -> str:
    return str(
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def claims(**changes: Any) -> dict[str, Any]:
    usual = {
        "sub": "1007",
        "tenant": "demo",
        "roles": ["agent"],
        "aud": "router",
        "exp": int(NOW) + LIFE,
    }
    return {key: value for key, value in (usual | changes).items() if value is not None}


def signed(key: Any = SECRET, algorithm: str = "HS256", kid: str = "", **changes: Any) -> str:
    headers = {"kid": kid} if kid else None
    return jwt.encode(claims(**changes), key, algorithm, headers=headers)


def by_secret(**more: Any) -> TokenVerifier:
    return TokenVerifier("router", secret=SecretStr(SECRET), **more)


def why_not(verifier: TokenVerifier, token: str) -> tuple[str, str]:
    with pytest.raises(DomainError) as refused:
        verifier.verify(token)
    return refused.value.reason, refused.value.message


def test_a_certificate_names_tenant_role_and_subject() -> None:
    uris = ["https://example.org/", "switchyard://demo/platform+supervisor/pbx-1"]
    assert certificate_identity(uris) == Identity(
        "demo", frozenset({Role.PLATFORM, Role.SUPERVISOR}), "pbx-1"
    )
    assert certificate_identity(["spiffe://demo/pbx"]) is None
    assert certificate_identity([]) is None


@pytest.mark.parametrize(
    "uris",
    [
        ["switchyard://demo/agent/1", "switchyard://demo/admin/1"],
        ["switchyard://demo/agent"],
        ["switchyard://demo/agent/1/2"],
        ["switchyard://demo/king/1"],
        ["switchyard://demo//1"],
        ["switchyard://demo/agent+agent/1"],
        ["switchyard://Demo/agent/1"],
        ["switchyard:///agent/1"],
        ["switchyard://demo/agent/"],
        ["switchyard://demo/agent/a b"],
        ["switchyard://demo/agent/*"],
    ],
)
def test_a_certificate_that_says_two_things_or_none_says_nothing(uris: list[str]) -> None:
    with pytest.raises(DomainError, match="identity cannot be read"):
        certificate_identity(uris)


def test_the_development_identity_holds_all_roles_of_one_tenant() -> None:
    identity = development_identity("demo")
    assert (identity.roles, identity.tenant) == (frozenset(Role), "demo")


def test_a_token_speaks_for_its_subject_until_it_expires() -> None:
    identity = by_secret().verify(signed())
    assert identity == Identity("demo", frozenset({Role.AGENT}), "1007", int(NOW) + LIFE)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"aud": "crm"}, "another audience"),
        ({"aud": None}, "lacks"),
        ({"exp": None}, "lacks"),
        ({"sub": None}, "lacks"),
        ({"tenant": None}, "lacks"),
        ({"roles": None}, "lacks"),
        ({"nbf": int(NOW) + LIFE}, "not valid yet"),
    ],
)
def test_a_token_must_be_whole_and_meant_for_us(changes: dict[str, Any], said: str) -> None:
    reason, message = why_not(by_secret(), signed(**changes))
    assert reason == "BAD_TOKEN"
    assert said in message


@pytest.mark.parametrize(
    "changes",
    [{"roles": []}, {"roles": ["king"]}, {"roles": [{}]}, {"tenant": "a/b"}, {"sub": "a b"}],
)
def test_a_token_names_roles_that_exist(changes: dict[str, Any]) -> None:
    assert why_not(by_secret(), signed(**changes))[0] == "BAD_IDENTITY"


def test_the_issuer_counts_when_one_is_expected() -> None:
    verifier = by_secret(issuer="sso")
    assert verifier.verify(signed(iss="sso")).subject == "1007"
    assert why_not(verifier, signed(iss="other"))[0] == "BAD_TOKEN"
    assert why_not(verifier, signed())[0] == "BAD_TOKEN"


def test_an_expired_token_is_refused_even_if_it_was_good_before() -> None:
    now = [NOW]
    verifier = by_secret(now=lambda: now[0])
    token = signed()
    assert verifier.verify(token).subject == "1007"
    now[0] += LIFE + 6
    assert why_not(verifier, token)[0] == "TOKEN_EXPIRED"
    assert why_not(by_secret(), signed(exp=int(NOW) - LIFE))[0] == "TOKEN_EXPIRED"


def test_a_token_cannot_choose_how_it_is_checked(tmp_path: Path) -> None:
    """A public key is no secret: a token signed with it by HS256 must not pass."""
    key = ec.generate_private_key(ec.SECP256R1())
    file = tmp_path / "key.pem"
    file.write_text(pem(key))
    verifier = TokenVerifier("router", key_file=file)
    assert verifier.verify(signed(key, "ES256")).subject == "1007"
    header, body = (
        jwt.utils.base64url_encode(json.dumps(part).encode())
        for part in ({"alg": "HS256"}, claims())
    )
    text = header + b"." + body
    mark = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(
        text, pem(key).encode()
    )
    forged = (text + b"." + jwt.utils.base64url_encode(mark)).decode()
    assert why_not(verifier, forged)[0] == "BAD_TOKEN"
    unsigned = jwt.encode(claims(), None, "none")  # type: ignore[arg-type]
    for token in (unsigned, signed(), "", "x", "a.b.c", "a" * 10_000):
        assert why_not(verifier, token)[0] == "BAD_TOKEN"


def test_keys_are_chosen_by_id_and_follow_their_file(tmp_path: Path) -> None:
    first, second = ed25519.Ed25519PrivateKey.generate(), ed25519.Ed25519PrivateKey.generate()
    file = tmp_path / "keys.json"
    now = [NOW]

    def publish(age: float, **keys: ed25519.Ed25519PrivateKey) -> None:
        jwks = [
            json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(key.public_key())) | {"kid": kid}
            for kid, key in keys.items()
        ]
        file.write_text(json.dumps({"keys": jwks}))
        os.utime(file, (age, age))

    publish(1, a=first, b=second)
    verifier = TokenVerifier("router", key_file=file, now=lambda: now[0])
    assert verifier.verify(signed(first, "EdDSA", "a")).subject == "1007"
    assert verifier.verify(signed(second, "EdDSA", "b")).subject == "1007"
    assert why_not(verifier, signed(second, "EdDSA", "a"))[0] == "BAD_TOKEN"
    assert why_not(verifier, signed(second, "EdDSA", "c"))[0] == "BAD_TOKEN"
    publish(2, b=second)
    now[0] += 10
    assert why_not(verifier, signed(first, "EdDSA", "a"))[0] == "BAD_TOKEN"
    assert verifier.verify(signed(second, "EdDSA")).subject == "1007", "the only one needs no id"
    file.write_text("half a fi")
    now[0] += 10
    assert verifier.verify(signed(second, "EdDSA", "b")).subject == "1007"


def test_other_keys_and_private_ones_are_refused(tmp_path: Path) -> None:
    private = ed25519.Ed25519PrivateKey.generate()
    texts = (
        pem(rsa.generate_private_key(65537, 1024)),  # too short
        pem(ec.generate_private_key(ec.SECP384R1())),
        json.dumps({"keys": [json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(private))]}),
        json.dumps({"keys": [{"kty": "oct", "k": "AAAA"}]}),
        json.dumps({"keys": 5}),
        "",
    )
    for text in texts:
        file = tmp_path / "keys"
        file.write_text(text)
        with pytest.raises(StartError, match="no token keys"):
            read_keys(file)
