"""The page, the widget and their parts: few, small, and held in memory."""

import hashlib
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is served."""

    body: bytes
    media_type: str
    etag: str

    async def respond(self, request: Request) -> Response:
        """The file, or 304 for a browser that has it already."""
        # Any site may carry the widget; what the chat itself accepts is decided by origin.
        headers = {
            "etag": self.etag,
            "cache-control": "no-cache",
            "access-control-allow-origin": "*",
            "cross-origin-resource-policy": "cross-origin",
        }
        if request.headers.get("if-none-match") == self.etag:
            return Response(status_code=304, headers=headers)
        return Response(self.body, media_type=self.media_type, headers=headers)


def asset_routes() -> list[Route]:
    """A route for each file of the package's folder `static`; `/` is its index.html."""
    routes = []
    for path, file in _files(files("switchyard_gateway") / "static", ""):
        asset = _load(file)
        routes.append(Route("/" if path == "/index.html" else path, asset.respond))
    return routes


def _files(folder: Traversable, prefix: str) -> list[tuple[str, Traversable]]:
    found = []
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        path = f"{prefix}/{entry.name}"
        if entry.is_dir():
            found += _files(entry, path)
        elif _suffix(entry) in _TYPES:
            found.append((path, entry))
    return found


def _load(file: Traversable) -> Asset:
    body = file.read_bytes()
    etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    return Asset(body, _TYPES[_suffix(file)], etag)


def _suffix(file: Traversable) -> str:
    return f".{file.name.rpartition('.')[2]}"
