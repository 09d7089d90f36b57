"""What the suite of the connectors is made with: notations, hostile texts, reading changes."""

import contextlib
import logging
from collections.abc import Callable, Coroutine, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from structlog.testing import capture_logs
from switchyard_crm.domain.customer import Interaction
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.domain.records import Profile
from switchyard_crm.service.connectors import (
    Capability,
    Connector,
    Unsupported,
)

MAX_FOUND = 20
PAGE = 3
MAX_PAGES = 2000
HUGE = 64 * 1024 * 1024

STORED_FORMATS: dict[str, Callable[[str], str]] = {
    "international": lambda n: f"+86 {n[:3]} {n[3:7]} {n[7:]}",
    "double-zero": lambda n: f"0086-{n[:3]}-{n[3:7]}-{n[7:]}",
    "national": lambda n: n,
    "brackets": lambda n: f"({n[:3]}) {n[3:7]} {n[7:]}",
    "full-width": lambda n: "".join(chr(ord(digit) - ord("0") + 0xFF10) for digit in n),
    "zhuan": lambda n: f"{n}转12",
    "extension": lambda n: f"+86 {n[:3]}-{n[3:7]}-{n[7:]} ext. 12",
}

INJECTIONS = (
    "%",
    "_",
    "*",
    "' OR '1'='1",
    "'; DROP TABLE party_party; --",
    '"}],["id",">",0]',
    "\\",
    "x@example.com' OR Name != '",
    "{{7*7}}",
    "a@b.c)(|(uid=*))",
    "..%2f..%2fadmin",
    "\x00",
    "x\r\nX-Injected: 1",
)

NO_IDS = ("", "0", "999999999", "../1", "1 OR 1=1", "1/../2", "?", "名", "x" * 300, "-1", "\x00")

NOTE = Interaction(
    id="", channel="VOICE", time=datetime(2026, 11, 1, 8, 0, tzinfo=UTC), summary="Asked: 包裹在哪?"
)


def phone(digits: str) -> Identifier:
    return Identifier(IdentifierKind.PHONE, f"+86{digits}")


def email(text: str) -> Identifier:
    return Identifier(IdentifierKind.EMAIL, text)


def ids(profiles: Sequence[Profile]) -> set[str]:
    return {profile.provenance.source_id for profile in profiles}


async def refused(
    connector: Connector, capability: Capability, call: Coroutine[Any, Any, object]
) -> bool:
    """Whether the connector does not declare it; then the call has to raise Unsupported."""
    if capability in connector.capabilities:
        call.close()
        return False
    with pytest.raises(Unsupported):
        await call
    return True


async def read_changes(
    connector: Connector, cursor: str, limit: int = 100
) -> tuple[list[Profile], set[str], str]:
    """All changes from a cursor on: profiles in the order of coming, removed ids, next cursor."""
    profiles: list[Profile] = []
    removed: set[str] = set()
    for _ in range(MAX_PAGES):
        page = await connector.changes(cursor, limit)
        assert len(page.profiles) + len(page.removed) <= limit
        assert page.cursor
        profiles += page.profiles
        removed |= set(page.removed)
        cursor = page.cursor
        if not page.more:
            return profiles, removed, cursor
    raise AssertionError("changes never end")


async def end_of_changes(connector: Connector) -> str:
    return (await read_changes(connector, ""))[2]


@contextlib.contextmanager
def all_logs(caplog: pytest.LogCaptureFixture) -> Iterator[list[object]]:
    """Everything that is logged anywhere, at any level that a service can be set to."""
    lines: list[object] = []
    with caplog.at_level(logging.DEBUG), capture_logs() as events:
        yield lines
    lines += [record.getMessage() for record in caplog.records]
    lines += [repr(record.args) for record in caplog.records]
    lines += [repr(event) for event in events]


def chain(error: BaseException) -> str:
    """All that a log of an error may show: it, what caused it, and their arguments."""
    behind = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return f"{error!s} {error!r} {error.args!r} " + (chain(behind) if behind else "")
