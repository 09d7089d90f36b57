"""What is written through the service: stored here, kept by request id, put into the outbox.

All three happen in one transaction, so that none of them ever happens without the others.
"""

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import replace

from sqlalchemy import insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from switchyard_crm.adapters.sql.database import Database
from switchyard_crm.adapters.sql.held import Held, held
from switchyard_crm.adapters.sql.known_cases import (
    Entry,
    KnownCase,
    add_entry,
    change_state,
    find_case,
    read_case,
)
from switchyard_crm.adapters.sql.outbox import Posting, Target, put
from switchyard_crm.adapters.sql.reporters import reporter_of
from switchyard_crm.adapters.sql.requests import once
from switchyard_crm.adapters.sql.tables.belongings import cases, interactions
from switchyard_crm.adapters.sql.tables.outbox import case_numbers
from switchyard_crm.adapters.sql.values import case_columns, interaction_columns
from switchyard_crm.domain.cases import CaseState, case_number
from switchyard_crm.domain.customer import Case, Interaction
from switchyard_crm.domain.deliveries import WriteKind
from switchyard_crm.domain.errors import CaseNotFound
from switchyard_crm.domain.identifiers import Identifier
from switchyard_crm.domain.names import CustomerName, TenantId
from switchyard_crm.service.cases import CaseReference, WriteStamp, WrittenCase
from switchyard_crm.service.connectors import CaseChange, NewCase
from switchyard_crm.service.outbox import Room
from switchyard_crm.service.requests import Answered, WriteRequest
from switchyard_crm.service.vault import Vault

_NUMBER_BITS = 64

type Takers = Mapping[tuple[TenantId, WriteKind], frozenset[str]]
"""Which sources of a tenant get which kind of write; what is missing: none."""


