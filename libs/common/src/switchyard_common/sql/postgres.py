"""PostgreSQL as the store, for several replicas of the service at once."""

import ssl
from collections.abc import Mapping
from typing import Any, Protocol

from sqlalchemy import URL, PoolProxiedConnection, event, text
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from switchyard_common.errors import StartError
from switchyard_common.sql.engines import Engines, PoolSizes

DRIVER = "postgresql+asyncpg"
DRIVERS = frozenset((DRIVER, "postgresql"))

# How long a statement may take at most: a server that went away without a word is noticed.
_STATEMENT_SECONDS = 60.0
# Whoever starts waits this long for another one that is changing the tables.
_MIGRATION_SECONDS = 60
_OPTIONS = frozenset(("host", "port", "ssl", "prepared_statement_cache_size"))

# Modes of libpq that check the server's certificate.
_VERIFYING = ("verify-ca", "verify-full")

# What the server says when it cannot work, rather than that it will not: classes of SQLSTATE.
# 08 connection, 25006 read only, 28 login, 3D no such database, 53 resources, 55P03 lock not
# granted, 57 stopped by an operator, 58 and XX inside the system (PostgreSQL 15, appendix A).
_OUTAGES = ("08", "25006", "28", "3D", "53", "55P03", "57", "58", "XX")
# 40: rolled back because of another transaction.
_CONFLICTS = ("40",)


class _DbApiConnection(Protocol):
    driver_connection: Any


def postgres_engines(
    url: URL, *, name: str, setting: str, sizes: PoolSizes, busy_seconds: float
) -> Engines:
    """Engines on the database of `url`. They wait `busy_seconds` for locks and connections.

    `name` is shown to the server's operators. Raises StartError, which names `setting`.
    """
    address, authority = _address(url, setting)
    tls = {} if authority is None else {"ssl": authority}
    server_settings = _server_settings(name, busy_seconds)
    reading = _engine(
        address,
        sizes.readers,
        busy_seconds,
        server_settings,
        tls,
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,  # each statement less is a journey less
    )
    return Engines(reading, _engine(address, sizes.writers, busy_seconds, server_settings, tls))


def is_conflict(error: DBAPIError) -> bool:
    """Whether the server rolled back because of another transaction."""
    return _state(error).startswith(_CONFLICTS)


def is_outage(error: DBAPIError) -> bool:
    """Whether the server cannot work; False for a rule that data breaks, or a fault of ours."""
    state = _state(error)
    # The driver itself refuses values that it cannot send, as a kind of ValueError.
    wrong_value = isinstance(getattr(error.orig, "__cause__", None), ValueError)
    return state.startswith(_OUTAGES) or not (state or wrong_value)


def _state(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", None) or "")


async def alone_in_migrating(connection: AsyncConnection, lock: int) -> None:
    """Wait until no other process changes the tables, and let none until this transaction ends."""
    await connection.execute(text(f"SET LOCAL lock_timeout = '{_MIGRATION_SECONDS}s'"))
    await connection.execute(text(f"SELECT pg_advisory_xact_lock({lock:d})"))


def _address(url: URL, setting: str) -> tuple[URL, ssl.SSLContext | None]:
    """What the driver takes, and the authority that vouches for the server, if one is named."""
    query = dict(url.query)
    mode, root = query.pop("sslmode", None), query.pop("sslrootcert", None)
    unknown = sorted(query.keys() - _OPTIONS)
    if unknown:
        raise StartError(
            f"{setting}: {unknown[0]} is no option of a PostgreSQL URL here; leave it out, "
            f"or use one of sslmode, sslrootcert, {', '.join(sorted(_OPTIONS))}"
        )
    authority = None if root is None else _authority(str(mode), str(root), setting)
    if mode is not None and authority is None:
        query["ssl"] = mode  # libpq's word for what this driver calls ssl
    return url.set(drivername=DRIVER, query=query), authority


def _authority(mode: str, root: str, setting: str) -> ssl.SSLContext:
    """The driver would look for the file in the user's home only."""
    if mode not in _VERIFYING:
        raise StartError(
            f"{setting}: sslrootcert says whom to trust, so nobody is trusted unseen: write "
            "sslmode=verify-full, or verify-ca where the certificate has another name"
        )
    try:
        context = ssl.create_default_context(cafile=root)
    except OSError as error:  # ssl.SSLError is one
        raise StartError(
            f"{setting}: sslrootcert={root} cannot be used: {error}; give a CA as PEM"
        ) from error
    context.check_hostname = mode == "verify-full"
    return context


def _engine(
    url: URL,
    connections: int,
    busy_seconds: float,
    server_settings: Mapping[str, str],
    tls: Mapping[str, ssl.SSLContext],
    **options: object,
) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=busy_seconds,
        hide_parameters=True,  # errors must not carry personal data into logs
        connect_args={
            "timeout": busy_seconds,
            "command_timeout": _STATEMENT_SECONDS,
            "server_settings": server_settings,
            **tls,
        },
        **options,
    )
    event.listen(engine.sync_engine, "checkout", _refuse_lost_connection)
    return engine


def _server_settings(name: str, busy_seconds: float) -> Mapping[str, str]:
    return {
        "application_name": f"switchyard-{name}",
        "lock_timeout": f"{busy_seconds * 1000:.0f}ms",
        "jit": "off",  # statements are short; compiling one takes longer than running it
    }


def _refuse_lost_connection(
    connection: _DbApiConnection, _: ConnectionPoolEntry, __: PoolProxiedConnection
) -> None:
    """After a restart of the server the pool begins anew, before somebody's call has failed."""
    if connection.driver_connection.is_closed():
        raise InvalidatePoolError
