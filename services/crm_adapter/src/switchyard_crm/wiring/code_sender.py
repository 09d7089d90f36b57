"""What sends codes, and the page that links lead to, by the settings."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from switchyard_common.errors import StartError
from switchyard_common.settings import is_loopback

from switchyard_crm.adapters.code_senders import FileCodeSender, HttpCodeSender, SenderWatch
from switchyard_crm.adapters.connectors.http import tls_context
from switchyard_crm.adapters.connectors.sockets import ClosingTransport
from switchyard_crm.service.codes import CodeSender, SenderUnavailable
from switchyard_crm.service.pin_reset import LANGUAGE_PLACE, TOKEN_PLACE
from switchyard_crm.settings import CrmSettings

_CONNECTIONS = 8


@asynccontextmanager
async def code_sender(
    settings: CrmSettings, watch: SenderWatch
) -> AsyncIterator[CodeSender | None]:
    """The gateway or file of the settings; None without one. Raises StartError."""
    if settings.code_gateway_url is not None:
        url, seconds = _gateway_url(settings), settings.code_gateway_seconds
        headers = _headers(settings.code_gateway_token_file)
        transport = ClosingTransport(tls_context(None), _CONNECTIONS)
        async with httpx.AsyncClient(transport=transport, timeout=seconds) as client:
            yield HttpCodeSender(client, url, seconds, headers, watch)
    elif settings.code_file is not None:
        if not is_loopback(settings.bind):
            raise StartError(
                f"{settings.env_name('code_file')}: codes in a file are for demonstrations on one "
                f"machine; set {settings.env_name('code_gateway_url')} instead"
            )
        yield FileCodeSender(settings.code_file)
    else:
        yield None


def reset_page(settings: CrmSettings) -> str:
    """The template of links; empty without one. Raises StartError."""
    template = settings.reset_url
    if not template:
        return ""
    setting = settings.env_name("reset_url")
    if TOKEN_PLACE not in template:
        raise StartError(
            f"{setting}: has no {TOKEN_PLACE}; write it like "
            f"https://example.com/reset/{TOKEN_PLACE}?language={LANGUAGE_PLACE}"
        )
    _refuse_open_wire(template, setting)
    return template


def _gateway_url(settings: CrmSettings) -> str:
    url = settings.code_gateway_url.get_secret_value() if settings.code_gateway_url else ""
    _refuse_open_wire(url, settings.env_name("code_gateway_url"))
    return url


def _refuse_open_wire(url: str, setting: str) -> None:
    """Codes and tokens travel encrypted, but for this machine. Raises StartError."""
    parts = urlsplit(url)
    safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    if not (safe and parts.hostname):
        raise StartError(f"{setting}: must be https://…; http:// only for this machine")


def _headers(token_file: Path | None) -> Callable[[], Mapping[str, str]]:
    if token_file is None:
        return dict

    def shown() -> Mapping[str, str]:
        try:
            return {"Authorization": f"Bearer {token_file.read_text(encoding='utf-8').strip()}"}
        except OSError as error:
            raise SenderUnavailable(f"cannot read its token ({error.strerror})") from error

    return shown
