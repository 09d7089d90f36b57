"""What platforms ask to be changed about a live contact."""

from dataclasses import dataclass
from enum import StrEnum

from switchyard_router.domain.skills import SkillNeed


@dataclass(frozen=True, slots=True)
class ContactUpdate:
    """New values; None leaves a field as it is.

    `detail`: the encoded message, always. `preferred_wait_ms` counts from the change.
    """

    detail: bytes
    priority: int | None = None
    language: str | None = None
    customer: str | None = None
    needs: tuple[SkillNeed, ...] | None = None
    preferred_agent: str | None = None
    preferred_wait_ms: int | None = None
    excluded_agents: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Requeue:
    """Back to a queue (empty: the same), step 0 of a plan (empty: the queue's).

    `version` (empty: any) must be the contact's. `keep_age`: waiting time so far counts.
    """

    contact: str
    version: str
    queue: str
    plan: str
    excluded_agents: tuple[str, ...]
    keep_age: bool


class TransferMode(StrEnum):
    """How the two legs are joined; names as in the contract."""

    BLIND = "BLIND"
    CONSULT = "CONSULT"
    CONFERENCE = "CONFERENCE"


@dataclass(frozen=True, slots=True)
class Transfer:
    """Passing a conversation on: to a queue, to one agent in a queue, or outside.

    `new_id`: of the contact that is made; `version` (empty: any) must be the contact's.
    """

    contact: str
    version: str
    mode: TransferMode
    new_id: str
    queue: str = ""
    agent: str = ""
    external: str = ""


@dataclass(frozen=True, slots=True)
class CallbackWish:
    """A customer who hangs up and is called in turn. `not_before_ms` 0: at once. Personal."""

    contact: str
    number: str
    not_before_ms: int
    keep_place: bool
