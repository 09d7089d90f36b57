"""Secrets that a run on one machine makes for itself."""

import os
import secrets
from pathlib import Path

_KEY_BYTES = 32


def kept_key(path: Path) -> str:
    """The key in a file that only its owner can read; made at first use, the same ever after."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = path.with_name(f"{path.name}.{os.getpid()}")
        made.touch(mode=0o600)
        made.write_text(secrets.token_hex(_KEY_BYTES))
        made.replace(path)
    return path.read_text().strip()
