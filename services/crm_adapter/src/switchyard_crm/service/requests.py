"""Writes that take effect once, however often a caller repeats them.

Every RPC that writes carries a `request_id`. What was asked under it and what was answered is kept
in the transaction of the write itself: either both are stored or neither is. A repeat with the
same content gets the stored answer, another content under the same id is refused.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from switchyard_crm.domain.errors import RequestIdReused
from switchyard_crm.domain.names import TenantId

_INDEX_KIND = "request"


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """Makes a write repeatable: the caller's id of it, unique in the tenant, and its digest."""

    tenant: TenantId
    id: str
    rpc: str
    digest: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What a write came to: ids as JSON, never personal data; `new` is False for a repeat."""

    answer: str
    new: bool


class BlindIndex(Protocol):
    """The part of the vault that digests need."""

    def index(self, tenant: str, kind: str, namespace: str, value: str) -> str:
        """What stands for a value: 32 hexadecimal digits that tell nothing without the key."""
        ...


class KeptRequests(Protocol):
    """The requests kept, for sweeping. Writes keep theirs within their own transaction."""

    async def sweep(self, before: datetime, limit: int) -> int:
        """Forget at most `limit` requests older than `before`; how many. StoreUnavailable."""
        ...


def write_request(
    index: BlindIndex, tenant: TenantId, request_id: str, rpc: str, content: bytes
) -> WriteRequest:
    """A request whose digest is keyed: nobody finds a comment or number by trying.

    `content` is the request as it came, without its id, in one form (deterministic protobuf).
    """
    plain = hashlib.sha256(content).hexdigest()
    return WriteRequest(tenant, request_id, rpc, index.index(tenant, _INDEX_KIND, rpc, plain))


def repeated(request: WriteRequest, digest: str, answer: str) -> Answered:
    """The answer to a request whose id is stored with `digest` and `answer`.

    Raises RequestIdReused if it was another request.
    """
    if request.digest != digest:
        raise RequestIdReused
    return Answered(answer, new=False)


def sweep_before(now: datetime, kept_days: float) -> datetime:
    """Requests older than this may be forgotten."""
    return now - timedelta(days=kept_days)
