"""The version before this one, out of the repository's history, to run beside the present one."""

import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

PREVIOUS = "8d07f87f991d46bd8d1e93f86308cf9ec5daf62a"
"""Deals no arms by lot, knows formula 1 only, and puts no configuration back. To be moved on to
each release, so that whoever upgrades from the last one is safe."""
_ROOT = Path(__file__).parents[3]
_PARTS = ("libs", "protos", "scripts", "services/router")


def previous_version(folder: Path) -> str:
    """Unpack its code, generate what it generates, and return its PYTHONPATH.

    It runs with the present version's packages. Skips the test in a clone whose history does not
    reach back so far.
    """
    packed = subprocess.run(
        ("git", "archive", PREVIOUS, *_PARTS), cwd=_ROOT, capture_output=True, check=False
    )
    if packed.returncode != 0:
        pytest.skip(f"history of this clone without {PREVIOUS}: {packed.stderr.decode().strip()}")
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(folder, filter="data")
    subprocess.run(
        (sys.executable, "scripts/build_protos"), cwd=folder, check=True, capture_output=True
    )
    sources = sorted((*folder.glob("libs/*/src"), folder / "services/router/src"))
    return os.pathsep.join(map(str, sources))
