"""What operators of the telephone are led by: commands, settings and files that exist."""

import re
from importlib.metadata import entry_points
from pathlib import Path

import pytest
import typer
from pydantic_settings import BaseSettings
from switchyard_demo.settings import DemoSettings
from switchyard_phone.settings import PhoneSettings
from switchyard_router.settings import RouterSettings

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]
PAGES = ("docs/telephony.md", "docs/telephony.zh.md")
PLATFORMS = tuple(
    str(path.relative_to(ROOT))
    for name in ("asterisk", "freeswitch", "kamailio", "softphone")
    for path in sorted((ROOT / "deploy" / name).rglob("*"))
    if path.is_file()
)
PREFIXES: dict[str, type[BaseSettings]] = {
    "PHONE": PhoneSettings,
    "DEMO": DemoSettings,
    "ROUTER": RouterSettings,
}
_OWN = {"PHONE_1", "PHONE_2", "ROUTER_1", "ROUTER_2"}
"""Variables of the dialplan."""


def text_of(name: str) -> str:
    return (ROOT / name).read_text()


def variables(cls: type[BaseSettings]) -> set[str]:
    prefix = str(cls.model_config["env_prefix"])
    return {f"{prefix}{name}".upper() for name in cls.model_fields}


def test_the_platforms_are_all_here() -> None:
    folders = {name.split("/")[1] for name in PLATFORMS}
    assert folders == {"asterisk", "freeswitch", "kamailio", "softphone"}


@pytest.mark.parametrize("name", [*PAGES, *PLATFORMS])
def test_every_setting_that_is_named_exists(name: str) -> None:
    known = _OWN.union(*(variables(cls) for cls in PREFIXES.values()))
    found = re.findall(rf"(?<![\w$])(?:{'|'.join(PREFIXES)})_[A-Z0-9_]+\b", text_of(name))
    assert set(found) - known == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_command_that_is_named_exists(page: str) -> None:
    groups = {entry.name: entry for entry in entry_points(group="switchyard.commands")}
    named = re.findall(r"switchyard ([a-z]+)(?: ([a-z]+))?", text_of(page))
    assert {"softphone", "call"} <= {name for name, _ in named}
    for name, further in named:
        command = groups[name].load()
        if isinstance(command, typer.Typer):
            known = {each.name for each in command.registered_commands}
            assert further in known, f"{name} {further}"


@pytest.mark.parametrize("page", PAGES)
def test_every_target_of_make_exists(page: str) -> None:
    targets = set(re.findall(r"(?m)^([a-z-]+):", text_of("Makefile")))
    assert set(re.findall(r"`?\bmake ([a-z-]+)\b", _code_of(page))) <= targets


def _code_of(page: str) -> str:
    """What stands in blocks and between backticks."""
    text = text_of(page)
    blocks = re.findall(r"(?s)```.*?```", text)
    return "\n".join([*blocks, *re.findall(r"`[^`\n]+`", re.sub(r"(?s)```.*?```", "", text))])


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_is_linked_or_named_exists(page: str) -> None:
    text = text_of(page)
    linked = {name.partition("#")[0] for name in re.findall(r"\]\(([^):]+)\)", text)}
    assert {name for name in linked if name and not (ROOT / "docs" / name).exists()} == set()
    named = set(re.findall(r"\bdeploy/[a-z]+", text))
    assert {name for name in named if not (ROOT / name).exists()} == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_metric_that_is_named_exists(page: str) -> None:
    known = text_of("docs/metrics.md")
    for name in re.findall(r"`switchyard_([a-z_]+)`", text_of(page)):
        assert f"`switchyard_{name}" in known, name


def test_kamailio_reads_what_the_pages_name() -> None:
    config = text_of("deploy/kamailio/kamailio.cfg")
    local = text_of("deploy/kamailio/local.cfg")
    for name in ("PROBE_SECONDS", "FIRST_ANSWER_MS", "WITH_TLS"):
        assert name in config
        assert name in local
        assert all(f"`{name}`" in text_of(page) for page in PAGES)


def test_both_pages_say_the_same_in_the_same_order() -> None:
    english, chinese = (text_of(page) for page in PAGES)
    for sign in (r"(?m)^(#+) ", r"(?m)^\|", r"(?m)^```"):
        assert len(re.findall(sign, english)) == len(re.findall(sign, chinese)), sign
    commands = [set(re.findall(r"`(PHONE_[A-Z_]+|DEMO_[A-Z_]+)`", t)) for t in (english, chinese)]
    assert commands[0] == commands[1]
