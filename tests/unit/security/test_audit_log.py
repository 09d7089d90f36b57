"""The audit log: a chain that shows what was done to it, kept over restarts and full disks."""

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_common.audit_chain import START, AuditKey, Chain, Deed, Fault, sealed
from switchyard_common.audit_command import app, inspect
from switchyard_common.audit_journal import AuditJournal, Unwritable, chains_in, files_of
from switchyard_common.errors import StartError
from typer.testing import CliRunner

pytestmark = pytest.mark.unit

SECRET = "audit key for tests, and for tests only"
KEY = AuditKey(SECRET)
RPC = "/switchyard.router.v1.ConfigService/UpsertQueue"


def chain_of(count: int) -> list[str]:
    lines, last = [], START
    for number in range(count):
        deed = Deed(f"2026-03-01T10:00:{number:02d}", "admin/ops", RPC, "allowed", "")
        line, last = sealed(deed, last, 0, KEY)
        lines.append(line)
    return lines


def faults_of(lines: list[str], key: AuditKey = KEY) -> list[Fault]:
    return list(Chain(key).faults((str(number), line) for number, line in enumerate(lines, 1)))


def write(folder: Path, count: int, file_bytes: int = 10_000) -> None:
    with AuditJournal(folder, "router", KEY, file_bytes) as journal:
        for _ in range(count):
            journal.keep("admin/ops", RPC, "allowed", "tenants/demo/queues/orders")
        journal.flush()


@given(st.integers(1, 20))
def test_a_whole_chain_has_no_faults(count: int) -> None:
    assert faults_of(chain_of(count)) == []


@given(st.integers(0, 7), st.sampled_from(["actor", "rpc", "outcome", "subject", "time", "lost"]))
def test_a_changed_entry_is_named(place: int, field: str) -> None:
    lines = chain_of(8)
    entry = json.loads(lines[place])
    lines[place] = json.dumps({**entry, field: 7 if field == "lost" else "another"})
    assert [fault.place for fault in faults_of(lines)] == [str(place + 1)]


@given(st.integers(0, 6))
def test_a_removed_entry_is_named(place: int) -> None:
    lines = chain_of(8)
    del lines[place]
    (fault,) = faults_of(lines)
    assert fault.problem.endswith(f"removed or moved: entry {place + 1}")


@given(st.permutations(range(6)))
def test_reordered_entries_are_found(order: list[int]) -> None:
    lines = chain_of(6)
    assert bool(faults_of([lines[place] for place in order])) == (order != sorted(order))


def test_who_has_no_key_cannot_write_a_chain_anew() -> None:
    forged, last = [], START
    for _ in range(3):
        line, last = sealed(Deed("t", "admin/ops", RPC, "allowed", ""), last, 0, AuditKey("x" * 32))
        forged.append(line)
    assert len(faults_of(forged)) == 3


@pytest.mark.parametrize("line", ["", "{}", "[]", "7", '{"number":"x","seal":"y"}', "\x00"])
def test_a_line_that_is_no_entry_is_named(line: str) -> None:
    lines = chain_of(2)
    assert faults_of([lines[0], line, lines[1]])[0] == Fault("2", "is no entry")


def test_an_end_that_was_cut_off_is_found_by_a_seal_noted_earlier(tmp_path: Path) -> None:
    write(tmp_path, 4)
    (name,) = chains_in(tmp_path)
    noted = inspect(tmp_path, name, KEY, "").seal
    (file,) = files_of(tmp_path, name)
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:3]))
    assert inspect(tmp_path, name, KEY, "").faults == ()
    assert inspect(tmp_path, name, KEY, noted).cut


def test_a_chain_goes_on_over_restarts_and_files(tmp_path: Path) -> None:
    for _ in range(3):
        write(tmp_path, 30, file_bytes=4096)
    (name,) = chains_in(tmp_path)
    found = inspect(tmp_path, name, KEY, "")
    assert (found.entries, found.faults) == (90, ())
    assert len(files_of(tmp_path, name)) > 3


def test_a_removed_file_is_found(tmp_path: Path) -> None:
    write(tmp_path, 60, file_bytes=4096)
    (name,) = chains_in(tmp_path)
    files_of(tmp_path, name)[1].unlink()
    (fault,) = inspect(tmp_path, name, KEY, "").faults
    assert "removed or moved" in fault.problem


