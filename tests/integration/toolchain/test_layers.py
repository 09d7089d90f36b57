"""The layer rules hold: import-linter finds a use case that imports its transport."""

import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[3]


def named(config: dict[str, Any]) -> Iterator[str]:
    """Modules within packages of ours that a contract names, and what they lie in."""
    for contract in config["contracts"]:
        for module in contract.get("source_modules", ()):
            package, *rest = module.split(".")
            if package in config["root_packages"]:
                yield from (".".join((package, *rest[: n + 1])) for n in range(len(rest)))


def lint(folder: Path, **modules: str) -> tuple[bool, str]:
    """Runs the repository's own contracts on a made-up router."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    for package in config["root_packages"]:
        (folder / package).mkdir()
        (folder / package / "__init__.py").touch()
    for module in named(config):
        path = folder.joinpath(*module.split("."))
        path.mkdir(parents=True, exist_ok=True)
        (path / "__init__.py").touch()
    for name, text in modules.items():
        path = folder / "switchyard_router" / f"{name}.py"
        path.write_text(text)
    result = subprocess.run(
        [sys.executable, "-c", LINT, str(ROOT / "pyproject.toml")],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
    )
    return result.returncode == 0, result.stdout + result.stderr


LINT = """
import sys
sys.path.insert(0, "")
from importlinter.cli import lint_imports
sys.exit(lint_imports(config_filename=sys.argv[1], cache_dir=None, no_cache=True))
"""


def test_clean_layers_pass(tmp_path: Path) -> None:
    passed, output = lint(
        tmp_path,
        domain="",
        service="import switchyard_router.domain",
        entrypoints="import grpc, switchyard_router.service",
        main="import switchyard_router.entrypoints",
    )
    assert passed, output


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("domain", "grpc"),
        ("domain", "switchyard_router.service"),
        ("service", "redis"),
        ("service", "prometheus_client"),
        ("service", "switchyard"),
        ("service", "switchyard_router.adapters"),
        ("adapters", "switchyard_router.entrypoints"),
        ("entrypoints", "switchyard_router.adapters"),
        ("entrypoints", "switchyard_crm"),
    ],
)
def test_a_forbidden_import_is_found(tmp_path: Path, module: str, imported: str) -> None:
    modules = {"domain": "", "service": "", "adapters": "", "entrypoints": ""}
    passed, output = lint(tmp_path, **{**modules, module: f"import {imported}"})
    assert not passed, output
