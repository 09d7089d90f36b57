"""`switchyard call show` asks the running phone."""

import asyncio
from pathlib import Path

import pytest
from switchyard_phone.command import call
from typer.testing import CliRunner, Result

from tests.fakes.phone.running import happened, running_phone
from tests.fakes.phone.sipp import Scenario

pytestmark = pytest.mark.integration


async def ask(url: str, *arguments: str) -> Result:
    command = ["show", *arguments, "--url", url, "--lang", "en"]
    return await asyncio.to_thread(CliRunner().invoke, call, command)


async def test_a_call_is_told_step_by_step(tmp_path: Path) -> None:
    async with running_phone(tmp_path) as phone:
        ran = await phone.sipp.run(Scenario().invite().answered().pause(1).press("2").bye())
        assert ran.well, ran.output
        await happened(phone, "over")
        name = (await phone.calls())[0]["id"]
        listed, told = await ask(phone.url), await ask(phone.url, name)
        unknown = await ask(phone.url, "nobody")
    assert listed.exit_code == 0
    assert name in listed.output
    assert told.exit_code == 0
    assert "menu=main" in told.output
    assert "cause=caller" in told.output
    assert unknown.exit_code == 1


async def test_no_phone_is_told_from_no_call() -> None:
    told = await ask("http://127.0.0.1:1")
    assert told.exit_code == 1
    assert "No phone answers" in told.output