def test_half_a_line_left_by_a_dead_machine_is_cut(tmp_path: Path) -> None:
    write(tmp_path, 2)
    (name,) = chains_in(tmp_path)
    (file,) = files_of(tmp_path, name)
    file.write_text(f'{file.read_text()}{{"actor":"adm')
    write(tmp_path, 1)
    found = inspect(tmp_path, name, KEY, "")
    assert (found.entries, found.faults) == (3, ())


def test_processes_on_one_machine_keep_a_chain_each(tmp_path: Path) -> None:
    with AuditJournal(tmp_path, "router", KEY, 10_000):
        write(tmp_path, 2)
    assert len(chains_in(tmp_path)) == 2


def test_names_do_not_stand_in_the_file(tmp_path: Path) -> None:
    write(tmp_path, 1)
    (file,) = tmp_path.glob("*.jsonl")
    assert "orders" not in file.read_text()
    assert file.stat().st_mode & 0o077 == 0


def test_a_full_disk_is_told_and_the_next_entry_says_what_was_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_really: Callable[[int, bytes], int] = os.write
    full = False

    def write_as_far_as_it_goes(file: int, data: bytes) -> int:
        if full:
            if len(data) < 40:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return write_really(file, data[:-20])
        return write_really(file, data)

    monkeypatch.setattr("switchyard_common.audit_journal.os.write", write_as_far_as_it_goes)
    with AuditJournal(tmp_path, "router", KEY, 10_000) as journal:
        journal.keep("admin/ops", RPC, "allowed", "")
        full = True
        for _ in range(2):
            with pytest.raises(Unwritable, match="No space"):
                journal.keep("admin/ops", RPC, "allowed", "")
        full = False
        journal.keep("admin/ops", RPC, "allowed", "")
    (name,) = chains_in(tmp_path)
    found = inspect(tmp_path, name, KEY, "")
    assert (found.entries, found.lost, found.faults) == (2, 2, ())


def test_a_folder_that_cannot_be_written_ends_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StartError, match="give a folder"):
        AuditJournal(tmp_path / "file", "router", KEY, 10_000)


def test_the_command_says_which_entry_was_changed(tmp_path: Path) -> None:
    write(tmp_path, 3)
    (file,) = tmp_path.glob("*.jsonl")
    environment = {"SWITCHYARD_AUDIT_KEY": SECRET, "LANG": "en"}
    assert CliRunner().invoke(app, ["verify", str(tmp_path)], env=environment).exit_code == 0
    lines = file.read_text().splitlines()
    file.write_text("\n".join([lines[0], lines[1].replace("ops", "eve"), lines[2]]) + "\n")
    told = CliRunner().invoke(app, ["verify", str(tmp_path)], env=environment)
    assert told.exit_code == 1
    assert f"{file.name}:2: entry 2 was changed" in told.output


def test_the_command_finds_entries_by_the_name_that_they_hide(tmp_path: Path) -> None:
    write(tmp_path, 2)
    environment = {"SWITCHYARD_AUDIT_KEY": SECRET}
    runner = CliRunner()
    named = ["about", str(tmp_path), "tenants/demo/queues/orders"]
    assert len(runner.invoke(app, named, env=environment).output.splitlines()) == 2
    other = ["about", str(tmp_path), "tenants/demo/queues/other"]
    assert runner.invoke(app, other, env=environment).output == ""


@pytest.mark.parametrize("asked", [["verify"], ["about"]])
@pytest.mark.parametrize(("lang", "said"), [("en", "no key: set SWITCHYARD_"), ("zh", "没有密钥")])
def test_without_a_key_the_command_says_where_to_set_it(
    tmp_path: Path, asked: list[str], lang: str, said: str
) -> None:
    environment = dict.fromkeys(("SWITCHYARD_AUDIT_KEY", "ROUTER_AUDIT_KEY", "CRM_AUDIT_KEY"), "")
    named = [str(tmp_path)] if asked == ["verify"] else [str(tmp_path), "tenants/demo/queues/x"]
    told = CliRunner().invoke(app, [*asked, *named, "--lang", lang], env=environment)
    assert told.exit_code == 2
    assert said in told.stderr
    assert "[" not in told.stderr
