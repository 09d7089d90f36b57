"""The certificates of one checkout: whose there are, and the folder they are kept in."""

import contextlib
import dataclasses
import datetime
import os
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from switchyard_common.settings import TlsFiles

from switchyard_launcher.authority import Authority, BadAuthority, Names, Pair, expiry, hosts_of

LOOPBACK = ("localhost", "127.0.0.1", "::1")
LAUNCHER = "launcher"
"""Who asks all processes how they are, and reads the board's events."""
_CA = "ca"
_AGENT = "agent-"
# By process as the stack calls it: its roles at the router and at the CRM adapter, least first.
# Those without roles are servers, or show that they are one of us and no more than that.
_PROCESSES = {
    "router": "platform",
    "crm_adapter": "",
    "gateway": "platform",
    "phone": "platform",
    "actions": "platform",
    "rasa": "",
    "insights": "",
    "floor": "platform+admin",
    LAUNCHER: "supervisor",
}
_PEOPLE = {"platform": "platform", "admin": "admin+supervisor"}


class Done(StrEnum):
    """What was done about a certificate."""

    MADE = "made"
    RENEWED = "renewed"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Entry:
    """One certificate of the folder."""

    name: str
    done: Done
    until: datetime.datetime
    uri: str


def wanted(tenant: str, hosts: Iterable[str], agents: Iterable[str]) -> list[Names]:
    """Everybody of a tenant: processes, a platform and an administrator outside, these agents.

    Processes are reached by `hosts`, by loopback and by their own names.
    """
    processes = [
        Names(name, (*LOOPBACK, name.replace("_", "-"), *hosts), _uri(tenant, roles, name))
        for name, roles in _PROCESSES.items()
    ]
    people = [Names(name, (), _uri(tenant, roles, name)) for name, roles in _PEOPLE.items()]
    desks = [Names(f"{_AGENT}{agent}", (), _uri(tenant, "agent", agent)) for agent in agents]
    return [*processes, *people, *desks]


class CertificateFolder:
    """PEM files: `NAME.pem`, `NAME.key` (for their owner's eyes only) and `ca.pem`, `ca.key`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def files(self, name: str) -> TlsFiles:
        """The files of one process."""
        return TlsFiles(self._path(name, "pem"), self._path(name, "key"), self._path(_CA, "pem"))

    def agents(self) -> list[str]:
        """The agents that have certificates here."""
        found = (path.stem.removeprefix(_AGENT) for path in self._folder.glob(f"{_AGENT}*.pem"))
        return sorted(found)

    def prepare(
        self,
        everybody: Iterable[Names],
        now: datetime.datetime,
        life: datetime.timedelta,
        *,
        renew: bool = False,
    ) -> list[Entry]:
        """Make what is missing and renew what runs out soon; with `renew` everything but the CA.

        The CA is made once. BadAuthority: there is one that cannot sign.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        authority = self._authority(now)
        return [self._one(authority, names, now, life, renew=renew) for names in everybody]

    def _one(
        self,
        authority: Authority,
        names: Names,
        now: datetime.datetime,
        life: datetime.timedelta,
        *,
        renew: bool,
    ) -> Entry:
        pair = self._read(names.name)
        if pair is not None and names.hosts:  # hosts that were asked for once stay
            known = dict.fromkeys((*names.hosts, *hosts_of(pair)))
            names = dataclasses.replace(names, hosts=tuple(known))
        if pair is not None and not renew and authority.still_good(pair, names, now):
            return Entry(names.name, Done.KEPT, expiry(pair), names.uri)
        done = Done.MADE if pair is None else Done.RENEWED
        pair = authority.issue(names, now, life)
        self._write(names.name, pair)
        return Entry(names.name, done, expiry(pair), names.uri)

    def _authority(self, now: datetime.datetime) -> Authority:
        try:
            kept = self._read(_CA)
            if kept is not None:
                return Authority.load(kept, now)
            if self._path(_CA, "pem").exists() or self._path(_CA, "key").exists():
                raise BadAuthority("one of its two files is missing")
        except BadAuthority as error:
            raise BadAuthority(
                f"The CA in {self._folder} cannot sign: {error}.\nIt is never replaced unasked, as "
                "nobody trusts a new one before it is told to: bring ca.pem and ca.key back, or "
                "move the folder away and make everything anew."
            ) from error
        made = Authority.make(now)
        self._write(_CA, made.pair)
        return made

    def _read(self, name: str) -> Pair | None:
        with contextlib.suppress(FileNotFoundError):
            return Pair(self._path(name, "pem").read_bytes(), self._path(name, "key").read_bytes())
        return None

    def _write(self, name: str, pair: Pair) -> None:
        _replace(self._path(name, "key"), pair.key, 0o600)
        _replace(self._path(name, "pem"), pair.certificate, 0o644)

    def _path(self, name: str, suffix: str) -> Path:
        return self._folder.absolute() / f"{name}.{suffix}"


def _replace(path: Path, content: bytes, mode: int) -> None:
    """In one step: who reads meanwhile finds the old file or the new one, never half of it."""
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def _uri(tenant: str, roles: str, subject: str) -> str:
    return f"switchyard://{tenant}/{roles}/{subject.replace('_', '-')}" if roles else ""