class SqlWrites:
    """Contacts and cases. All methods raise StoreUnavailable when the store does not answer."""

    def __init__(self, database: Database, vault: Vault, room: Room, takers: Takers) -> None:
        self._database = database
        self._vault = vault
        self._room = room
        self._takers = takers

    async def append(
        self,
        customer: CustomerName,
        interaction: Interaction,
        stamp: WriteStamp,
        request: WriteRequest,
    ) -> Answered:
        """Store an interaction; the answer is the id of its delivery.

        Raises CustomerNotFound, OutboxFull, RequestIdReused.
        """
        async with self._database.writing() as connection:

            async def write() -> str:
                whose = await held(connection, customer)
                columns = interaction_columns(interaction, whose.key(self._vault, whose.named))
                row = {"tenant": whose.tenant, "record_id": whose.named, **columns, "logged": True}
                await connection.execute(insert(interactions), row)
                places = whose.places(self._taking(whose, WriteKind.INTERACTION))
                targets = [self._target(whose, each.id, each.source) for each in places]
                await self._put(connection, whose, stamp, interaction, targets)
                return stamp.delivery

            return await once(connection, request, stamp.time, write)

    async def open(
        self, customer: CustomerName, case: NewCase, stamp: WriteStamp, request: WriteRequest
    ) -> WrittenCase:
        """Store a case under a new number; a repeat gets the case as it is now.

        Raises CustomerNotFound, OutboxFull, RequestIdReused.
        """
        async with self._database.writing() as connection:

            async def write() -> str:
                whose = await held(connection, customer)
                number = await self.open_in(connection, whose, case, stamp)
                return _answer(stamp, CaseReference(number), CaseState.OPEN)

            answered = await once(connection, request, stamp.time, write)
            return await self._written(connection, customer, answered)

    async def report(
        self,
        tenant: TenantId,
        contact: Identifier,
        case: NewCase,
        stamp: WriteStamp,
        request: WriteRequest,
    ) -> WrittenCase:
        """The same for somebody unknown, of whom only a phone or e-mail address is kept.

        Raises OutboxFull, RequestIdReused.
        """
        async with self._database.writing() as connection:

            async def write() -> str:
                reporter = await reporter_of(connection, self._vault, tenant, contact, stamp.time)
                whose = await held(connection, reporter)
                number = await self.open_in(connection, whose, case, stamp)
                return _answer(stamp, CaseReference(number), CaseState.OPEN)

            answered = await once(connection, request, stamp.time, write)
            reporter = await reporter_of(connection, self._vault, tenant, contact, stamp.time)
            return await self._written(connection, reporter, answered)

    async def open_in(
        self, connection: AsyncConnection, whose: Held, case: NewCase, stamp: WriteStamp
    ) -> str:
        """Store a case within an open transaction, and put it into the outbox; its number.

        Raises OutboxFull.
        """
        number = await _new_number(connection, whose)
        await self._store_case(connection, whose, case, number, stamp)
        places = whose.places(self._taking(whose, WriteKind.CASE))
        targets = [self._target(whose, each.id, each.source, number) for each in places]
        await self._put(connection, whose, stamp, _with_number(case, number), targets)
        return number

    async def change(
        self,
        customer: CustomerName,
        which: CaseReference,
        change: CaseChange,
        stamp: WriteStamp,
        request: WriteRequest,
    ) -> WrittenCase:
        """Change a case of the customer, here and where it was sent to.

        Raises CaseNotFound, CustomerNotFound, OutboxFull, RequestIdReused.
        """
        async with self._database.writing() as connection:

            async def write() -> str:
                whose = await held(connection, customer)
                takers = self._taking(whose, WriteKind.CASE_CHANGE)
                case = await find_case(connection, whose, which, takers)
                if case is None:
                    raise CaseNotFound
                if case.record:
                    await self._store_change(connection, whose, case, change, stamp)
                targets = [
                    self._target(whose, each.record, each.source, case.number, each.number)
                    for each in case.copies
                ]
                await self._put(connection, whose, stamp, change, targets)
                return _answer(stamp, CaseReference(case.number, case.source), change.state)

            answered = await once(connection, request, stamp.time, write)
            return await self._written(connection, customer, answered)

    async def _store_case(
        self,
        connection: AsyncConnection,
        whose: Held,
        new: NewCase,
        number: str,
        stamp: WriteStamp,
    ) -> None:
        case = Case(
            number=number,
            state=CaseState.OPEN,
            subject=new.subject,
            priority=new.priority,
            create_time=stamp.time,
            update_time=stamp.time,
            order_number=new.order_number,
            kind=new.kind,
        )
        key = whose.key(self._vault, whose.named)
        owner = {"tenant": whose.tenant, "record_id": whose.named}
        await connection.execute(
            insert(cases), {**owner, **case_columns(case, key), "logged": True}
        )
        description = Entry(new.description, stamp.time, public=True)
        await add_entry(connection, owner, number, description, key)

    async def _store_change(
        self,
        connection: AsyncConnection,
        whose: Held,
        case: KnownCase,
        change: CaseChange,
        stamp: WriteStamp,
    ) -> None:
        owner = {"tenant": whose.tenant, "record_id": case.record}
        await change_state(connection, owner, case.number, change.state, stamp.time)
        key = whose.key(self._vault, case.record)
        comment = Entry(change.comment, stamp.time, public=change.public)
        await add_entry(connection, owner, case.number, comment, key)

    async def _put(
        self,
        connection: AsyncConnection,
        whose: Held,
        stamp: WriteStamp,
        writing: Interaction | NewCase | CaseChange,
        targets: Iterable[Target],
    ) -> None:
        posting = Posting(
            whose.tenant, stamp.delivery, whose.named, writing, stamp.time, tuple(targets)
        )
        self._room.claim(len(posting.targets))
        await put(connection, posting)

    def _taking(self, whose: Held, kind: WriteKind) -> frozenset[str]:
        return self._takers.get((whose.tenant, kind), frozenset())

    def _target(
        self, whose: Held, record: str, source: str, case: str = "", remote_number: str = ""
    ) -> Target:
        return Target(record, source, whose.key(self._vault, record), case, remote_number)

    async def _written(
        self, connection: AsyncConnection, customer: CustomerName, answered: Answered
    ) -> WrittenCase:
        answer = json.loads(answered.answer)
        reference = CaseReference(answer["number"], answer["source"])
        whose = await held(connection, customer)
        case = await read_case(connection, whose, reference, self._vault)
        return WrittenCase(reference, answer["state"], case, answer["delivery"], answered.new)


def _answer(stamp: WriteStamp, which: CaseReference, state: str) -> str:
    return json.dumps(
        {
            "delivery": stamp.delivery,
            "number": which.number,
            "source": which.source,
            "state": state,
        }
    )


def _with_number(case: NewCase, number: str) -> NewCase:
    """The number that the customer was told stands in the CRM as well, where agents look for it."""
    description = f"[{number}] {case.description}".rstrip()
    return replace(case, description=description)


async def _new_number(connection: AsyncConnection, whose: Held) -> str:
    """A number that no case of the tenant was given; ever fuller numbers would only take longer."""
    insertion = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    while True:
        number = case_number(secrets.randbits(_NUMBER_BITS))
        claim = insertion(case_numbers).values(
            tenant=whose.tenant, number=number, record_id=whose.named
        )
        claimed = claim.on_conflict_do_nothing().returning(case_numbers.c.number)
        if (await connection.execute(claimed)).one_or_none() is not None:
            return number
