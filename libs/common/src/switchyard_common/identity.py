"""Who calls: tenant, roles and subject, as a certificate or a token vouches for them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from switchyard_common.errors import DomainError, ErrorKind

SCHEME = "switchyard://"
_TENANT = re.compile(r"[a-z0-9-]{1,40}")
_SUBJECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,127}")


class Role(StrEnum):
    """What a caller may be; docs/security.md says what each may do."""

    PLATFORM = "platform"
    AGENT = "agent"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Identity:
    """A caller whose word is taken. `expires_at`: seconds since 1970, None for no end."""

    tenant: str
    roles: frozenset[Role]
    subject: str
    expires_at: float | None = None
    key: str = field(init=False, compare=False)
    """The same for the same caller, whatever it calls with: limits are counted by it."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", f"{'+'.join(sorted(self.roles))}/{self.subject}")


def make_identity(
    tenant: object, roles: Iterable[object], subject: object, expires_at: float | None = None
) -> Identity:
    """An identity from the parts somebody vouches for; UNAUTHENTICATED (BAD_IDENTITY) if one of
    them is none."""
    named = list(roles)
    known = frozenset(role for role in Role if role in named)
    if not (isinstance(tenant, str) and _TENANT.fullmatch(tenant)):
        raise _bad("the tenant may hold a-z, 0-9 and '-', 1 to 40 characters")
    if not (isinstance(subject, str) and _SUBJECT.fullmatch(subject)):
        raise _bad("the subject may hold letters, digits, '.', '_', '~', '-', 1 to 128 characters")
    if not known or len(known) != len(named):
        raise _bad(f"roles are one or more of {', '.join(Role)}")
    return Identity(tenant, known, subject, expires_at)


def certificate_identity(uris: Iterable[str]) -> Identity | None:
    """The identity in a certificate's URI names: `switchyard://{tenant}/{role}[+{role}…]/{subject}`.

    None if none of the names is of this scheme. UNAUTHENTICATED (BAD_IDENTITY) if there are several
    or if it cannot be read: a certificate that says two things says nothing.
    """
    own = [uri for uri in uris if uri.startswith(SCHEME)]
    if not own:
        return None
    parts = own[0].removeprefix(SCHEME).split("/")
    if len(own) > 1 or len(parts) != 3:
        raise _bad(f"a certificate holds one name {SCHEME}{{tenant}}/{{role}}/{{subject}}")
    return make_identity(parts[0], parts[1].split("+"), parts[2])


def development_identity(tenant: str) -> Identity:
    """Who calls a process that listens on loopback only and was given no way to tell callers."""
    return Identity(tenant, frozenset(Role), "development")


def unauthenticated(reason: str, message: str) -> DomainError:
    """Nobody vouches for the caller."""
    return DomainError(kind=ErrorKind.UNAUTHENTICATED, reason=reason, message=message)


def _bad(problem: str) -> DomainError:
    return unauthenticated("BAD_IDENTITY", f"the caller's identity cannot be read: {problem}")
