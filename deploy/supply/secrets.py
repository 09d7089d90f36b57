"""Finds secrets in files: private keys, and credentials whose form is known.

Own patterns rather than detect-secrets (last release 2024): few and exact, so that a hit is one.
"""

import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_MOST_BYTES = 2 * 1024 * 1024
_PATTERNS = {
    "private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{16}",
    "AWS access key": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,})\b",
    "GitLab token": r"\bglpat-[A-Za-z0-9_-]{20,}",
    "Slack token": r"\bxox[abprs]-[A-Za-z0-9-]{20,}",
    "Google API key": r"\bAIza[0-9A-Za-z_-]{35}\b",
    "Stripe key": r"\b[rs]k_live_[0-9A-Za-z]{20,}",
    "PyPI token": r"\bpypi-AgE[A-Za-z0-9_-]{50,}",
    "Alibaba Cloud key": r"\bLTAI[0-9A-Za-z]{16,20}\b",
    "Tencent Cloud key": r"\bAKID[0-9A-Za-z]{32}\b",
    "JWT": r"\beyJ[A-Za-z0-9_-]{12,}\.eyJ[A-Za-z0-9_-]{12,}\.[A-Za-z0-9_-]{20,}",
}
_ANY = re.compile("|".join(f"(?P<k{n}>{each})" for n, each in enumerate(_PATTERNS.values())))


@dataclass(frozen=True, slots=True)
class Secret:
    """Where something secret stands and what kind it is; never the secret itself."""

    file: Path
    line: int
    kind: str


def secrets_in(files: Iterable[Path]) -> Iterator[Secret]:
    """All secrets in text files of at most 2 MiB; others are passed over. Linear in their size."""
    for file in files:
        if not file.is_file() or file.stat().st_size > _MOST_BYTES:
            continue
        content = file.read_bytes()
        if b"\0" not in content:
            yield from _in_text(file, content.decode("utf-8", "replace"))


def tracked(root: Path) -> list[Path]:
    """The files that the repository holds."""
    told = subprocess.run(["git", "ls-files", "-z"], cwd=root, check=True, capture_output=True)
    return [root / name for name in told.stdout.decode().split("\0") if name]


def _in_text(file: Path, text: str) -> Iterator[Secret]:
    kinds = tuple(_PATTERNS)
    for found in _ANY.finditer(text):
        kind = kinds[int((found.lastgroup or "k0")[1:])]
        yield Secret(file, text.count("\n", 0, found.start()) + 1, kind)
