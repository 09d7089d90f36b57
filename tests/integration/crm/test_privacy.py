"""Nothing personal reaches a log, at any level, whatever fails."""

import asyncio
import io
import json
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import grpc
import pytest
import structlog
from switchyard.crm.v1 import crm_service_pb2 as crm
from switchyard.crm.v1 import customer_pb2 as model
from switchyard_common.logs import configure_logging

from tests.fakes.crm.people import ORDER_NUMBER, WANG_EMAIL, WANG_PHONE, wang
from tests.fakes.crm.running import RunningCrm, fill, running_crm

pytestmark = pytest.mark.integration

SUMMARY = "Caller is ill and asks for help"
PERSONAL = (
    WANG_PHONE,
    WANG_PHONE.removeprefix("+86"),
    WANG_EMAIL,
    "王芳",
    "云杉路",
    "1988-03-01",
    "oX3aBc",
    SUMMARY,
    "SY10240001",
    ORDER_NUMBER,
)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logging("crm", "debug", stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


async def use_everything(service: RunningCrm) -> None:
    """Call all that is built, with good and with bad requests; the outcome does not matter here."""
    identifiers = [
        model.Identifier(kind=model.PHONE, value=WANG_PHONE),
        model.Identifier(kind=model.EMAIL, value=WANG_EMAIL),
        model.Identifier(kind=model.HANDLE, value="oX3aBc", namespace="wechat"),
        model.Identifier(kind=model.ORDER_NUMBER, value=ORDER_NUMBER),
    ]
    bad = model.Identifier(kind=model.EMAIL, value=f"王芳 {WANG_PHONE}")
    log = crm.LogInteractionRequest(
        customer="tenants/demo/customers/c-1",
        interaction=model.Interaction(channel="CHAT", summary=SUMMARY),
        request_id="r-1",
    )
    other = crm.LogInteractionRequest()
    other.CopyFrom(log)
    other.customer = "tenants/demo/customers/nobody"
    other.request_id = "r-2"
    calls: list[Any] = [
        service.crm.Resolve(crm.ResolveRequest(parent="tenants/demo", identifiers=identifiers)),
        service.crm.Resolve(crm.ResolveRequest(parent="tenants/demo", identifiers=[bad])),
        service.crm.GetContext(
            crm.GetContextRequest(
                parent="tenants/demo",
                identifier=identifiers[0],
                sections=crm.Section.values()[1:],
            )
        ),
        service.crm.LookupOrder(
            crm.LookupOrderRequest(
                parent="tenants/demo", order_number=ORDER_NUMBER, phone_last4="1234"
            )
        ),
        service.crm.LogInteraction(log),
        service.crm.LogInteraction(log),
        service.crm.LogInteraction(other),
    ]
    for call in calls:
        with suppress(grpc.aio.AioRpcError):
            await call
    assert not [word for call in calls for word in PERSONAL if word in (await call.details() or "")]


def assert_nothing_personal(log: io.StringIO) -> None:
    lines = log.getvalue().splitlines()
    assert lines
    for line in lines:
        assert not [word for word in PERSONAL if word in line]
        assert not [word for word in PERSONAL if word in json.dumps(json.loads(line))]


async def test_calls_leave_nothing_personal_in_the_log(tmp_path: Path, log: io.StringIO) -> None:
    database = tmp_path / "crm.sqlite"
    await fill(database, [wang()])
    async with running_crm(database) as service:
        await use_everything(service)
    assert_nothing_personal(log)


def drop(database: Path, *tables: str) -> None:
    with closing(sqlite3.connect(database, timeout=30, isolation_level=None)) as other:
        for table in tables:
            other.execute(f"DROP TABLE {table}")


async def test_failures_leave_nothing_personal_in_the_log(tmp_path: Path, log: io.StringIO) -> None:
    database = tmp_path / "crm.sqlite"
    await fill(database, [wang()])
    async with running_crm(database, busy_seconds=0.1) as service:
        await use_everything(service)
        # In a thread: whoever holds the lock needs this loop to let go of it.
        await asyncio.to_thread(drop, database, "orders", "interactions", "identifiers")
        await use_everything(service)
        database.unlink()
        await use_everything(service)
    assert_nothing_personal(log)


async def test_not_even_the_statements_that_the_driver_would_log_hold_anything_personal(
    tmp_path: Path, log: io.StringIO
) -> None:
    database = tmp_path / "crm.sqlite"
    await fill(database, [wang()])
    async with running_crm(database) as service:
        logging.getLogger("aiosqlite").setLevel(logging.DEBUG)
        await use_everything(service)
        logging.getLogger("aiosqlite").setLevel(logging.WARNING)
    assert "INSERT INTO interactions" in log.getvalue()
    assert_nothing_personal(log)
