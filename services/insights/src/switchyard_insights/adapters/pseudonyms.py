"""Keyed hashes that stand for customers, as the router makes them."""

import secrets
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path

from switchyard_common.errors import StartError
from switchyard_common.logs import pseudonym

_KEY_BYTES = 32
_LEAST_CHARS = 16
_REMEMBERED = 100_000


def pseudonyms(key_file: Path) -> Callable[[str], str]:
    """Makes hashes by the key in a file, which is made for its owner alone if it is missing.

    The same key as the router's gives the same hash for the same value. Raises StartError.
    """
    try:
        key = _kept_key(key_file)
    except (OSError, UnicodeDecodeError) as error:
        raise StartError(
            f"--key-file: cannot use {key_file} ({error}); give a file that this user may read"
        ) from error
    if len(key) < _LEAST_CHARS:
        raise StartError(f"--key-file: {key_file} holds fewer than {_LEAST_CHARS} characters")
    return lru_cache(maxsize=_REMEMBERED)(partial(pseudonym, key.encode()))


def _kept_key(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=False)
        path.write_text(secrets.token_hex(_KEY_BYTES), "utf-8")
        return path.read_text("utf-8").strip()
