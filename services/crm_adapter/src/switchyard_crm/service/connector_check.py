"""Tries out all that a connector reads, for whoever sets one up. It writes nothing anywhere."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from switchyard_common.clock import Clock

from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.domain.records import Profile
from switchyard_crm.service.connectors import Capability, Connector, ConnectorError

_FEW = 5
_WRITES = (
    Capability.LOG_INTERACTION,
    Capability.CREATE_CASE,
    Capability.UPDATE_CASE,
    Capability.ERASE,
)


class Outcome(StrEnum):
    """How one step went; `NOT_TRIED` is for what would write, or has nobody to be tried with."""

    OK = "ok"
    FAILED = "failed"
    NOT_TRIED = "-"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was tried. `told` holds counts and names of fields, nothing personal."""

    name: str
    outcome: Outcome
    told: str


class CheckConnector:
    """Asks a CRM for its health, for somebody, and for what it has of them."""

    def __init__(self, connector: Connector, clock: Clock) -> None:
        self._connector = connector
        self._clock = clock

    async def run(self, asked: Identifier) -> AsyncGenerator[Step]:
        """Step by step; after a CRM that does not answer there are no more."""
        health = await self._tried("health", self._health)
        yield health
        if health.outcome is Outcome.FAILED:
            return
        found: list[Profile] = []

        async def find() -> str:
            found.extend(await self._connector.find(asked))
            return _told_of(found)

        yield await self._if_declared(Capability.FIND, find)
        source_id = found[0].provenance.source_id if found else ""
        for capability, read in self._reads(source_id):
            if source_id or capability not in self._connector.capabilities:
                yield await self._if_declared(capability, read)
            else:
                told = "nobody was found to try it with; give --phone or --email of somebody"
                yield Step(capability.value, Outcome.NOT_TRIED, told)
        yield await self._if_declared(Capability.CHANGES, self._changes)
        for capability in _WRITES:
            declared = capability in self._connector.capabilities
            outcome = Outcome.NOT_TRIED if declared else Outcome.ABSENT
            yield Step(capability.value, outcome, "writes are not tried" if declared else "")

    def _reads(self, id_: str) -> Sequence[tuple[Capability, Callable[[], Awaitable[str]]]]:
        crm = self._connector

        async def get() -> str:
            return _told_of([await crm.get(id_)])

        async def timeline() -> str:
            page = await crm.timeline(id_, _FEW)
            more = ", and more" if page.cursor else ""
            return f"{len(page.interactions)} interactions{more}"

        async def open_cases() -> str:
            return f"{len(await crm.open_cases(id_, _FEW))} open cases"

        async def orders() -> str:
            return f"{len(await crm.orders(id_, _FEW))} orders"

        return (
            (Capability.GET, get),
            (Capability.TIMELINE, timeline),
            (Capability.OPEN_CASES, open_cases),
            (Capability.ORDERS, orders),
        )

    async def _health(self) -> str:
        ahead = (await self._connector.health() - self._clock.now()).total_seconds()
        return f"its clock is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} ours"

    async def _changes(self) -> str:
        page = await self._connector.changes("", _FEW)
        more = ", and more" if page.more else ""
        return f"{len(page.profiles)} records, {len(page.removed)} removed{more}"

    async def _if_declared(
        self, capability: Capability, read: Callable[[], Awaitable[str]]
    ) -> Step:
        if capability not in self._connector.capabilities:
            return Step(capability.value, Outcome.ABSENT, "")
        return await self._tried(capability.value, read)

    async def _tried(self, name: str, read: Callable[[], Awaitable[str]]) -> Step:
        try:
            return Step(name, Outcome.OK, await read())
        except ConnectorError as error:
            return Step(name, Outcome.FAILED, f"{type(error).__name__}: {error}")


def _told_of(found: Sequence[Profile]) -> str:
    """How many, and which fields of the first one have a value."""
    if not found:
        return "nobody found"
    first = found[0]
    fields = [
        name
        for name in ("display_name", "language", "tier", "birth_date", "address", "since_time")
        if getattr(first, name)
    ]
    kinds = ((IdentifierKind.PHONE, "phones"), (IdentifierKind.EMAIL, "e-mails"))
    fields += [f"{len(first.values(kind))} {name}" for kind, name in kinds if first.values(kind)]
    of_first = "of the first: " if len(found) > 1 else ""
    return f"{len(found)} found; {of_first}{', '.join(fields) or 'no field of theirs'}"
