"""Appointments on SQL: every place at a time is a seat, and no seat is taken twice."""

import secrets
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from switchyard_crm.adapters.sql.database import POSTGRESQL, Database
from switchyard_crm.adapters.sql.held import Held, held
from switchyard_crm.adapters.sql.reporters import find_reporter, reporter_of
from switchyard_crm.adapters.sql.requests import once
from switchyard_crm.adapters.sql.rows import AnyRow
from switchyard_crm.adapters.sql.seals import Field, seal, unseal
from switchyard_crm.adapters.sql.tables.records import records
from switchyard_crm.adapters.sql.tables.self_service import appointments
from switchyard_crm.domain.cases import case_number, number_key
from switchyard_crm.domain.errors import CustomerNotFound
from switchyard_crm.domain.names import CustomerName, TenantId
from switchyard_crm.domain.self_service_errors import (
    AppointmentNotFound,
    AppointmentOver,
    TimeNotOffered,
    TimeTaken,
    TooManyAppointments,
)
from switchyard_crm.service.appointments import Appointment, AppointmentState, Holder, Slot
from switchyard_crm.service.requests import WriteRequest
from switchyard_crm.service.vault import Vault

MOST_OF_A_HOLDER = 3
_NUMBER_BITS = 64
_TRIES = 100
_OF_HOLDER = (appointments.c.tenant == bindparam("tenant")) & appointments.c.record_id.in_(
    bindparam("records", expanding=True)
)
_AT = (
    (appointments.c.tenant == bindparam("tenant"))
    & (appointments.c.branch == bindparam("branch"))
    & appointments.c.seat.is_not(None)
)
_TAKEN = (
    select(appointments.c.start_time, func.count().label("seats"))
    .where(_AT, appointments.c.start_time.between(bindparam("first"), bindparam("last")))
    .group_by(appointments.c.start_time)
)
_SEATS = select(appointments.c.seat).where(_AT, appointments.c.start_time == bindparam("start"))
_TO_COME = (
    select(func.count())
    .select_from(appointments)
    .where(
        _OF_HOLDER, appointments.c.seat.is_not(None), appointments.c.start_time > bindparam("now")
    )
)
_ONE = select(appointments).where(_OF_HOLDER, appointments.c.number == bindparam("number"))
# Of two who book for the same holder at the same moment, the second counts what the first did.
_ALONE = (
    select(records.c.id)
    .where(records.c.tenant == bindparam("tenant"), records.c.id == bindparam("record"))
    .with_for_update(key_share=True)
)


