"""Makes the environment of one deployable from the lock: what its image holds, and no more.

Usage: python deploy/docker/install.py services/router libs/cli /opt/switchyard
Needs uv on the path, or where the variable UV says. Images are built with it, and tests run it on
a machine without a container engine.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from deploy.docker.locked import members, part_for, read_lock, with_own_libraries  # noqa: E402

_BUILDERS = ("hatchling", "grpcio-tools", "mypy-protobuf")


def install(wanted: Sequence[Path], target: Path) -> None:
    """Makes the environment `target` with the members in these folders and all that they need."""
    folders = members(ROOT)
    names = {folder: name for name, folder in folders.items()}
    parts = (with_own_libraries(names[each.resolve()], folders) for each in wanted)
    own = tuple(sorted(set[str]().union(*parts)))
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        builder = _environment(work / "builder", _BUILDERS, work)
        if not (ROOT / "libs/protos/src/switchyard").is_dir():
            _run(builder, str(ROOT / "scripts/build_protos"))
        for library in own:
            _run(
                builder, "-m", "hatchling", "build", "-t", "wheel", "-d", work, at=folders[library]
            )
        python = _environment(target, own, work)
        _uv("pip", "install", "--no-deps", "--no-index", "--python", python, *work.glob("*.whl"))


def _environment(folder: Path, roots: Sequence[str], work: Path) -> Path:
    """A fresh environment with what `roots` need of the lock; returns its Python."""
    part = work / "requirements.txt"
    part.write_text(part_for(read_lock((ROOT / "requirements.lock").read_text()), roots))
    python = folder / "bin" / "python"
    _uv("venv", "--quiet", "--clear", "--no-project", "--python", sys.executable, folder)
    _uv("pip", "sync", "--quiet", "--require-hashes", "--python", python, part)
    return python


def _uv(*arguments: str | Path) -> None:
    subprocess.run((os.environ.get("UV", "uv"), *map(str, arguments)), check=True)


def _run(python: Path, *arguments: str | Path, at: Path = ROOT) -> None:
    subprocess.run((str(python), *map(str, arguments)), check=True, cwd=at)


if __name__ == "__main__":
    *given, place = map(Path, sys.argv[1:])
    install(given, place.absolute())
