"""The master key of a store: another one is noticed, and a new one takes over while it is used."""

import asyncio
import base64
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from switchyard.crm.v1 import crm_service_pb2 as crm
from switchyard.crm.v1 import customer_pb2 as model
from switchyard_common.errors import StartError
from switchyard_crm.command import app
from typer.testing import CliRunner

from tests.fakes.crm.people import WANG_PHONE, customer, phone, wang
from tests.fakes.crm.running import MASTER_KEY, fill, running_crm, url_of

pytestmark = pytest.mark.integration

NEW = base64.b64encode(b"n" * 32).decode()
WANG = crm.GetContextRequest(
    parent="tenants/demo", identifier=model.Identifier(kind=model.PHONE, value=WANG_PHONE)
)


async def name_of(path: Path, keys: str) -> str:
    async with running_crm(path, master_key=SecretStr(keys)) as service:
        answer = await service.crm.GetContext(WANG, timeout=120)
        return answer.context.customer.display_name.value


def rotate(path: Path, keys: str) -> Any:
    return CliRunner().invoke(
        app,
        ["rotate-keys", "--database-url", url_of(path)],
        env={"CRM_MASTER_KEY": keys},
    )


async def test_a_store_is_not_served_with_another_key(tmp_path: Path) -> None:
    path = tmp_path / "crm.sqlite"
    await fill(path, [wang()])
    with pytest.raises(StartError, match=r"CRM_MASTER_KEY.*master key that is not given"):
        await name_of(path, NEW)


async def test_a_new_key_takes_over_and_the_old_one_stays_for_looking_up(tmp_path: Path) -> None:
    path = tmp_path / "crm.sqlite"
    await fill(path, [wang(), *(customer(f"c-{n}", phone("+8619900005678")) for n in range(2, 9))])
    before = await name_of(path, MASTER_KEY)
    both = f"{NEW},{MASTER_KEY}"
    assert await name_of(path, both) == before
    done = await asyncio.to_thread(rotate, path, both)
    assert (done.exit_code, done.output) == (0, "8 keys wrapped anew\n")
    assert (await asyncio.to_thread(rotate, path, both)).output == "0 keys wrapped anew\n"
    assert await name_of(path, both) == before
    with pytest.raises(StartError):
        await name_of(path, MASTER_KEY)


async def test_rotating_without_the_old_key_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "crm.sqlite"
    await fill(path, [wang()])
    refused = await asyncio.to_thread(rotate, path, NEW)
    assert refused.exit_code == 2
    assert "list the old keys behind the new one" in refused.output
    assert await name_of(path, MASTER_KEY)
