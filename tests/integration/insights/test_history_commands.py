"""`switchyard history` as people use it: on a SQLite file, in both languages."""

import gzip
import json
import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from switchyard_insights.history_command import app
from typer.testing import CliRunner, Result

from tests.fakes.insights.call_logs import MINIMAL

pytestmark = pytest.mark.integration

MAPPING = f"{MINIMAL}  customer_key: {{pseudonym: who}}\n  queued_ms: {{time: came, epoch: ms}}\n"
LOG = "id,came,who\n1,1583064000000,ann\n2,1583067600000,bob\n3,x,ann\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name in ("SWITCHYARD_HISTORY", "SWITCHYARD_TENANT", "SWITCHYARD_HISTORY_FILES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text(MAPPING)
    (tmp_path / "log.csv.gz").write_bytes(gzip.compress(LOG.encode()))
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield tmp_path
    # A command logs to a stream that ends with it.
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def history(*arguments: str, code: int = 0) -> Result:
    done = CliRunner().invoke(app, [*arguments, "--history", "sqlite:///kept.sqlite"])
    assert done.exit_code == code, done.output
    return done


def import_log(*more: str) -> Result:
    return history("import", "log.csv.gz", "--map", "mine.yaml", *more)


def test_a_log_comes_in_and_the_report_names_what_was_dropped(folder: Path) -> None:
    said = import_log("--lang", "en").stdout
    assert "small/log.csv.gz: 3 rows read, 2 kept, 1 dropped" in said
    assert "came: not a number of seconds or milliseconds since 1970  (row 4)" in said
    assert "读取 3 行，保留 2 行，舍弃 1 行" in import_log("--lang", "zh").stdout


def test_reports_are_told_to_programs(folder: Path) -> None:
    (report,) = json.loads(import_log("--json").stdout)
    assert (report["rows_read"], report["rows_kept"], report["rows_dropped"]) == (3, 2, 1)
    assert report["dropped"][0]["examples"] == [4]
    seen = json.loads(history("show", "--json").stdout)
    assert seen["tables"][0]["rows"] == 2
    assert seen["imports"][0]["origin"] == "small/log.csv.gz"


def test_hours_go_out_and_a_customer_is_forgotten_everywhere(folder: Path) -> None:
    import_log()
    assert "2 hours written with 2 rows" in history("export", "hours", "--lang", "en").stdout
    assert "0 个小时" in history("export", "hours", "--lang", "zh").stdout
    seen = json.loads(history("export", "hours", "--json").stdout)
    assert (seen["written"], seen["unchanged"]) == (0, 2)
    key = _some_key(folder)
    erase = ["erase", "--customer", key, "--files", "hours"]
    done = history(*erase, "--lang", "en")
    said = done.stdout
    assert "customer_erased" in done.stderr
    assert key not in done.output
    assert "forgotten: 1 contacts, 1 exported files written anew" in said
    assert "以后也不会再写入" in history(*erase, "--lang", "zh").stdout
    again = import_log("--lang", "en").stdout
    assert "customer was erased: kept without the customer's key  (row" in again


def test_old_rows_are_deleted_and_imported_ones_only_if_asked(folder: Path) -> None:
    import_log()
    assert "0 rows" in history("prune", "--days", "1", "--lang", "en").stdout
    asked = history("prune", "--days", "1", "--imported", "--json").stdout
    assert json.loads(asked)["rows"]["contact_legs"] == 2


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["import", "none.csv", "--map", "mine.yaml"], 2, "no call log there"),
        (["import", "log.csv.gz", "--map", "none.yaml"], 2, "one of the included mappings"),
        (["import", "log.csv.gz", "--map", "asterisk_cdr"], 1, "no row was kept"),
        (["show"], 2, "no history at kept.sqlite; start `switchyard run`"),
        (["erase", "--customer", " "], 2, "--customer: empty"),
        (["export", "hours", "--tenant", "../x"], 2, "no history at"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(
    folder: Path, arguments: list[str], code: int, said: str
) -> None:
    assert said in history(*arguments, code=code).output.replace("\n", " ")


def test_the_key_of_hashes_is_made_once_and_for_its_owner(folder: Path) -> None:
    import_log()
    key = folder / ".switchyard" / "pseudonym.key"
    assert key.stat().st_mode & 0o777 == 0o600
    before = _some_key(folder)
    import_log()
    assert _some_key(folder) == before
    key.write_text("short")
    done = history("import", "log.csv.gz", "--map", "mine.yaml", code=2)
    assert "holds fewer than 16 characters" in done.output.replace("\n", " ")


def _some_key(folder: Path) -> str:
    """The key of the first contact."""
    with sqlite3.connect(folder / "kept.sqlite") as connection:
        query = "SELECT customer_key FROM contact_legs ORDER BY contact"
        (found,) = connection.execute(query).fetchone()
    connection.close()
    return str(found)
