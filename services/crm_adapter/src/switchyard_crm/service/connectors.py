"""The port to a CRM. Adapters are under `adapters/connectors` and found by entry point.

A connector speaks to one CRM and does nothing else: time limits, retries, breakers, caches and
rate limits are around it, never in it. Every method may be cancelled at any moment and then leaves
nothing behind (no connection, no half-written object that a repeat with the same key would double).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from switchyard_crm.domain.customer import Case, Interaction, Order
from switchyard_crm.domain.identifiers import Identifier
from switchyard_crm.domain.records import Profile


class Capability(StrEnum):
    """What a connector can do; what is not declared raises Unsupported."""

    FIND = "find"
    GET = "get"
    TIMELINE = "timeline"
    OPEN_CASES = "open_cases"
    ORDERS = "orders"
    LOG_INTERACTION = "log_interaction"
    CREATE_CASE = "create_case"
    UPDATE_CASE = "update_case"
    CHANGES = "changes"
    ERASE = "erase"


class ConnectorError(Exception):
    """Why a CRM did not do what was asked. The text is for operators and holds no personal data."""


class NotFound(ConnectorError):
    """There is no such record or case."""


class RateLimited(ConnectorError):
    """Too many requests; `retry_after_seconds` is what the CRM said, None if it said nothing."""

    def __init__(self, message: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class Unauthorized(ConnectorError):
    """The CRM refuses the credentials; trying again is useless until somebody mends them."""


class Invalid(ConnectorError):
    """The CRM refuses the content, or its answer is not what its documentation says."""


class Unavailable(ConnectorError):
    """The CRM cannot be reached, is too slow or failed; the same request may succeed later."""


class Unsupported(ConnectorError):
    """This connector cannot do that."""


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """Interactions newest first; `cursor` continues, empty on the last page."""

    interactions: tuple[Interaction, ...]
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class Changes:
    """Records that changed since a cursor, oldest change first, and ids of removed ones.

    `cursor` continues after them (it may be stored for years); `more` says that there is more now.
    A record may come again: what is read twice is stored once. None may be left out, whatever
    changes while pages are read.
    """

    profiles: tuple[Profile, ...]
    removed: tuple[str, ...]
    cursor: str
    more: bool


@dataclass(frozen=True, slots=True)
class NewCase:
    """A case to open. `description` is personal; `kind` is what it is for, empty: a question."""

    subject: str
    description: str = ""
    priority: str = "normal"
    order_number: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class CaseChange:
    """What changes in a case: empty means unchanged. `comment` is personal.

    `public`: the customer may read the comment, or wrote it; otherwise it is among colleagues.
    """

    state: str = ""
    comment: str = ""
    public: bool = False


class Connector(Protocol):
    """One CRM. `source_id` is the id of a person's record there, never composed of personal data.

    All methods raise ConnectorError. Times are aware and in UTC.
    """

    @property
    def name(self) -> str:
        """The source's name, as in provenance, settings and metrics; [a-z0-9-]."""
        ...

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What it can do."""
        ...

    async def find(self, identifier: Identifier) -> Sequence[Profile]:
        """All records that hold this identifier, at most 20.

        What the CRM's search returns is checked here: only profiles whose own identifiers,
        normalised, hold it are returned; where the CRM compares texts, every stored notation that
        is usual has to be asked for. Nothing found is an empty sequence.
        """
        ...

    async def get(self, source_id: str) -> Profile:
        """One record. NotFound if there is none."""
        ...

    async def timeline(self, source_id: str, limit: int, cursor: str = "") -> TimelinePage:
        """What happened with this person, newest first, at most `limit` on a page."""
        ...

    async def open_cases(self, source_id: str, limit: int) -> Sequence[Case]:
        """Cases that are not closed, last changed first."""
        ...

    async def orders(self, source_id: str, limit: int) -> Sequence[Order]:
        """Orders, newest first."""
        ...

    async def log_interaction(self, key: str, source_id: str, interaction: Interaction) -> str:
        """Note a contact; the id of the object in the CRM.

        The same `key` never makes a second object, also after a crash between the CRM's write and
        ours: the object carries the key, or what the CRM offers for that.
        """
        ...

    async def create_case(self, key: str, source_id: str, case: NewCase) -> Case:
        """Open a case, once per `key`; as the CRM stored it."""
        ...

    async def update_case(self, key: str, number: str, change: CaseChange) -> Case:
        """Change a case, once per `key`; as the CRM stored it. NotFound if there is none."""
        ...

    async def changes(self, cursor: str, limit: int) -> Changes:
        """Records that changed after `cursor` (empty: all records), at most `limit`."""
        ...

    async def erase(self, source_id: str) -> None:
        """Remove the person's data from the CRM; erasing twice is no error."""
        ...

    async def health(self) -> datetime:
        """The CRM's own time, or ours if it tells none; ConnectorError when it does not work."""
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...
