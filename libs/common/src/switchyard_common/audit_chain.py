"""Entries of an audit log, each sealed over the one before it, and how a broken chain is found.

An entry is one line of JSON. Its `seal` is the HMAC-SHA-256 (RFC 2104) of the previous entry's seal
and of the line without its own, as hash chains of logs do since Schneier and Kelsey (1999): who has
no key can neither change, remove nor reorder entries unnoticed. What is cut off at the end is only
missed by who knows a later seal; see `Chain.saw`.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

FIRST_SEAL = "0" * 64
_SUBJECT_DIGITS = 32


@dataclass(frozen=True, slots=True)
class Deed:
    """Who did what to whom: `outcome` is `allowed`, `read` or the reason of a refusal.

    `subject` is a keyed hash (`AuditKey.subject`), never a name. `time` is UTC, ISO 8601.
    """

    time: str
    actor: str
    rpc: str
    outcome: str
    subject: str


@dataclass(frozen=True, slots=True)
class Link:
    """A place in the chain: the `number` of an entry, from 1, and its seal."""

    number: int
    seal: str


START = Link(0, FIRST_SEAL)


@dataclass(frozen=True, slots=True)
class Fault:
    """Where a chain is broken: `place` as the caller named the line, and what is wrong there."""

    place: str
    problem: str


class AuditKey:
    """The secret that seals entries and hides subjects."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def subject(self, name: str) -> str:
        """What stands for a name in entries; empty for none."""
        if not name:
            return ""
        return self._mac("subject", name)[:_SUBJECT_DIGITS]

    def seal(self, previous: str, text: str) -> str:
        """The seal of an entry, 64 hexadecimal digits."""
        return self._mac(previous, text)

    def _mac(self, first: str, second: str) -> str:
        return hmac.new(self._secret, f"{first}\n{second}".encode(), hashlib.sha256).hexdigest()


def sealed(deed: Deed, last: Link, lost: int, key: AuditKey) -> tuple[str, Link]:
    """The line (without its end) of the entry after `last`, and its place.

    `lost`: deeds that could not be written since then.
    """
    number = last.number + 1
    body = {"number": number, **asdict(deed), "lost": lost}
    seal = key.seal(last.seal, _text(body))
    return _text({**body, "seal": seal}), Link(number, seal)


def place_of(line: str) -> Link | None:
    """Where a line says that it stands; None if it is no entry."""
    try:
        entry = json.loads(line)
        return Link(int(entry["number"]), str(entry["seal"]))
    except (ValueError, KeyError, TypeError):
        return None


class Chain:
    """Follows a chain line by line, over any number of files in their order.

    Cost: one HMAC a line; memory does not grow.
    """

    def __init__(self, key: AuditKey, last: Link = START) -> None:
        self._key = key
        self.last = last
        self.lost = 0
        """Deeds that the entries say could not be written."""
        self._awaited: str | None = None
        self._seen = True

    def expect(self, seal: str) -> None:
        """A seal that was noted earlier; `saw` tells whether the chain still holds it."""
        self._awaited, self._seen = seal, False

    @property
    def saw(self) -> bool:
        """Whether the expected seal came by."""
        return self._seen

    def faults(self, lines: Iterable[tuple[str, str]]) -> Iterator[Fault]:
        """What is wrong with (place, line) pairs; goes on behind each fault."""
        for place, line in lines:
            problem = self._follow(line)
            if problem:
                yield Fault(place, problem)

    def _follow(self, line: str) -> str:
        place = place_of(line)
        if place is None:
            return "is no entry"
        before, self.last = self.last, place
        self._seen = self._seen or place.seal == self._awaited
        if place.number != before.number + 1:
            return _out_of_place(place.number, before.number + 1)
        entry = json.loads(line)
        del entry["seal"]
        if not hmac.compare_digest(self._key.seal(before.seal, _text(entry)), place.seal):
            return (
                f"entry {place.number} was changed, or follows another entry than it was "
                "written after"
            )
        self.lost += int(entry["lost"])
        return ""


def _out_of_place(number: int, expected: int) -> str:
    if number > expected:
        missing = f"entry {expected}" if number == expected + 1 else f"{expected} to {number - 1}"
        return f"entry {number} stands where {expected} is due: removed or moved: {missing}"
    return f"entry {number} stands where {expected} is due: repeated or moved"


def _text(entry: dict[str, Any]) -> str:
    return json.dumps(entry, separators=(",", ":"), sort_keys=True, ensure_ascii=True)
