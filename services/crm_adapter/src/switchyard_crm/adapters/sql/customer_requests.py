"""What customers ask for, on SQL: stored here and put into the outbox as a case, or neither."""

import json
from datetime import datetime

from sqlalchemy import bindparam, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from switchyard_crm.adapters.sql import statements
from switchyard_crm.adapters.sql.database import POSTGRESQL, Database
from switchyard_crm.adapters.sql.held import Held, held
from switchyard_crm.adapters.sql.requests import once
from switchyard_crm.adapters.sql.rows import AnyRow, bill_of, order_of
from switchyard_crm.adapters.sql.seals import Field, seal
from switchyard_crm.adapters.sql.tables.belongings import cases
from switchyard_crm.adapters.sql.tables.self_service import arrangements, delivery_addresses
from switchyard_crm.adapters.sql.values import order_index
from switchyard_crm.adapters.sql.writes import SqlWrites
from switchyard_crm.domain.arrangements import Arrangement, ArrangementState, instalment_of
from switchyard_crm.domain.cases import CaseKind, CaseState, Priority
from switchyard_crm.domain.customer import Bill, Money, Order
from switchyard_crm.domain.names import CustomerName
from switchyard_crm.domain.self_service_errors import (
    ArrangementExists,
    BillNotFound,
    BillPaid,
    OrderCancelled,
    OrderNotFound,
    OrderShipped,
)
from switchyard_crm.service.cases import WriteStamp
from switchyard_crm.service.connectors import NewCase
from switchyard_crm.service.customer_requests import (
    AddressChange,
    AddressChanged,
    Arranged,
    ArrangementWish,
)
from switchyard_crm.service.requests import Answered, WriteRequest
from switchyard_crm.service.vault import DataKey, Vault

_CHANGEABLE = frozenset(("placed", "packed"))
_CANCELLED = "cancelled"
_OWED = frozenset(("open", "overdue"))
_DECIDED = (CaseState.RESOLVED, CaseState.CLOSED)
_ARRANGEMENT = select(arrangements).where(
    arrangements.c.tenant == bindparam("tenant"),
    arrangements.c.record_id.in_(bindparam("records", expanding=True)),
    arrangements.c.number == bindparam("number"),
)
# Asked for and not decided: its case says so.
_WAITING = (
    select(arrangements.c.case_number)
    .select_from(arrangements)
    .join(
        cases,
        (cases.c.tenant == arrangements.c.tenant)
        & (cases.c.record_id == arrangements.c.record_id)
        & (cases.c.number == arrangements.c.case_number),
    )
    .where(
        arrangements.c.tenant == bindparam("tenant"),
        arrangements.c.record_id.in_(bindparam("records", expanding=True)),
        arrangements.c.bill == bindparam("bill"),
        arrangements.c.state == ArrangementState.ASKED.value,
        cases.c.state.not_in(_DECIDED),
    )
    .order_by(arrangements.c.time.desc())
    .limit(1)
)


class SqlCustomerRequests:
    """Keeps what customers ask for. All methods raise StoreUnavailable."""

    def __init__(self, database: Database, vault: Vault, writes: SqlWrites) -> None:
        self._database = database
        self._vault = vault
        self._writes = writes

    async def change_address(
        self,
        customer: CustomerName,
        change: AddressChange,
        stamp: WriteStamp,
        request: WriteRequest,
    ) -> AddressChanged:
        """Keep the address beside the order, as long as that has not left."""
        async with self._database.writing() as connection:

            async def write() -> str:
                whose = await held(connection, customer)
                row = await self._order(connection, whose, change.order_key)
                _refuse_left(row.state)
                key = whose.key(self._vault, row.record_id)
                case = _address_case(order_of(row, key), change.address)
                number = await self._writes.open_in(connection, whose, case, stamp)
                await _keep_address(connection, row, key, change.address, number, stamp.time)
                return _answer(stamp, number)

            answered = await once(connection, request, stamp.time, write)
            whose = await held(connection, customer)
            row = await self._order(connection, whose, change.order_key)
            order = order_of(row, whose.key(self._vault, row.record_id))
        return AddressChanged(order, *_told(answered))

    async def arrange(
        self,
        customer: CustomerName,
        wish: ArrangementWish,
        stamp: WriteStamp,
        request: WriteRequest,
    ) -> Arranged:
        """Keep what is asked for, one at a time for a bill."""
        async with self._database.writing() as connection:

            async def write() -> str:
                whose = await held(connection, customer)
                bill = await self._bill(connection, whose, wish)
                await _refuse_second(connection, whose, bill.number)
                case = _arrangement_case(bill, wish)
                number = await self._writes.open_in(connection, whose, case, stamp)
                row = _arrangement_row(whose, bill, wish, number, stamp.time)
                await connection.execute(insert(arrangements), row)
                return _answer(stamp, number)

            answered = await once(connection, request, stamp.time, write)
            case_number, delivery, new = _told(answered)
            whose = await held(connection, customer)
            asked = {**_owner(whose), "number": _number(case_number)}
            row = (await connection.execute(_ARRANGEMENT, asked)).one()
        return Arranged(_arrangement(row), case_number, delivery, new)

    async def _order(self, connection: AsyncConnection, whose: Held, order_key: str) -> AnyRow:
        value = order_index(self._vault, whose.tenant, order_key)
        asked = {**_owner(whose), "value": value}
        row = (await connection.execute(statements.ORDER_OF_CUSTOMER, asked)).one_or_none()
        if row is None:
            raise OrderNotFound
        return row

    async def _bill(self, connection: AsyncConnection, whose: Held, wish: ArrangementWish) -> Bill:
        asked = {**_owner(whose), "value": wish.bill.upper()}
        row = (await connection.execute(statements.BILL_OF_CUSTOMER, asked)).one_or_none()
        if row is None:
            raise BillNotFound
        bill = bill_of(row, whose.key(self._vault, row.record_id))
        if bill.state not in _OWED or bill.amount.minor_units < wish.instalments:
            raise BillPaid
        return bill


