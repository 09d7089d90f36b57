"""Settings that name a server elsewhere lead to no other place."""

import asyncio
import socket
from ipaddress import ip_address
from typing import Any

import pytest
from switchyard_common.destinations import ForbiddenDestination, is_forbidden, resolved

pytestmark = pytest.mark.unit


async def resolve(monkeypatch: pytest.MonkeyPatch, host: str, *answers: str) -> list[str]:
    async def told(*_: Any, **__: Any) -> list[Any]:
        return [
            (socket.AF_INET6 if ":" in text else socket.AF_INET, 0, 0, "", (text, 443))
            for text in answers
        ]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", told, raising=False)
    return list(await resolved(host, 443))


@pytest.mark.parametrize(
    "text",
    [
        "169.254.169.254",
        "169.254.170.2",
        "100.100.100.200",
        "fd00:ec2::254",
        "fe80::1",
        "::ffff:169.254.169.254",
        "0.0.0.0",
        "::",
        "224.0.0.1",
    ],
)
async def test_no_setting_leads_to_what_clouds_tell_their_machines(text: str) -> None:
    assert is_forbidden(ip_address(text))
    with pytest.raises(ForbiddenDestination, match="metadata"):
        await resolved(text, 80)


@pytest.mark.parametrize("text", ["127.0.0.1", "::1", "10.0.0.5", "192.0.2.7", "2001:db8::7"])
async def test_an_address_that_is_written_is_meant(text: str) -> None:
    assert await resolved(text, 80) == (text,)


@pytest.mark.parametrize("text", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
async def test_a_name_that_leads_to_this_machine_is_refused(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    with pytest.raises(ForbiddenDestination):
        await resolve(monkeypatch, "crm.example", text)


async def test_a_name_that_also_leads_to_this_machine_is_followed_elsewhere_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = ("2001:db8::7", "127.0.0.1", "169.254.169.254", "10.0.0.5")
    assert await resolve(monkeypatch, "crm.example", *answers) == ["10.0.0.5", "2001:db8::7"]


@pytest.mark.parametrize("host", ["localhost", "crm.localhost"])
async def test_localhost_is_this_machine(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    assert await resolve(monkeypatch, host, "::1", "127.0.0.1") == ["127.0.0.1", "::1"]
