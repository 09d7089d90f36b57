"""Commands come from whatever packages register, and one broken package harms no other."""

import re
import sys
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType

import pytest
import typer
import typer.core
import typer.main
from switchyard_cli.commands import GROUP, CommandClash, add_commands, called
from switchyard_cli.main import build
from typer.testing import CliRunner

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def package(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("some_package")
    group = typer.Typer()

    @group.command()
    def show() -> None:
        typer.echo("shown by the group")

    @group.command()
    def hide() -> None: ...

    def greet(name: str) -> None:
        typer.echo(f"hello {name}")

    module.group = group  # type: ignore[attr-defined]
    module.greet = greet  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "some_package", module)


def entry(name: str, value: str) -> EntryPoint:
    return EntryPoint(name=name, value=value, group=GROUP)


def run(entries: list[EntryPoint], *arguments: str) -> tuple[int, str]:
    app = build()
    add_commands(app, entries)
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.output


def test_a_function_becomes_a_command() -> None:
    assert run([entry("greet", "some_package:greet")], "greet", "you") == (0, "hello you\n")


def test_a_typer_becomes_a_group_of_commands() -> None:
    entries = [entry("things", "some_package:group")]
    assert run(entries, "things", "show") == (0, "shown by the group\n")


def test_a_package_that_does_not_load_says_so_and_leaves_the_others_working() -> None:
    entries = [entry("bad", "no_such_package:app"), entry("greet", "some_package:greet")]
    assert run(entries, "greet", "you") == (0, "hello you\n")
    code, output = run(entries, "bad")
    assert code == 1
    assert "no_such_package:app does not load" in output


def test_a_missing_attribute_is_a_package_that_does_not_load() -> None:
    code, output = run([entry("bad", "some_package:gone")], "bad")
    assert code == 1
    assert "some_package:gone does not load" in output


def test_two_commands_of_one_name_are_an_error_that_names_both() -> None:
    with pytest.raises(CommandClash, match="some_package:group and some_package:greet"):
        add_commands(build(), [entry("x", "some_package:group"), entry("x", "some_package:greet")])


def test_only_the_package_of_the_command_that_is_called_is_loaded() -> None:
    entries = [entry("greet", "some_package:greet"), entry("bad", "no_such_package:app")]
    assert called(entries, ["greet", "bad"]) == entries[:1]
    for arguments in ([], ["--help"], ["unknown"]):
        assert called(entries, arguments) == entries


def test_without_arguments_it_shows_all_commands() -> None:
    entries = [entry("greet", "some_package:greet"), entry("things", "some_package:group")]
    _, output = run(entries)
    assert output.index("greet") < output.index("things")


def test_shows_its_version() -> None:
    assert run([entry("greet", "some_package:greet")], "--version") == (0, "0.1.0\n")


def test_every_command_says_in_both_languages_what_it_is_for() -> None:
    app = build()
    add_commands(app, called(entry_points(group=GROUP), ["--help"]))
    program = typer.main.get_command(app)
    assert isinstance(program, typer.core.TyperGroup)
    told = {
        name: str(command.help).partition("\n\n")[0] for name, command in program.commands.items()
    }
    assert {"run", "why", "config", "crm"} <= set(told)
    assert [name for name, text in told.items() if not re.search("[\u4e00-\u9fff]", text)] == []
