"""Training and evaluation read a history on a server as they read one in a file."""

import asyncio
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import typer
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import create_async_engine
from switchyard_history.tables import contact_legs, metadata
from switchyard_router.adapters.models.call_log import Call, LogUnreadable
from switchyard_router.adapters.models.history_services import services_of_history
from switchyard_router.adapters.recorded_calls import recorded_calls
from switchyard_router.train_command import train
from typer.testing import CliRunner

from tests.fakes.router.histories import ANSWERED, ANSWERED_MS, leg

pytestmark = pytest.mark.integration

UTC = ZoneInfo("UTC")


def kept(url: str, *legs: dict[str, Any]) -> str:
    """A history that holds these, by the URL that an operator writes."""

    async def write() -> None:
        engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://"))
        async with engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
            await connection.execute(insert(contact_legs), list(legs))
        await engine.dispose()

    asyncio.run(write())
    return url.replace("+asyncpg", "")


@pytest.fixture
def history(postgres_database: str) -> str:
    ended = ANSWERED_MS + 90_000
    return kept(postgres_database, leg("one", ended_ms=ended, outcome="ANSWERED"))


def test_a_model_is_trained_on_services_from_a_server(history: str) -> None:
    (service,) = services_of_history(history, "default", UTC)
    assert (service.agent, service.seconds) == ("ann", 90.0)
    assert service.start_seconds == ANSWERED.timestamp()


def test_policies_are_played_on_calls_from_a_server(history: str) -> None:
    (call,) = recorded_calls(None, history, "default")
    assert call == Call("sales", ANSWERED.timestamp() - 20, 20.0, "ann", 90.0)


def test_the_environment_may_name_the_history_so_that_no_password_stands_in_a_command(
    history: str, tmp_path: Path
) -> None:
    app = typer.Typer()
    app.command()(train)
    asked = ["--out", str(tmp_path / "models"), "--tenant", "default"]
    environment = {"SWITCHYARD_HISTORY": history}
    found = CliRunner().invoke(app, asked, env=environment)
    assert "give either" not in found.output
    assert "services" in found.output  # one is too few, and was read
    named = CliRunner().invoke(app, [*asked, "--log", str(tmp_path / "none.txt")], env=environment)
    assert "none.txt" in named.output


@pytest.mark.parametrize(
    ("ending", "told"),
    [("?sslmode=verify-full&sslrootcert=/no/ca.crt", "/no/ca.crt"), ("?typo=1", "typo")],
)
def test_options_of_the_address_are_those_of_the_history_writer(
    history: str, ending: str, told: str
) -> None:
    with pytest.raises(LogUnreadable, match=told):
        services_of_history(history + ending, "default", UTC)


def test_a_password_is_not_told_when_the_server_does_not_answer() -> None:
    address = "postgresql://history:sesame@127.0.0.1:1/history"
    with pytest.raises(LogUnreadable, match="cannot be read") as refused:
        services_of_history(address, "default", UTC)
    assert "sesame" not in str(refused.value)
