"""Logs of several processes read as one."""

import json
from pathlib import Path

import pytest
from rich.console import Console
from switchyard_launcher.command import logs
from switchyard_launcher.logfiles import Follower, last_lines, merge, parse, plain, rotate
from switchyard_launcher.logview import LogView
from typer import Typer
from typer.testing import CliRunner, Result

pytestmark = pytest.mark.unit


def entry(second: int, event: str, **data: object) -> str:
    return json.dumps({"timestamp": f"2026-01-01T00:00:{second:02}Z", "event": event, **data})


def test_lines_of_several_processes_come_in_time_order() -> None:
    router = parse("router", [entry(1, "a"), entry(4, "d")])
    crm = parse("crm", [entry(2, "b"), entry(3, "c")])
    assert [line.data["event"] for line in merge([router, crm]) if line.data] == list("abcd")


def test_a_traceback_stays_behind_the_line_it_belongs_to() -> None:
    router = parse("router", [entry(1, "failed"), "Traceback:", "  here", entry(5, "later")])
    crm = parse("crm", [entry(3, "between")])
    texts = [line.text for line in merge([router, crm])]
    assert texts[1:3] == ["Traceback:", "  here"]


def test_text_that_only_looks_like_json_is_text() -> None:
    assert [line.data for line in parse("x", ["{not json", "[1]", "{}"])] == [None, None, {}]


def test_an_exception_is_shown_below_its_line_and_not_as_one_long_text() -> None:
    text = entry(1, "process_failed", level="error", queue="billing", exception="Trace\n  it broke")
    [line] = parse("router", [text])
    assert plain(line) == ["process_failed queue=billing", "Trace", "  it broke"]


def test_follows_what_is_added_and_waits_for_the_end_of_a_line(tmp_path: Path) -> None:
    path = tmp_path / "router.log"
    follower = Follower(path)
    assert follower.read() == []
    path.write_text("one\ntw")
    assert [line.text for line in follower.read()] == ["one"]
    with path.open("a") as log:
        log.write("o\n")
    assert [line.text for line in follower.read()] == ["two"]
    assert follower.read() == []


def test_a_log_that_begins_anew_is_read_from_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "router.log"
    follower = Follower(path)
    path.write_text("a long line of the run before\n")
    follower.read()
    rotate(path)
    path.write_text("new\n")
    assert [line.text for line in follower.read()] == ["new"]


def test_rotation_keeps_the_log_of_the_run_before(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "router.log"
    rotate(path)
    for text in ("first", "second"):
        path.write_text(text)
        rotate(path)
    assert not path.exists()
    assert path.with_name("router.log.1").read_text() == "second"


def test_last_lines_of_a_long_file_are_its_end(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("".join(f"line {number}\n" for number in range(10_000)))
    assert last_lines(path, 2) == ["line 9998", "line 9999"]
    assert last_lines(tmp_path / "none", 2) == []


@pytest.fixture
def log_folder(tmp_path: Path) -> Path:
    (tmp_path / "router.log").write_text(
        entry(1, "contact_created", level="info", contact="c-1", queue="billing")
        + "\n"
        + entry(3, "contact_created", level="info", contact="c-2")
        + "\n"
    )
    (tmp_path / "gateway.log").write_text(entry(2, "chat_opened", contact="c-1") + "\n")
    return tmp_path


def shown(folder: Path, processes: list[str], contact: str) -> list[str]:
    console = Console(width=200, color_system=None)
    with console.capture() as capture:
        LogView(console, folder, processes, contact).show()
    return capture.get().splitlines()


def test_shows_one_contact_through_all_processes(log_folder: Path) -> None:
    first, second = shown(log_folder, [], "c-1")
    assert first.split() == [
        "router",
        "00:00:01",
        "contact_created",
        "contact=c-1",
        "queue=billing",
    ]
    assert second.split()[0] == "gateway"


def test_shows_only_the_chosen_processes(log_folder: Path) -> None:
    assert [line.split()[0] for line in shown(log_folder, ["gateway"], "")] == ["gateway"]


def test_brackets_in_a_log_are_text_and_not_markup(tmp_path: Path) -> None:
    (tmp_path / "valkey.log").write_text("[bold]ready[/bold] [/]\n")
    assert "[bold]ready[/bold] [/]" in shown(tmp_path, [], "")[0]


def test_what_a_caller_wrote_gives_the_terminal_no_orders(tmp_path: Path) -> None:
    attack = "\x1b]0;owned\x07\x1b[2J[red]{0} %s"
    lines = [entry(1, "call_refused", reason=attack, **{attack: 1}), f"plain {attack}"]
    (tmp_path / "router.log").write_text("\n".join(lines) + "\n")
    told = "\n".join(shown(tmp_path, [], ""))
    assert "\x1b" not in told
    assert told.count(r"\x1b]0;owned\x07\x1b[2J[red]{0} %s") == 3


def of_command(state: Path, *names: str) -> Result:
    app = Typer()
    app.command()(logs)
    return CliRunner().invoke(app, [*names], env={"SWITCHYARD_STATE_DIR": str(state)})


def test_a_log_that_is_not_there_is_named_beside_those_that_are(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "router.log").write_text(entry(1, "started") + "\n")
    told = of_command(tmp_path, "nonexistent", "router")
    assert told.exit_code == 2
    assert "no log of nonexistent. There are: router." in told.stderr
    assert of_command(tmp_path, "router").exit_code == 0


def test_without_any_log_it_is_said_how_there_will_be_one(tmp_path: Path) -> None:
    told = of_command(tmp_path, "router")
    assert told.exit_code == 2
    assert "make run" in told.stderr
