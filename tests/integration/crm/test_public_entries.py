"""Entries of cases written before anybody said who may read them."""

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from switchyard_crm.adapters.sql.database import parse_url

pytestmark = pytest.mark.integration

ENTRIES = [("a", "1"), ("a", "1"), ("b", "1"), ("a", "2"), ("a", "1")]
"""Whose, and of which case."""


def upgrade(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", "switchyard_crm.adapters.sql:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


async def write_entries(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.run_sync(upgrade, "0008")
        for record, number in ENTRIES:
            await connection.execute(
                text(
                    "INSERT INTO case_entries (tenant, record_id, number, time, text) "
                    "VALUES ('demo', :record, :number, CURRENT_TIMESTAMP, :text)"
                ),
                {"record": record, "number": number, "text": b"sealed"},
            )


async def test_of_older_entries_only_the_first_of_each_case_is_for_customers(
    database_url: str, tmp_path: Path
) -> None:
    (tmp_path / "a folder").mkdir()
    engine = create_async_engine(parse_url(database_url, "CRM_DATABASE_URL"))
    try:
        await write_entries(engine)
        async with engine.begin() as connection:
            await connection.run_sync(upgrade, "head")
        async with engine.connect() as connection:
            found = await connection.execute(
                text("SELECT public FROM case_entries ORDER BY position")
            )
            assert [bool(each) for each in found.scalars()] == [True, False, True, True, False]
    finally:
        await engine.dispose()