class SqlAppointments:
    """Keeps appointments. All methods raise StoreUnavailable when the store does not answer."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def taken(
        self, tenant: TenantId, branch: str, first: datetime, last: datetime
    ) -> Mapping[datetime, int]:
        """How many have booked each time between two."""
        asked = {"tenant": tenant, "branch": branch, "first": first, "last": last}
        async with self._database.reading() as connection:
            rows = await connection.execute(_TAKEN, asked)
            return {row.start_time: row.seats for row in rows}

    async def book(
        self, holder: Holder, slot: Slot, purpose: str, now: datetime, request: WriteRequest
    ) -> Appointment:
        """Book a seat, once per request."""
        async with self._database.writing() as connection:

            async def write() -> str:
                if not slot.offered:
                    raise TimeNotOffered
                whose = await self._holder(connection, holder, now)
                await _refuse_many(connection, whose, now)
                sealed = seal(whose.key(self._vault, whose.named), Field.PURPOSE, purpose)
                return await _seated(connection, whose, slot, sealed, now)

            answered = await once(connection, request, now, write)
            whose = await self._holder(connection, holder, now)
            return self._appointment(whose, await _row(connection, whose, answered.answer))

    async def cancel(
        self, holder: Holder, number: str, now: datetime, request: WriteRequest
    ) -> Appointment:
        """Give the seat up, once per request."""
        async with self._database.writing() as connection:
            whose = await self._known(connection, holder)

            async def write() -> str:
                row = await _row(connection, whose, number_key(number))
                if row.state == AppointmentState.BOOKED:
                    if row.start_time <= now:
                        raise AppointmentOver
                    await _give_up(connection, row)
                return str(row.number)

            answered = await once(connection, request, now, write)
            return self._appointment(whose, await _row(connection, whose, answered.answer))

    async def _holder(self, connection: AsyncConnection, holder: Holder, now: datetime) -> Held:
        """The records of whose it is; of a contact that is not known one is made."""
        name = holder.customer
        if name is None and holder.contact is not None:
            name = await reporter_of(connection, self._vault, holder.tenant, holder.contact, now)
        if name is None:
            raise CustomerNotFound
        return await held(connection, name)

    async def _known(self, connection: AsyncConnection, holder: Holder) -> Held:
        """The records of whose it is. Raises AppointmentNotFound."""
        name: CustomerName | None = holder.customer
        if name is None and holder.contact is not None:
            name = await find_reporter(connection, self._vault, holder.tenant, holder.contact)
        try:
            if name is None:
                raise CustomerNotFound
            return await held(connection, name)
        except CustomerNotFound as error:
            raise AppointmentNotFound from error

    def _appointment(self, whose: Held, row: AnyRow) -> Appointment:
        key = whose.key(self._vault, row.record_id)
        return Appointment(
            number=row.number,
            branch=row.branch,
            start=row.start_time,
            minutes=row.minutes,
            purpose=unseal(key, Field.PURPOSE, row.purpose),
            state=AppointmentState(row.state),
        )


async def _refuse_many(connection: AsyncConnection, whose: Held, now: datetime) -> None:
    await connection.execute(_ALONE, {"tenant": whose.tenant, "record": whose.named})
    asked = {**_owner(whose), "now": now}
    if (await connection.execute(_TO_COME, asked)).scalar_one() >= MOST_OF_A_HOLDER:
        raise TooManyAppointments


async def _seated(
    connection: AsyncConnection, whose: Held, slot: Slot, purpose: bytes | None, now: datetime
) -> str:
    """The number of an appointment on a seat that was free until now. Raises TimeTaken.

    Whoever takes the same seat at the same moment waits on PostgreSQL for the other one to end, and
    then finds it taken.
    """
    postgres = connection.dialect.name == POSTGRESQL
    insertion = (postgresql.insert if postgres else sqlite.insert)(appointments)
    put = insertion.on_conflict_do_nothing().returning(appointments.c.number)
    at = {"tenant": whose.tenant, "branch": slot.branch, "start": slot.start}
    for _ in range(_TRIES):
        taken = set((await connection.execute(_SEATS, at)).scalars())
        seat = next((each for each in range(1, slot.capacity + 1) if each not in taken), None)
        if seat is None:
            break
        row = {
            "tenant": whose.tenant,
            "number": case_number(secrets.randbits(_NUMBER_BITS)),
            "record_id": whose.named,
            "branch": slot.branch,
            "start_time": slot.start,
            "minutes": slot.minutes,
            "seat": seat,
            "purpose": purpose,
            "state": AppointmentState.BOOKED.value,
            "time": now,
        }
        if (number := (await connection.execute(put, row)).scalar_one_or_none()) is not None:
            return str(number)
    raise TimeTaken


async def _give_up(connection: AsyncConnection, row: AnyRow) -> None:
    given_up = (
        update(appointments)
        .where(appointments.c.tenant == row.tenant, appointments.c.number == row.number)
        .values(state=AppointmentState.CANCELLED.value, seat=None)
    )
    await connection.execute(given_up)


async def _row(connection: AsyncConnection, whose: Held, number: str) -> AnyRow:
    asked = {**_owner(whose), "number": number}
    row = (await connection.execute(_ONE, asked)).one_or_none()
    if row is None:
        raise AppointmentNotFound
    return row


def _owner(whose: Held) -> dict[str, object]:
    return {"tenant": whose.tenant, "records": list(whose.wrapped)}