async def _refuse_second(connection: AsyncConnection, whose: Held, bill: str) -> None:
    asked = {**_owner(whose), "bill": bill}
    waiting = (await connection.execute(_WAITING, asked)).scalar_one_or_none()
    if waiting is not None:
        raise ArrangementExists(waiting)


async def _keep_address(
    connection: AsyncConnection, row: AnyRow, key: DataKey, address: str, case: str, now: datetime
) -> None:
    postgres = connection.dialect.name == POSTGRESQL
    put = (postgresql.insert if postgres else sqlite.insert)(delivery_addresses)
    kept = {
        "tenant": row.tenant,
        "record_id": row.record_id,
        "number_index": row.number_index,
        "address": key.seal(Field.NEW_ADDRESS, address),
        "replaced": seal(key, Field.REPLACED_ADDRESS, _told_address(row, key)),
        "case_number": case,
        "time": now,
    }
    changed = ("address", "replaced", "case_number", "time")
    put = put.on_conflict_do_update(
        index_elements=["tenant", "record_id", "number_index"],
        set_={name: put.excluded[name] for name in changed},
    )
    await connection.execute(put, kept)


def _told_address(row: AnyRow, key: DataKey) -> str:
    """Where the source says that the order goes."""
    sealed = row.delivery_address
    return key.unseal(Field.ORDER_ADDRESS, sealed) if sealed is not None else ""


def _refuse_left(state: str) -> None:
    if state == _CANCELLED:
        raise OrderCancelled
    if state not in _CHANGEABLE:
        raise OrderShipped


def _address_case(order: Order, address: str) -> NewCase:
    return NewCase(
        subject="更改收货地址 / Change of delivery address",
        description=f"{order.number}: {address}",
        priority=Priority.HIGH,  # the parcel may leave any hour
        order_number=order.number,
        kind=CaseKind.ADDRESS_CHANGE,
    )


def _arrangement_case(bill: Bill, wish: ArrangementWish) -> NewCase:
    each = instalment_of(bill.amount, wish.instalments)
    amount = f"{each.minor_units / 100:.2f} {each.currency}"
    return NewCase(
        subject="申请分期或延期付款 / Payment arrangement",
        description=f"{bill.number}: {wish.instalments} × {amount}, {wish.first_due_date}",
        kind=CaseKind.PAYMENT_ARRANGEMENT,
    )


def _arrangement_row(
    whose: Held, bill: Bill, wish: ArrangementWish, case_number: str, now: datetime
) -> dict[str, object]:
    each = instalment_of(bill.amount, wish.instalments)
    return {
        "tenant": whose.tenant,
        "record_id": whose.named,
        "number": _number(case_number),
        "bill": bill.number,
        "instalments": wish.instalments,
        "currency": each.currency,
        "instalment_minor_units": each.minor_units,
        "first_due_date": wish.first_due_date,
        "state": ArrangementState.ASKED.value,
        "case_number": case_number,
        "time": now,
    }


def _arrangement(row: AnyRow) -> Arrangement:
    return Arrangement(
        number=row.number,
        bill=row.bill,
        instalments=row.instalments,
        instalment=Money(row.currency, row.instalment_minor_units),
        first_due_date=row.first_due_date,
        state=ArrangementState(row.state),
    )


def _number(case_number: str) -> str:
    return f"PA-{case_number}"


def _owner(whose: Held) -> dict[str, object]:
    return {"tenant": whose.tenant, "records": list(whose.wrapped)}


def _answer(stamp: WriteStamp, case_number: str) -> str:
    return json.dumps({"delivery": stamp.delivery, "case": case_number})


def _told(answered: Answered) -> tuple[str, str, bool]:
    answer = json.loads(answered.answer)
    return answer["case"], answer["delivery"], answered.new
