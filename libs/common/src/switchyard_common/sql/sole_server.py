"""One process serves from a SQLite file; several serve from PostgreSQL.

Each process keeps breakers, caches and limits of its own, and a file has one writer: two services
on one file would be slower than one and would each know half. The lock is the kernel's, on a file
beside the database, and ends with the process, however that ends. Imports do not take it.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from switchyard_common.errors import StartError
from switchyard_common.sql.database import parse_url
from switchyard_common.sql.sqlite import DRIVER, database_file

_SUFFIX = ".serving"
_USE = "use PostgreSQL (postgresql://user:password@host/name)"


@contextmanager
def sole_server(url: str, *, setting: str, replicas: int, replicas_setting: str) -> Iterator[None]:
    """Serve for the length of the block; `replicas` is how many services there are to be.

    Raises StartError, which names the settings, if the store is SQLite and there is or will be
    another service on it.
    """
    parsed = parse_url(url, setting)
    if parsed.drivername != DRIVER:
        yield
        return
    if replicas > 1:
        raise StartError(
            f"{replicas_setting}={replicas}: SQLite serves one replica only; set {setting} to a "
            f"PostgreSQL database to run several, or {replicas_setting} to 1"
        )
    path = database_file(parsed, setting)
    with path.with_name(path.name + _SUFFIX).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StartError(
                f"{setting}: another service is serving from {path}; stop that one, or {_USE} "
                "to run several"
            ) from error
        yield
