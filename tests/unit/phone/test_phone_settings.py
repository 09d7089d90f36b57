"""What the phone can be told, and what it does not take."""

from ipaddress import IPv4Network

import pytest
from pydantic import ValidationError
from switchyard_phone.settings import PhoneSettings

pytestmark = pytest.mark.unit


def told(monkeypatch: pytest.MonkeyPatch, **variables: str) -> PhoneSettings:
    for name, value in variables.items():
        monkeypatch.setenv(f"PHONE_{name}", value)
    return PhoneSettings()


def test_only_this_machine_may_call_unless_told_otherwise() -> None:
    settings = PhoneSettings()
    assert settings.may_call("127.0.0.1")
    assert not settings.may_call("192.0.2.1")


def test_peers_are_addresses_and_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = told(monkeypatch, PEERS="192.0.2.1, 198.51.100.0/24")
    assert settings.peers == (IPv4Network("192.0.2.1/32"), IPv4Network("198.51.100.0/24"))
    assert settings.may_call("198.51.100.77")
    assert not settings.may_call("127.0.0.1")


def test_ports_for_sound_are_a_range(monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(monkeypatch, RTP_PORTS="30000-32000").rtp_ports == (30_000, 32_000)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RTP_PORTS", "30000"),
        ("RTP_PORTS", "30000-20000"),
        ("RTP_PORTS", "10-20000"),
        ("RTP_PORTS", "20000-20100"),  # too few for the calls
        ("PEERS", "pbx.example"),
        ("PEERS", "192.0.2.1/24"),  # a network with an address inside it is a slip
        ("CODECS", "opus"),
        ("CODECS", ""),
        ("CALLS_AT_ONCE", "0"),
        ("CALLS_AT_ONCE", "121"),
        ("CALLS_PER_SECOND", "0"),
        ("SIP_HOST", "localhost"),
        ("SPEECH_ACCEPT", "0.1"),  # below what is asked about
        ("SPEECH_ACCEPT", "1.1"),
        ("SPEECH_WORDS_CONFIRM", "0.9"),
        ("SPEECH_RETRY_SECONDS", "0"),
        ("SPEECH_ECHO_DB", "1"),
    ],
)
def test_what_cannot_work_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    with pytest.raises(ValidationError):
        told(monkeypatch, **{name: value})
