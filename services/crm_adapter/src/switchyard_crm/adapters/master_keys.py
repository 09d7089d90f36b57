"""Where the master keys come from: the environment, else a file, else a new file on loopback."""

import base64
import binascii
import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

import structlog
from switchyard_common.errors import StartError

from switchyard_crm.adapters.sealing import KEY_BYTES, MasterKeyVault

_MAKE_ONE = "openssl rand -base64 32"
_OWNER_ONLY = 0o600


def vault_from_text(text: str, setting: str) -> MasterKeyVault:
    """A vault under the keys of a text: one per line or between commas, each 32 bytes in base64.

    The first is the present one; older ones follow, for as long as something is wrapped by them.
    Raises StartError, which names `setting` and never holds a key.
    """
    keys = list(_keys(text, setting))
    if not keys:
        raise StartError(f"{setting}: holds no key; make one with {_MAKE_ONE}")
    return MasterKeyVault(keys)


def vault_from_file(path: Path, setting: str, *, make: bool) -> MasterKeyVault:
    """A vault under the keys of a file, which is made if it is missing and `make` says so.

    Raises StartError, which names `setting`.
    """
    try:
        text = path.read_text("ascii")
    except FileNotFoundError as error:
        if not make:
            raise StartError(
                f"{setting}: no file at {path}; without the key that sealed the store nothing in "
                f"it can be read. For a new store make one with {_MAKE_ONE}"
            ) from error
        text = _made(path, setting)
    except (OSError, UnicodeDecodeError) as error:
        raise StartError(f"{setting}: cannot read {path}; give a text file with keys") from error
    return vault_from_text(text, setting)


def _keys(text: str, setting: str) -> Iterator[bytes]:
    lines = (part.strip() for part in text.replace(",", "\n").splitlines())
    for number, line in enumerate(filter(None, lines), start=1):
        try:
            key = base64.b64decode(line, validate=True)
        except (binascii.Error, ValueError) as error:
            raise StartError(f"{setting}: key {number} is not base64") from error
        if len(key) != KEY_BYTES:
            raise StartError(
                f"{setting}: key {number} has {len(key)} bytes instead of {KEY_BYTES}; "
                f"make one with {_MAKE_ONE}"
            )
        yield key


def _made(path: Path, setting: str) -> str:
    """A new key, written whole before it has its name: of several processes all read the same."""
    text = base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode() + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        try:
            with os.fdopen(handle, "w") as file:
                os.fchmod(handle, _OWNER_ONLY)
                file.write(text)
                file.flush()
                os.fsync(handle)
            os.link(temporary, path)
        finally:
            Path(temporary).unlink()
    except FileExistsError:
        return path.read_text("ascii")
    except OSError as error:
        raise StartError(f"{setting}: cannot write {path} ({error.strerror})") from error
    structlog.stdlib.get_logger("switchyard.crm").warning(
        "master_key_made",
        path=str(path),
        why="none was there; keep a copy of it apart from the store's backups: without it nothing "
        "of the store can be read, and with it and a backup everything can",
    )
    return text
