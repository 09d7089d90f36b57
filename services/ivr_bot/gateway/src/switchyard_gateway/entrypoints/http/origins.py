"""Which pages may use the chat's HTTP: the same that may open its websocket."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

_DAY_SECONDS = "86400"


class Origins:
    """Decides by the header Origin, and writes what browsers ask for across origins."""

    def __init__(self, allowed: frozenset[str]) -> None:
        self._allowed = allowed

    def allows(self, origin: str) -> bool:
        """Whether pages of this origin may chat."""
        return origin in self._allowed

    def headers(self, request: Request) -> Mapping[str, str]:
        """What an answer to this request carries so that an allowed page may read it."""
        origin = request.headers.get("origin", "")
        if not self.allows(origin):
            return {"vary": "origin"}
        return {"vary": "origin", "access-control-allow-origin": origin}

    def preflight(self, request: Request, methods: str, headers: str) -> Response:
        """The answer to a browser that asks first; 403 for pages that may not."""
        if not self.allows(request.headers.get("origin", "")):
            return Response(status_code=403, headers={"vary": "origin"})
        return Response(
            status_code=204,
            headers={
                **self.headers(request),
                "access-control-allow-methods": methods,
                "access-control-allow-headers": headers,
                "access-control-max-age": _DAY_SECONDS,
            },
        )
