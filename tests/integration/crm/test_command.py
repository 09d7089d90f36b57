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
        (count,) = connection.execute("SELECT count(*) FROM customers").fetchone()
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
    monkeypatch.setattr("switchyard_crm.main.IMPORT_BUSY_SECONDS", 0.1)
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
