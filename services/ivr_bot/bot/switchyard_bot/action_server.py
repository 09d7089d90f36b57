"""The action server, over connections that are kept open: Rasa opens one for every action."""

from typing import Any

import aiohttp
from rasa.core.constants import DEFAULT_REQUEST_TIMEOUT
from rasa.utils.endpoints import ClientResponseError, EndpointConfig

from switchyard_bot import tracing
from switchyard_bot.certificate import Certificate

# The action server closes what nobody uses for longer, and must not do so just as a call begins.
_KEPT_SECONDS = 20.0
_REFUSED = 400


class ActionServer(EndpointConfig):
    """Where actions are called, for the life of the process."""

    def __init__(self, url: str, certificate: Certificate | None = None) -> None:
        """Connects with the first call, and shows the certificate, if there is one."""
        # The actions need no domain, and it is most of what would be sent to them.
        super().__init__(url, enable_selective_domain=True)
        self._certificate = certificate
        self._kept: aiohttp.ClientSession | None = None

    async def request(self, *_: Any, json: dict[str, Any], **__: Any) -> Any:
        """Posts a call and gives its answer; raises what the parent class does."""
        certificate = self._certificate
        context = certificate.to_servers() if certificate else None
        with tracing.action() as trace:
            session = self._session()
            async with session.post(self.url, json=json, ssl=context, headers=trace) as response:
                if response.status >= _REFUSED:
                    body = await response.content.read()
                    raise ClientResponseError(response.status, response.reason, body)
                return await response.json()

    async def close(self) -> None:
        """Closes all connections."""
        if self._kept is not None:
            await self._kept.close()
            self._kept = None

    def _session(self) -> aiohttp.ClientSession:
        if self._kept is None:
            # It belongs to the event loop that serves, which there is only now.
            self._kept = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(keepalive_timeout=_KEPT_SECONDS, limit=0),
                timeout=aiohttp.ClientTimeout(total=DEFAULT_REQUEST_TIMEOUT),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._kept
