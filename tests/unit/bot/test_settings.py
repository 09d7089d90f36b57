"""The bot's settings."""

from pathlib import Path

import pytest
from switchyard_bot.settings import BadSettings, RedisAddress, read

pytestmark = pytest.mark.unit


def test_defaults_stay_on_this_machine_and_in_memory() -> None:
    settings = read({})
    assert (settings.bind, settings.port, settings.metrics_port) == ("127.0.0.1", 7105, 9105)
    assert settings.redis is None
    assert settings.api_token is None
    assert settings.actions_url == "http://127.0.0.1:7104/webhook"
    assert settings.models_dir.parts[-2:] == (".switchyard", "models")


def test_reads_a_redis_url_with_everything_in_it() -> None:
    settings = read({"BOT_REDIS_URL": "rediss://bot:p%40ss@store.example:6390/2"})
    assert settings.redis == RedisAddress("store.example", 6390, 2, "bot", "p@ss", tls=True)


def test_redis_url_may_be_short() -> None:
    settings = read({"BOT_REDIS_URL": "redis://127.0.0.1"})
    assert settings.redis == RedisAddress("127.0.0.1", 6379, 0, None, None, tls=False)


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("BOT_BIND", "0.0.0.0", "BOT_TLS_CERT"),
        ("BOT_BIND", "bot.example", "BOT_TLS_CERT"),
        ("BOT_PORT", "70000", "BOT_PORT"),
        ("BOT_PORT", "-1", "BOT_PORT"),
        ("BOT_REDIS_URL", "http://secret@x", "BOT_REDIS_URL"),
        ("BOT_REDIS_URL", "redis://:secret@x:notaport", "BOT_REDIS_URL"),
        ("BOT_REDIS_PREFIX", "a:b", "BOT_REDIS_PREFIX"),
        ("BOT_LOG_LEVEL", "loud", "BOT_LOG_LEVEL"),
        ("BOT_TLS_CERT", "/nowhere.pem", "no file"),
        ("BOT_TLS_CA", "/nowhere.pem", "BOT_TLS_CERT and BOT_TLS_KEY"),
        ("BOT_MODEL", "/nowhere.tar.gz", "no file"),
    ],
)
def test_refuses_what_cannot_work_and_names_the_variable(
    name: str, value: str, problem: str
) -> None:
    with pytest.raises(BadSettings, match=problem) as refusal:
        read({name: value})
    assert "secret" not in str(refusal.value)


def test_tells_all_problems_at_once() -> None:
    with pytest.raises(BadSettings) as refusal:
        read({"BOT_PORT": "x", "BOT_LOG_LEVEL": "loud"})
    assert len(str(refusal.value).splitlines()) == 2


def test_other_addresses_are_allowed_with_tls(tmp_path: Path) -> None:
    for name in ("cert", "key"):
        (tmp_path / name).write_text("pem")
    settings = read(
        {
            "BOT_BIND": "10.0.0.5",
            "BOT_TLS_CERT": str(tmp_path / "cert"),
            "BOT_TLS_KEY": str(tmp_path / "key"),
        }
    )
    assert settings.tls_cert == tmp_path / "cert"
