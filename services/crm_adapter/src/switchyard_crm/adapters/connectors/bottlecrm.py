"""BottleCRM (PyPI `django-crm`): contacts, their tickets, interactions and comments.

Not declared: orders, since 1.35 has tables for them and no API; erasing, since deleting a contact
leaves its name in the activity log, which the API neither changes nor clears.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from switchyard_common.clock import Clock
from switchyard_common.errors import StartError

from switchyard_crm.adapters.connectors.bottlecrm_access import Access, FixedToken, Session
from switchyard_crm.adapters.connectors.bottlecrm_api import (
    BottleApi,
    checked_id,
    document,
    documents,
    person,
)
from switchyard_crm.adapters.connectors.bottlecrm_changes import ContactChanges
from switchyard_crm.adapters.connectors.bottlecrm_find import ContactSearch
from switchyard_crm.adapters.connectors.bottlecrm_history import ContactHistory
from switchyard_crm.adapters.connectors.bottlecrm_writes import BottleWrites
from switchyard_crm.adapters.connectors.http import JsonHttp
from switchyard_crm.adapters.connectors.mapped import Mapper
from switchyard_crm.adapters.connectors.refusals import http_date
from switchyard_crm.adapters.connectors.registry import ConnectorKind, ConnectorParts, shipped
from switchyard_crm.domain.customer import Case, Interaction, Order
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.domain.records import Profile
from switchyard_crm.service.connectors import (
    Capability,
    CaseChange,
    Changes,
    NewCase,
    NotFound,
    TimelinePage,
    Unsupported,
)

_CAPABILITIES = frozenset(Capability) - {Capability.ORDERS, Capability.ERASE}


class BottleOptions(BaseModel):
    """`sweep_seconds`: between two readings of the whole list of contacts. `state_file`: where the
    session's next refresh token is kept, for credentials with `refresh_token`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sweep_seconds: float = Field(default=3600.0, ge=0, le=604_800)
    state_file: Path | None = None


class BottleCrmConnector:
    """One organisation in BottleCRM, as the member sees it whose token it has."""

    def __init__(
        self, name: str, api: BottleApi, mapper: Mapper, clock: Clock, sweep_seconds: float
    ) -> None:
        self._name = name
        self._api = api
        self._mapper = mapper
        self._clock = clock
        self._search = ContactSearch(api, mapper)
        self._history = ContactHistory(api, mapper)
        self._changes = ContactChanges(api, mapper, clock, sweep_seconds)
        self._writes = BottleWrites(api, mapper)

    @property
    def name(self) -> str:
        """The source's name."""
        return self._name

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What it can do."""
        return _CAPABILITIES

    async def find(self, identifier: Identifier) -> Sequence[Profile]:
        """Contacts by phone, e-mail or id."""
        if identifier.kind is IdentifierKind.SOURCE_RECORD and identifier.namespace == self._name:
            try:
                return (await self.get(identifier.value),)
            except NotFound:
                return ()
        return await self._search.find(identifier)

    async def get(self, source_id: str) -> Profile:
        """One contact."""
        answer = await self._api.call("GET", f"contacts/{checked_id(source_id)}/")
        return self._mapper.profile(person(document(answer.body, "contact_obj")))

    async def timeline(self, source_id: str, limit: int, cursor: str = "") -> TimelinePage:
        """Interactions and comments."""
        return await self._history.timeline(source_id, limit, cursor)

    async def open_cases(self, source_id: str, limit: int) -> Sequence[Case]:
        """Open tickets. When one changed last is not told, so the newest come first."""
        return await self._history.open_cases(source_id, limit)

    async def orders(self, source_id: str, limit: int) -> Sequence[Order]:
        """Not offered."""
        raise Unsupported("BottleCRM has no API for orders")

    async def log_interaction(self, key: str, source_id: str, interaction: Interaction) -> str:
        """Note a contact."""
        return await self._writes.interaction(key, source_id, interaction)

    async def create_case(self, key: str, source_id: str, case: NewCase) -> Case:
        """Open a ticket."""
        return await self._writes.case(key, source_id, case)

    async def update_case(self, key: str, number: str, change: CaseChange) -> Case:
        """Change a ticket."""
        return await self._writes.change(key, number, change)

    async def changes(self, cursor: str, limit: int) -> Changes:
        """Contacts that changed; see `bottlecrm_changes` for how and what it costs."""
        return await self._changes.page(cursor, limit)

    async def erase(self, source_id: str) -> None:
        """Not offered."""
        raise Unsupported("BottleCRM keeps the names of deleted contacts in its activity log")

    async def health(self) -> datetime:
        """Its time, when it answers and takes the token."""
        answer = await self._api.call("GET", "activities/", {"limit": 1})
        documents(answer.body, "activities")
        return http_date(answer.headers.get("date", "")) or self._clock.now()

    async def close(self) -> None:
        """Give back connections."""
        await self._api.close()


def _build(parts: ConnectorParts) -> BottleCrmConnector:
    access = _access(parts.http, parts.clock, parts.secrets, parts.options)
    api = BottleApi(parts.http, access)
    return BottleCrmConnector(
        parts.name, api, parts.mapper, parts.clock, parts.options.sweep_seconds
    )


def _access(http: JsonHttp, clock: Clock, secrets: Any, options: BottleOptions) -> Access:
    token, refresh = secrets.get("token"), secrets.get("refresh_token")
    if bool(token) == bool(refresh):
        raise StartError("bottlecrm: give one of the credentials token and refresh_token")
    if token:
        return FixedToken(token)
    if options.state_file is None or not options.state_file.is_absolute():
        raise StartError("bottlecrm: refresh_token needs options.state_file, an absolute path")
    return Session(http, clock, refresh, options.state_file)


KIND = ConnectorKind(
    build=_build,
    mapping=shipped("bottlecrm.yaml"),
    optional_secrets=frozenset({"token", "refresh_token"}),
    options=BottleOptions,
    base_path="api/",
)
