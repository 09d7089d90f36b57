from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError
from pydantic_settings import SettingsConfigDict
from switchyard_common.settings import ServiceSettings, TlsFiles, is_loopback, load_settings

pytestmark = pytest.mark.unit


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="THING_")

    port: int = 7999
    metrics_port: int = 9999


class SecretiveSettings(Settings):
    api_key: SecretStr
    workers: int = 1


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in SecretiveSettings.model_fields:
        monkeypatch.delenv(SecretiveSettings.env_name(field), raising=False)


@pytest.fixture
def pem_files(tmp_path: Path) -> TlsFiles:
    for name in ("cert", "key", "ca"):
        (tmp_path / name).write_text("PEM")
    return TlsFiles(tmp_path / "cert", tmp_path / "key", tmp_path / "ca")


def set_tls(monkeypatch: pytest.MonkeyPatch, tls: TlsFiles) -> None:
    monkeypatch.setenv("THING_TLS_CERT", str(tls.cert))
    monkeypatch.setenv("THING_TLS_KEY", str(tls.key))
    monkeypatch.setenv("THING_TLS_CA", str(tls.ca))


def test_defaults_are_plaintext_on_loopback() -> None:
    settings = load_settings(Settings)
    assert (settings.bind, settings.port, settings.tls) == ("127.0.0.1", 7999, None)


def test_settings_come_from_the_environment_and_do_not_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("THING_PORT", "7001")
    settings = load_settings(Settings)
    assert settings.port == 7001
    with pytest.raises(ValidationError, match="frozen"):
        settings.port = 1  # type: ignore[misc]


@pytest.mark.parametrize("bind", ["0.0.0.0", "192.168.1.4", "::", "router.example"])
def test_plaintext_beyond_loopback_is_refused_and_the_message_names_the_settings(
    bind: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("THING_BIND", bind)
    with pytest.raises(SystemExit) as exit_:
        load_settings(Settings)
    assert exit_.value.code == 2
    assert capsys.readouterr().err == (
        "Settings: bad settings\n"
        f"  THING_BIND={bind} can be reached from other machines, and there is no TLS; set "
        "THING_TLS_CERT, THING_TLS_KEY, THING_TLS_CA, or bind to 127.0.0.1\n"
    )


def test_any_bind_address_is_fine_with_tls(
    pem_files: TlsFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_tls(monkeypatch, pem_files)
    monkeypatch.setenv("THING_BIND", "0.0.0.0")
    assert load_settings(Settings).tls == pem_files


def test_half_of_tls_is_refused(
    pem_files: TlsFiles, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    set_tls(monkeypatch, pem_files)
    monkeypatch.delenv("THING_TLS_CA")
    with pytest.raises(SystemExit):
        load_settings(Settings)
    assert "TLS needs all three files; also set THING_TLS_CA" in capsys.readouterr().err


def test_a_tls_file_that_is_not_there_is_named(
    pem_files: TlsFiles, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    set_tls(monkeypatch, pem_files)
    pem_files.key.unlink()
    with pytest.raises(SystemExit):
        load_settings(Settings)
    assert f"THING_TLS_KEY: no file at {pem_files.key}" in capsys.readouterr().err


def test_each_bad_variable_has_a_line_and_no_value_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("THING_PORT", "70000")
    monkeypatch.setenv("THING_WORKERS", "hunter2")
    with pytest.raises(SystemExit) as exit_:
        load_settings(SecretiveSettings)
    printed = capsys.readouterr().err
    assert exit_.value.code == 2
    assert "  THING_PORT: a port is a number from 0 (any free one) to 65535; change it\n" in printed
    assert "  THING_API_KEY: not set; set it in the environment\n" in printed
    assert "  THING_WORKERS: input should be a valid integer" in printed
    assert "hunter2" not in printed


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.0.1", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("localhost.example", False),
        ("", False),
    ],
)
def test_what_counts_as_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback
