"""The connectors file: what is wrong in it is told before the service starts."""

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from switchyard_common.clock import SystemClock
from switchyard_common.errors import StartError
from switchyard_crm.adapters.connectors.mapping import BadFile
from switchyard_crm.adapters.connectors.registry import GROUP, Registry
from switchyard_crm.adapters.connectors.settings import (
    ConnectorsFile,
    read_connectors,
    read_secrets,
)
from switchyard_crm.domain.identifiers import Normaliser

pytestmark = pytest.mark.unit

GOOD = """
connectors:
  - name: erp
    kind: tryton
    url: https://erp.example.com/
    credentials: {key: {file: key}}
    options: {database: crm}
"""


def read(folder: Path, text: str = GOOD) -> ConnectorsFile:
    (folder / "key").write_text("secret\n")
    file = folder / "crms.yaml"
    file.write_text(text)
    return read_connectors(file)


def registry(*points: EntryPoint) -> Registry:
    return Registry(Normaliser("CN"), SystemClock(), points or None)


async def test_builds_what_it_describes(tmp_path: Path) -> None:
    file = read(tmp_path)
    connector = registry().build(file, file.connectors[0])
    assert connector.name == "erp"
    await connector.close()


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    more = GOOD + "    mapping: maps/erp.yaml\n    ca_file: ca.pem\n"
    (entry,) = read(tmp_path, more).connectors
    assert entry.mapping == tmp_path / "maps" / "erp.yaml"
    assert entry.ca_file == tmp_path / "ca.pem"
    assert entry.credentials["key"].file == tmp_path / "key"


def test_secrets_come_from_files_and_from_the_environment(tmp_path: Path) -> None:
    text = GOOD.replace("{file: key}", "{env: ERP_KEY}")
    from_file, from_env = read(tmp_path).connectors[0], read(tmp_path, text).connectors[0]
    assert read_secrets(from_file.credentials, "x", {}) == {"key": "secret"}
    assert read_secrets(from_env.credentials, "x", {"ERP_KEY": "other"}) == {"key": "other"}
    with pytest.raises(BadFile, match=r"x\.credentials\.key: ERP_KEY is not set"):
        read_secrets(from_env.credentials, "x", {})


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("name: erp", "name: Erp!", "connectors[0].name: "),
        ("name: erp", "name: local", "local is the store's own name"),
        ("name: erp", "name: history", "history is the history of contacts"),
        ("    kind: tryton\n", "", "connectors[0].kind: is missing"),
        ("options: {database: crm}", "timeout: 3", "connectors[0].timeout: there is no such field"),
        ("options: {database: crm}", "concurrency: 0", "connectors[0].concurrency: "),
        ("options: {database: crm}", "rate_per_second: fast", "connectors[0].rate_per_second: "),
        ("{file: key}", "hunter2", "must not stand in the file"),
        ("{file: key}", "{env: A, file: b}", "connectors[0].credentials.key: give env or file"),
        ("{file: key}", "{}", "connectors[0].credentials.key: give env or file"),
        ("https://erp.example.com/", "http://erp.example.com/", "sends personal data unencrypted"),
        ("https://erp.example.com/", "https://u:p@erp.example.com/", "holds credentials"),
        ("https://erp.example.com/", "erp.example.com", "url: is no address"),
        ("https://erp.example.com/", "ftp://erp.example.com", "url: is no address"),
        ("https://erp.example.com/", "'https://[::1'", "url: is no address"),
        ("connectors:", "connector:", "connectors: is missing"),
    ],
)
def test_a_wrong_field_is_told_with_place_and_reason(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    assert old in GOOD
    with pytest.raises(StartError) as caught:
        read(tmp_path, GOOD.replace(old, new))
    assert str(caught.value).startswith(str(tmp_path / "crms.yaml"))
    assert told in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_two_connectors_have_two_names(tmp_path: Path) -> None:
    twice = GOOD + GOOD.removeprefix("\nconnectors:\n")
    with pytest.raises(BadFile, match="two connectors have the name erp"):
        read(tmp_path, twice)


@pytest.mark.parametrize("host", ["http://127.0.0.1:8000/", "http://localhost/", "http://[::1]:1/"])
def test_this_machine_may_be_spoken_to_in_the_clear(tmp_path: Path, host: str) -> None:
    text = GOOD.replace("https://erp.example.com/", f"'{host}'")
    assert read(tmp_path, text).connectors[0].url == host


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("kind: tryton", "kind: sap", "connectors[0].kind: there is no such kind; installed: "),
        ("{key: {file: key}}", "{}", "connectors[0].credentials: missing: key"),
        (
            "{key: {file: key}}",
            "{key: {file: key}, user: {file: key}}",
            "connectors[0].credentials: unknown: user; there are key",
        ),
        ("{file: key}", "{file: none}", "cannot be read"),
        ("{database: crm}", "{}", "connectors[0].options: database: is missing"),
        ("{database: crm}", "{database: crm, db: x}", "options: db: there is no such field"),
        ("{database: crm}", "{database: crm}\n    mapping: none.yaml", "none.yaml: cannot be read"),
        ("{database: crm}", "{database: crm}\n    ca_file: none.pem", "ca_file: cannot be used"),
    ],
)
def test_what_a_kind_does_not_know_is_told(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in GOOD
    file = read(tmp_path, GOOD.replace(old, new))
    with pytest.raises(BadFile) as caught:
        registry().build(file, file.connectors[0])
    assert told in str(caught.value)


def test_an_entry_point_that_names_something_else_is_told(tmp_path: Path) -> None:
    file = read(tmp_path)
    point = EntryPoint("tryton", "json:dumps", GROUP)
    with pytest.raises(BadFile, match="names no ConnectorKind"):
        registry(point).build(file, file.connectors[0])
