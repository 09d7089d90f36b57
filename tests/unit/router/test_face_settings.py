"""Settings of the faces: what cannot work is refused with the variable and the fix."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError
from switchyard_common.settings import describe
from switchyard_router.settings import RouterSettings

pytestmark = pytest.mark.unit

KEY = SecretStr("a key for tests only")
SECRET = "a secret for tests, and for tests only"
JWKS = "https://sso.example/keys"


def problem(**settings: Any) -> str:
    with pytest.raises(ValidationError) as refused:
        RouterSettings(pseudonym_key=KEY, **settings)
    return describe(refused.value, RouterSettings)


def test_by_default_nothing_but_loopback_is_open() -> None:
    settings = RouterSettings(pseudonym_key=KEY)
    assert (settings.bind, settings.http_port, settings.agi_port) == ("127.0.0.1", 7107, None)
    assert not settings.takes_tokens


def test_lists_come_from_one_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROUTER_AGI_PEERS", "10.0.0.0/8, 192.0.2.7")
    assert RouterSettings(pseudonym_key=KEY).agi_peers == ("10.0.0.0/8", "192.0.2.7")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"token_secret": SecretStr("too short"), "token_audience": "r"}, "ROUTER_TOKEN_SECRET"),
        ({"token_secret": SecretStr(SECRET)}, "ROUTER_TOKEN_AUDIENCE: not set"),
        ({"token_keys": Path("/nowhere"), "token_audience": "r"}, "ROUTER_TOKEN_KEYS: no file"),
        ({"token_keys_url": "http://sso.example/keys"}, "ROUTER_TOKEN_KEYS_URL: must be https"),
        ({"token_keys_url": "https://a:b@sso.example/"}, "ROUTER_TOKEN_KEYS_URL: must be https"),
        ({"token_keys_url": JWKS, "token_audience": "r"}, "ROUTER_TOKEN_ISSUER: not set"),
        ({"token_keys_url": JWKS, "token_issuer": "s"}, "ROUTER_TOKEN_AUDIENCE: not set"),
        ({"token_keys_url": JWKS, "token_secret": SecretStr(SECRET)}, "stands alone"),
        ({"client_certificates": False}, "nobody could call"),
        ({"agi_peers": ("somewhere",)}, "ROUTER_AGI_PEERS"),
        ({"agi_bind": "0.0.0.0", "agi_peers": ("0.0.0.0/0",)}, "ROUTER_AGI_PEERS"),
        ({"http_port": 70_000}, "ROUTER_HTTP_PORT"),
        ({"calls_per_second": 0}, "ROUTER_CALLS_PER_SECOND"),
        ({"token_file": Path("/nowhere")}, "ROUTER_TOKEN_FILE: no file"),
    ],
)
def test_what_cannot_work_is_refused_by_name(settings: dict[str, Any], said: str) -> None:
    text = problem(**settings)
    assert said in text
    assert "too short" not in text
    assert SECRET not in text
