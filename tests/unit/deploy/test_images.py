"""Dockerfiles take what exists, nothing secret, and start what the launcher starts."""

import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from switchyard_common.settings import ServiceSettings

from deploy.docker.context import sent
from deploy.k8s.checks.processes import CLASSES

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]
IMAGES = sorted((ROOT / "deploy/docker").glob("*.Dockerfile"))
NAMES = ("actions", "bot", "crm_adapter", "gateway", "insights", "phone", "router")
CONTEXT = frozenset(path.as_posix() for path in sent(ROOT))
_SECRET = re.compile(
    r"(^|/)\.|\.(pem|key|p12|sqlite\d?|log)$|(^|/)(node_modules|__pycache__)/|^libs/protos/src/"
)


def name_of(path: Path) -> str:
    return path.stem


def instructions(path: Path) -> Iterator[tuple[str, str]]:
    """Instruction and arguments, with continued lines joined and comments left out."""
    lines = (line for line in path.read_text().splitlines() if not line.startswith("#"))
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        if line:
            instruction, _, arguments = line.partition(" ")
            yield instruction, arguments


def last_stage(path: Path) -> dict[str, str]:
    """What the image itself is set to."""
    stage = dict[str, str]()
    for instruction, arguments in instructions(path):
        stage = {} if instruction == "FROM" else stage
        stage[instruction] = f"{stage.get(instruction, '')} {arguments}".strip()
    return stage


def copied(path: Path) -> Iterator[str]:
    for instruction, arguments in instructions(path):
        if instruction == "COPY" and not arguments.startswith("--from"):
            yield from arguments.split()[:-1]


def fields(cls: type[ServiceSettings]) -> dict[str, int]:
    """The default of every port that a process always opens."""
    named = ("port", "http_port", "grpc_port", "sip_port", "metrics_port")
    return {name: cls.model_fields[name].default for name in named if name in cls.model_fields}


def test_every_deployable_has_an_image() -> None:
    assert tuple(map(name_of, IMAGES)) == NAMES


@pytest.mark.parametrize("image", IMAGES, ids=name_of)
def test_everything_that_is_copied_is_sent(image: Path) -> None:
    missing = {
        source
        for source in copied(image)
        if source not in CONTEXT and not any(path.startswith(f"{source}/") for path in CONTEXT)
    }
    assert missing == set()


def test_nothing_secret_and_nothing_of_a_run_is_sent() -> None:
    assert {path for path in CONTEXT if _SECRET.search(path)} == set()


@pytest.mark.parametrize("planted", [".env", "ca.key", "crm.sqlite", "certs/router.pem"])
def test_a_secret_that_lies_in_the_sources_is_not_sent(tmp_path: Path, planted: str) -> None:
    (tmp_path / ".dockerignore").write_text((ROOT / ".dockerignore").read_text())
    for name in ("main.py", planted):
        file = tmp_path / "services/router" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    (tmp_path / "notes.txt").touch()
    assert [path.as_posix() for path in sent(tmp_path)] == ["services/router/main.py"]


@pytest.mark.parametrize("image", IMAGES, ids=name_of)
def test_images_are_made_in_stages_from_a_base_that_can_be_a_digest(image: Path) -> None:
    bases = [arguments for instruction, arguments in instructions(image) if instruction == "FROM"]
    assert bases == ["${PYTHON_IMAGE} AS build", "${PYTHON_IMAGE}"]
    (base,) = (arguments for name, arguments in instructions(image) if name == "ARG")
    assert re.fullmatch(r"PYTHON_IMAGE=docker\.io/library/python:3\.\d+\.\d+-slim-\w+", base)


@pytest.mark.parametrize("image", IMAGES, ids=name_of)
def test_images_run_as_somebody_and_fork_without_grpc(image: Path) -> None:
    stage = last_stage(image)
    assert stage["USER"] == "10001:10001"
    assert "GRPC_ENABLE_FORK_SUPPORT=0" in stage["ENV"]
    assert not re.search("PASSWORD|SECRET|TOKEN|KEY=", stage["ENV"])


@pytest.mark.parametrize("image", [path for path in IMAGES if path.stem != "bot"], ids=name_of)
def test_images_start_the_process_whose_ports_they_name(image: Path) -> None:
    stage, cls = last_stage(image), CLASSES[image.stem.replace("_", "-")]
    (module,) = re.findall(r'\["python", "-m", "([\w.]+)"\]', stage["ENTRYPOINT"])
    assert find_spec(module)
    assert module.split(".")[0] == cls.__module__.split(".")[0]
    exposed = {int(port) for port in re.findall(r"\b(\d+)\b(?:/udp)?", stage["EXPOSE"])}
    assert set(fields(cls).values()) <= exposed


@pytest.mark.parametrize("name", ["crm_adapter", "insights", "router"])
def test_services_with_commands_for_operators_bring_the_command_line(name: str) -> None:
    (install,) = re.findall(
        r"install\.py (.*) /opt", (ROOT / f"deploy/docker/{name}.Dockerfile").read_text()
    )
    assert install == f"services/{name} libs/cli"


def test_the_router_can_train_where_it_is_installed() -> None:
    """The base is slim: LightGBM asks the system for the library of its threads."""
    found = find_spec("lightgbm")
    assert found is not None
    assert found.origin is not None
    (library,) = Path(found.origin).parent.rglob("lib_lightgbm.so")
    assert b"libgomp.so.1\0" in library.read_bytes()
    assert " libgomp1 " in last_stage(ROOT / "deploy/docker/router.Dockerfile")["RUN"]


def test_the_bot_lies_as_deep_as_it_looks_around() -> None:
    """It looks for a folder of models three above its own before it reads its settings."""
    stage = last_stage(ROOT / "deploy/docker/bot.Dockerfile")
    (script,) = re.findall(r'\["python", "(/[\w/.]+)"\]', stage["ENTRYPOINT"])
    assert len(Path(script).parent.parents) > 2
    assert f"services/ivr_bot/bot {Path(script).parent}" in stage["COPY"]
    assert "BOT_MODELS_DIR=/opt/models" in stage["ENV"]
