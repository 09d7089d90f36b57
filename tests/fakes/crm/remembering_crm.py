"""A CRM on loopback that remembers what was written under which key, and a connector to it.

It lives in the test's process and outlasts whoever writes to it.
"""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, override

import httpx
from switchyard_crm.domain.customer import Case, Interaction, Order
from switchyard_crm.domain.identifiers import Identifier
from switchyard_crm.domain.records import Profile
from switchyard_crm.service.connectors import (
    Capability,
    CaseChange,
    Changes,
    Invalid,
    NewCase,
    NotFound,
    RateLimited,
    TimelinePage,
    Unauthorized,
    Unavailable,
    Unsupported,
)

_NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
_WRITES = frozenset((Capability.LOG_INTERACTION, Capability.CREATE_CASE, Capability.UPDATE_CASE))


@dataclass
class RememberingCrm:
    """`objects` by key, in the order of their making; `written` are all calls, repeats too."""

    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)
    refuse: dict[str, tuple[int, float]] = field(default_factory=dict)
    """Path to status and Retry-After, for as long as it stands here; "" means every path."""
    port: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def write(self, path: str, entry: dict[str, Any]) -> tuple[int, dict[str, Any], float]:
        """Status, answer and Retry-After."""
        with self.lock:
            status, wait = self.refuse.get(path) or self.refuse.get("") or (200, 0.0)
            if status != 200:
                return status, {}, wait
            key = entry["key"]
            self.written.append(key)
            made = {**entry, "path": path, "id": f"remote-{len(self.objects) + 1}"}
            return 200, {"id": self.objects.setdefault(key, made)["id"]}, 0.0

    def texts(self) -> list[str]:
        """What the objects say, in the order of their making."""
        fields = ("summary", "subject", "comment", "state")
        return [
            next(str(made["content"][name]) for name in fields if made["content"].get(name))
            for made in self.objects.values()
        ]


@contextmanager
def remembering_crm() -> Iterator[RememberingCrm]:
    """A server on a free port, for the length of a block."""
    crm = RememberingCrm()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            entry = json.loads(self.rfile.read(length))
            status, answer, wait = crm.write(self.path, entry)
            self.send_response(status)
            if wait:
                self.send_header("Retry-After", str(wait))
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Tests read what was written, not what was asked."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        crm.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield crm
        finally:
            server.shutdown()
            thread.join()


class RememberingConnector:
    """The writing part of a connector. It keeps no connection."""

    def __init__(
        self, port: int, name: str = "crm", capabilities: frozenset[Capability] = _WRITES
    ) -> None:
        self.name = name
        self.capabilities = capabilities
        self._url = f"http://127.0.0.1:{port}"

    async def log_interaction(self, key: str, source_id: str, interaction: Interaction) -> str:
        content = {"summary": interaction.summary, "channel": interaction.channel}
        return await self._write("/interactions", key, source_id, content)

    async def create_case(self, key: str, source_id: str, case: NewCase) -> Case:
        number = await self._write("/cases", key, source_id, asdict(case))
        return Case(number, "open", case.subject, case.priority, _NOW, _NOW, source=self.name)

    async def update_case(self, key: str, number: str, change: CaseChange) -> Case:
        await self._write("/changes", key, number, asdict(change))
        return Case(number, change.state or "open", "", "normal", _NOW, _NOW, source=self.name)

    async def _write(self, path: str, key: str, person: str, content: dict[str, Any]) -> str:
        entry = {"key": key, "person": person, "content": content}
        try:
            async with httpx.AsyncClient(timeout=60) as client:
                answer = await client.post(self._url + path, json=entry)
        except httpx.HTTPError as error:
            raise Unavailable("the CRM does not answer") from error
        _raise_for(answer)
        return str(answer.json()["id"])

    async def find(self, identifier: Identifier) -> Sequence[Profile]:
        raise Unsupported("only writes")

    async def get(self, source_id: str) -> Profile:
        raise Unsupported("only writes")

    async def timeline(self, source_id: str, limit: int, cursor: str = "") -> TimelinePage:
        raise Unsupported("only writes")

    async def open_cases(self, source_id: str, limit: int) -> Sequence[Case]:
        raise Unsupported("only writes")

    async def orders(self, source_id: str, limit: int) -> Sequence[Order]:
        raise Unsupported("only writes")

    async def changes(self, cursor: str, limit: int) -> Changes:
        raise Unsupported("only writes")

    async def erase(self, source_id: str) -> None:
        raise Unsupported("only writes")

    async def health(self) -> datetime:
        return _NOW

    async def close(self) -> None:
        """Nothing to give back."""


def _raise_for(answer: httpx.Response) -> None:
    match answer.status_code:
        case 200:
            return
        case 401:
            raise Unauthorized("the CRM refuses the credentials")
        case 404:
            raise NotFound("there is no such record")
        case 422:
            raise Invalid("the CRM refuses the content")
        case 429:
            wait = answer.headers.get("Retry-After")
            raise RateLimited("too many requests", float(wait) if wait else None)
        case 418:
            raise KeyError("王芳 +8619900001234")  # a connector with a fault, and private words
        case _:
            raise Unavailable("the CRM failed")
