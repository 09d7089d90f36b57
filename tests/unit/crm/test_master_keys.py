"""Where the keys that protect the store come from."""

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import SecretStr
from switchyard_common.errors import StartError
from switchyard_crm.adapters.master_keys import vault_from_file, vault_from_text
from switchyard_crm.settings import CrmSettings
from switchyard_crm.wiring.privacy import open_vault

pytestmark = pytest.mark.unit

OLD, NEW = (base64.b64encode(letter * 32).decode() for letter in (b"o", b"n"))
SETTING = "CRM_MASTER_KEY"
PHONE = ("demo", "phone", "", "+8619900001234")


def test_the_first_key_wraps_and_the_others_still_open() -> None:
    _, wrapped = vault_from_text(OLD, SETTING).new_key()
    for text in (f"{NEW}\n{OLD}\n", f"{NEW}, {OLD}"):
        vault_from_text(text, SETTING).open(wrapped)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "holds no key"),
        (" \n,", "holds no key"),
        ("secret-but-not-base64", "key 1 is not base64"),
        (f"{OLD}\n{base64.b64encode(b'short').decode()}", "key 2 has 5 bytes instead of 32"),
    ],
)
def test_bad_keys_are_named_and_not_shown(text: str, says: str) -> None:
    with pytest.raises(StartError, match=f"{SETTING}: {says}") as refused:
        vault_from_text(text, SETTING)
    assert "secret" not in str(refused.value)


def test_a_key_is_made_once_for_many_processes_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "crm.key"

    def start(_: int) -> str:
        return vault_from_file(path, SETTING, make=True).index(*PHONE)

    with ThreadPoolExecutor(8) as starting:
        assert len(set(starting.map(start, range(16)))) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_key_file_that_was_named_is_not_made(tmp_path: Path) -> None:
    settings = CrmSettings(master_key_file=tmp_path / "gone")
    with pytest.raises(StartError, match="CRM_MASTER_KEY_FILE: no file at"):
        open_vault(settings)
    assert not list(tmp_path.iterdir())


def test_the_key_lies_beside_the_sqlite_file(tmp_path: Path) -> None:
    settings = CrmSettings(database_url=f"sqlite+aiosqlite:///{tmp_path}/crm.sqlite")
    first = open_vault(settings).index(*PHONE)
    assert (tmp_path / "crm.sqlite.key").is_file()
    assert open_vault(settings).index(*PHONE) == first


def test_a_key_from_the_environment_comes_first_and_a_server_needs_one(tmp_path: Path) -> None:
    url = "postgresql+asyncpg://127.0.0.1/crm"
    with pytest.raises(StartError, match="set CRM_MASTER_KEY or CRM_MASTER_KEY_FILE"):
        open_vault(CrmSettings(database_url=url))
    given = CrmSettings(database_url=url, master_key=SecretStr(OLD))
    assert open_vault(given).index(*PHONE) == vault_from_text(OLD, SETTING).index(*PHONE)
