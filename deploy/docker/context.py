"""What a build of an image is sent: `python -m deploy.docker.context` lists it.

Reads .dockerignore by Docker's rules: patterns are of the whole path or of a folder above it, `**`
is any number of folders, `!` takes in again, and the last pattern that fits decides.
"""

import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_MEGABYTE = 1_000_000


def sent(root: Path) -> Iterator[Path]:
    """Files of the build context, relative to `root`."""
    lines = (root / ".dockerignore").read_text().splitlines()
    patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    tops = {line.removeprefix("!").split("/")[0] for line in patterns if line.startswith("!")}
    for top in sorted(root / name for name in tops):
        for path in _files(top):
            if not _ignored(path.relative_to(root).as_posix(), patterns):
                yield path.relative_to(root)


def _files(top: Path) -> Iterator[Path]:
    if top.is_file():
        yield top
    for folder, _, names in os.walk(top):
        yield from (Path(folder) / name for name in sorted(names))


def _ignored(path: str, patterns: list[str]) -> bool:
    ignored = False
    for pattern in patterns:
        if _expression(pattern.removeprefix("!")).fullmatch(path):
            ignored = not pattern.startswith("!")
    return ignored


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    parts = (
        {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*"}.get(part, re.escape(part))
        for part in re.split(r"(\*\*/|\*\*|\*)", pattern)
    )
    return re.compile("".join(parts) + "(?:/.*)?")


if __name__ == "__main__":
    files = list(sent(ROOT))
    print("\n".join(map(str, files)))
    size = sum((ROOT / file).stat().st_size for file in files) / _MEGABYTE
    print(f"{len(files)} files, {size:.1f} MB")
