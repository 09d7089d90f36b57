"""Where the store is and how to get in, as one URL for a single server, Sentinel or a Cluster.

| form | meaning |
|---|---|
| `redis://[user[:password]@]host[:port][/db]` | one server |
| `redis+sentinel://[user[:password]@]h1[:p1],h2[:p2],.../name[/db]` | Sentinels' master |
| `redis+cluster://[user[:password]@]h1[:p1],h2[:p2],...` | the owner of the tenant's hash slot |

`rediss` in place of `redis` is TLS. User and password are the servers' own, percent-encoded;
Sentinels' come as options, behind `?`: `sentinel_username`, `sentinel_password`. More options:
`username`, `password`, `ssl_ca_certs`, `ssl_certfile`, `ssl_keyfile` (paths), `ssl_check_hostname`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import parse_qsl, unquote

_PORT = 6379
_SENTINEL_PORT = 26379
_MOST_PORT = 65535
_FORMS = (
    "redis://host:6379/0, redis+sentinel://h1:26379,h2:26379/mymaster/0 or "
    "redis+cluster://h1:6379,h2:6379 (rediss for TLS)"
)
_TLS_OPTIONS = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_check_hostname")
_SENTINEL_OPTIONS = ("sentinel_username", "sentinel_password")
_OPTIONS = ("username", "password", *_SENTINEL_OPTIONS, *_TLS_OPTIONS)


class Kind(StrEnum):
    """How the writer is found."""

    SINGLE = "single"
    SENTINEL = "sentinel"
    CLUSTER = "cluster"


@dataclass(frozen=True, slots=True)
class Address:
    """A server's."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Login:
    """Name and password; empty: none."""

    username: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class StoreUrl:
    """A parsed URL. `tls` None: plaintext; else redis-py's `ssl_…` options, possibly none."""

    kind: Kind
    seeds: tuple[Address, ...]
    database: int
    service: str
    login: Login
    sentinel_login: Login
    tls: Mapping[str, str | bool] | None


class BadStoreUrl(ValueError):
    """A URL that names no store; the text says what is wrong and never holds the password."""


def parse_store_url(url: str) -> StoreUrl:
    """The parts of a store's URL; raises BadStoreUrl."""
    scheme, separator, rest = url.partition("://")
    kind, tls = _scheme(scheme if separator else "")
    rest, _, query = rest.partition("?")
    place, _, path = rest.partition("/")
    user_info, _, hosts = place.rpartition("@")
    options = _options(query, kind, tls)
    service, database = _path(path, kind)
    return StoreUrl(
        kind=kind,
        seeds=_seeds(hosts, kind),
        database=database,
        service=service,
        login=_login(user_info, options),
        sentinel_login=Login(
            options.get("sentinel_username", ""), options.get("sentinel_password", "")
        ),
        tls=_tls(options) if tls else None,
    )


def _scheme(scheme: str) -> tuple[Kind, bool]:
    base, _, kind = scheme.partition("+")
    if base not in ("redis", "rediss") or kind not in ("", "sentinel", "cluster"):
        raise BadStoreUrl(f"write it as {_FORMS}")
    return Kind(kind or "single"), base == "rediss"


def _options(query: str, kind: Kind, tls: bool) -> dict[str, str]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    for name in options:
        if name not in _OPTIONS:
            raise BadStoreUrl(f"unknown option {name!r}; known are {', '.join(_OPTIONS)}")
        if name in _TLS_OPTIONS and not tls:
            raise BadStoreUrl(f"option {name} is for TLS; begin with rediss")
        if name in _SENTINEL_OPTIONS and kind is not Kind.SENTINEL:
            raise BadStoreUrl(f"option {name} is for redis+sentinel")
    return options


def _path(path: str, kind: Kind) -> tuple[str, int]:
    parts = [unquote(part) for part in path.split("/")] if path else []
    service = ""
    if kind is Kind.SENTINEL:
        if not parts or not parts[0]:
            raise BadStoreUrl("name the master that the Sentinels watch: …h1:26379/mymaster/0")
        service = parts.pop(0)
    if len(parts) > 1 or not (not parts or parts[0] == "" or parts[0].isdigit()):
        raise BadStoreUrl(f"the database is a number at the end, as in {_FORMS}")
    database = int(parts[0]) if parts and parts[0] else 0
    if kind is Kind.CLUSTER and database:
        raise BadStoreUrl("a cluster has database 0 only")
    return service, database


def _seeds(hosts: str, kind: Kind) -> tuple[Address, ...]:
    usual = _SENTINEL_PORT if kind is Kind.SENTINEL else _PORT
    seeds = tuple(_address(part, usual) for part in hosts.split(","))
    if kind is Kind.SINGLE and len(seeds) > 1:
        raise BadStoreUrl("several hosts need redis+sentinel or redis+cluster")
    return seeds


def _address(text: str, usual_port: int) -> Address:
    host, separator, port = text.rpartition(":")
    if not separator or text.endswith("]"):
        host, port = text, str(usual_port)
    if not port.isdigit() or not 1 <= int(port) <= _MOST_PORT:
        raise BadStoreUrl(f"a port is a number from 1 to {_MOST_PORT}, as in host:{usual_port}")
    host = host.removeprefix("[").removesuffix("]")
    if not host:
        raise BadStoreUrl("a host is missing")
    return Address(host, int(port))


def _login(user_info: str, options: Mapping[str, str]) -> Login:
    username, _, password = user_info.partition(":")
    return Login(
        options.get("username", unquote(username)), options.get("password", unquote(password))
    )


def _tls(options: Mapping[str, str]) -> dict[str, str | bool]:
    found: dict[str, str | bool] = {
        name: value for name, value in options.items() if name in _TLS_OPTIONS
    }
    if "ssl_check_hostname" in found:
        word = str(found["ssl_check_hostname"]).lower()
        if word not in ("true", "false"):
            raise BadStoreUrl("ssl_check_hostname is true or false")
        found["ssl_check_hostname"] = word == "true"
    return found
