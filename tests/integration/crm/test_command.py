"""`switchyard crm import`, and the process that serves what it stored."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from switchyard_crm.command import app
from typer.testing import CliRunner, Result

from tests.fakes.crm.running import url_of

pytestmark = pytest.mark.integration

GOOD = [
    {"id": f"c-{n}", "name": "Jo Tester", "phones": [f"+12065550{n:03}"]} for n in range(100, 103)
]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "crm.sqlite"


def write(path: Path, *lines: object) -> Path:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("\n".join(texts))
    return path


def run_import(file: Path, database: Path, *options: str) -> Result:
    arguments = ["import", str(file), "--database-url", url_of(database), *options]
    return CliRunner().invoke(app, arguments)


def customers_in(database: Path) -> int:
    with closing(sqlite3.connect(database)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM records").fetchone()
    return int(count)


def test_is_a_command_of_switchyard() -> None:
    (command,) = entry_points(group="switchyard.commands", name="crm")
    assert command.load() is app


def test_imports_and_imports_again(tmp_path: Path, database: Path) -> None:
    file = write(tmp_path / "people.jsonl", *GOOD)
    for _ in range(2):
        result = run_import(file, database)
        assert result.exit_code == 0, result.output
        assert "3 customers stored, 0 lines refused" in result.stdout
        assert customers_in(database) == 3


def test_compares_what_it_stored_once(tmp_path: Path, database: Path) -> None:
    twin = {**GOOD[0], "id": "c-twin"}
    file = write(tmp_path / "people.jsonl", *GOOD, twin)
    first, second = run_import(file, database), run_import(file, database)
    assert "4 records compared: 1 links, 0 suspected" in first.stdout
    assert "0 records compared" in second.stdout
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT customer_id FROM records WHERE id = 'c-twin'").fetchall()
    assert rows == [("c-100",)]


def test_names_line_field_and_fix_and_stores_the_rest(tmp_path: Path, database: Path) -> None:
    file = write(
        tmp_path / "people.jsonl", GOOD[0], {"id": "c-9", "phones": ["x"]}, "oops", GOOD[1]
    )
    result = run_import(file, database)
    assert result.exit_code == 1
    assert f"{file}:2: name: is missing; add it" in result.stderr
    assert f"{file}:3: the line is not JSON" in result.stderr
    assert "2 customers stored, 2 lines refused" in result.stdout
    assert customers_in(database) == 2


@pytest.mark.parametrize(
    ("file", "options", "says"),
    [
        ("missing.jsonl", (), "give the path of a file"),
        ("people.jsonl", ("--tenant", "a b"), "--tenant: must be"),
        ("people.jsonl", ("--database-url", "nonsense"), "CRM_DATABASE_URL: not a database URL"),
    ],
)
def test_says_what_is_wrong_with_the_call(
    tmp_path: Path, database: Path, file: str, options: tuple[str, ...], says: str
) -> None:
    write(tmp_path / "people.jsonl", *GOOD)
    result = run_import(tmp_path / file, database, *options)
    assert result.exit_code == 2
    assert says in result.stderr


def test_a_store_that_stays_locked_is_told(
    tmp_path: Path, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("switchyard_crm.wiring.commands._BUSY_SECONDS", 0.1)
    file = write(tmp_path / "people.jsonl", *GOOD)
    run_import(file, database)
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        result = run_import(file, database)
    assert result.exit_code == 2
    assert "locked" in result.stderr


def test_serves_until_it_is_told_to_stop(tmp_path: Path, database: Path) -> None:
    write(tmp_path / "people.jsonl", *GOOD)
    environment = {
        **os.environ,
        "CRM_DATABASE_URL": url_of(database),
        "CRM_PORT": "0",
        "CRM_METRICS_PORT": "0",
        "CRM_DRAIN_SECONDS": "0.1",
    }
    command = [sys.executable, "-m", "switchyard_crm.main"]
    file = str(tmp_path / "people.jsonl")
    subprocess.run([*command, "import", file], env=environment, check=True, timeout=60)
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        events = []
        for line in serving.stdout:
            events.append(json.loads(line)["event"])
            if events[-1] == "store_answers":
                serving.send_signal(signal.SIGTERM)
    assert serving.returncode == 0
    assert events.index("grpc_listening") < events.index("store_answers")
    assert events[-1] == "process_stopped"
    assert customers_in(database) == 3


def test_bad_settings_are_told_in_a_line(tmp_path: Path) -> None:
    environment = {**os.environ, "CRM_PORT": "many", "CRM_DEFAULT_REGION": "china"}
    ended = subprocess.run(
        [sys.executable, "-m", "switchyard_crm.main"],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert "CRM_PORT" in ended.stderr
    assert "CRM_DEFAULT_REGION" in ended.stderr


def run_do_not_call(file: Path, database: Path, *options: str) -> Result:
    arguments = ["do-not-call", str(file), "--database-url", url_of(database), *options]
    return CliRunner().invoke(app, arguments)


def test_lists_numbers_nobody_may_call_and_takes_them_off(tmp_path: Path, database: Path) -> None:
    file = write(tmp_path / "no.txt", "# refused by mail", "199 0000 1234", "+8619900005678 # Li")
    for new in (2, 0):
        result = run_do_not_call(file, database)
        assert result.exit_code == 0, result.output
        assert f"2 numbers read, {new} new on the list, 0 refused" in result.stdout
    result = run_do_not_call(file, database, "--remove")
    assert "2 numbers read, 2 taken off the list, 0 refused" in result.stdout
    assert "19900001234" not in database.read_bytes().decode("latin-1")


def test_names_lines_that_are_no_numbers_without_repeating_them(
    tmp_path: Path, database: Path
) -> None:
    file = write(tmp_path / "no.txt", "王芳 at home", "95588", "19900001234")
    result = run_do_not_call(file, database)
    assert result.exit_code == 1
    assert f"{file}:1: is not a telephone number" in result.stderr
    assert f"{file}:2: is a service number" in result.stderr
    assert "王芳" not in result.output
    assert "1 numbers read, 1 new on the list, 2 refused" in result.stdout


def test_a_list_that_cannot_be_read_is_named(tmp_path: Path, database: Path) -> None:
    result = run_do_not_call(tmp_path / "missing.txt", database)
    assert result.exit_code == 2
    assert "missing.txt" in result.stderr
