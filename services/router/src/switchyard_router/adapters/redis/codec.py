"""Between hashes in Redis and values."""

from collections.abc import Mapping
from typing import Any

import orjson

from switchyard_router.domain.records import (
    ContactRecord,
    OfferRecord,
    QueueCounts,
    StoredEvent,
)
from switchyard_router.domain.skills import SkillNeed

type Flat = list[bytes]


def flat_to_map(flat: Flat) -> dict[bytes, bytes]:
    """HGETALL's reply inside a script is a flat list."""
    return dict(zip(flat[::2], flat[1::2], strict=True))


def contact_of(fields: Mapping[bytes, bytes]) -> ContactRecord | None:
    """The contact in a hash; None for an empty hash."""
    if not fields:
        return None

    def text(name: bytes) -> str:
        return fields.get(name, b"").decode()

    def number(name: bytes) -> int:
        return int(fields.get(name, b"0") or b"0")

    return ContactRecord(
        id=text(b"id"),
        external_id=text(b"external"),
        state=text(b"state"),
        queue=text(b"queue"),
        channel=text(b"channel"),
        node=text(b"node"),
        priority=number(b"priority"),
        language=text(b"language"),
        customer=text(b"customer"),
        agent=text(b"agent"),
        offer=text(b"offer"),
        fence=number(b"fence"),
        version=number(b"version"),
        reason=text(b"reason"),
        disposition=text(b"disposition"),
        create_ms=number(b"create_ms"),
        enqueue_ms=number(b"enqueue_ms"),
        state_ms=number(b"state_ms"),
        expire_ms=number(b"expire_ms"),
        order_ms=number(b"order_ms"),
        hold_ms=number(b"hold_ms"),
        talk_ms=number(b"talk_ms"),
        initial=text(b"initial"),
        previous=text(b"previous"),
        related=text(b"related"),
        spared_until_ms=orjson.loads(fields.get(b"spared", b"{}")),
        needs=needs_of(orjson.loads(fields.get(b"needs", b"[]"))),
        detail=fields.get(b"detail", b""),
        context=fields.get(b"context", b""),
        plan=text(b"plan"),
        step=number(b"step"),
        step_ms=number(b"step_ms"),
        preferred_agent=text(b"preferred"),
        preferred_until_ms=number(b"preferred_ms"),
        excluded_agents=tuple(orjson.loads(fields.get(b"excluded") or b"[]")),
        overtaken=number(b"overtaken"),
        arm=text(b"arm"),
        attempts=number(b"attempts"),
        callback_number=text(b"number") if text(b"callback") else "",
        sent_to=text(b"sent_to"),
        parent=text(b"parent"),
    )


def offer_of(offer_id: str, fields: Mapping[bytes, bytes]) -> OfferRecord | None:
    """The offer in a hash; None for an empty hash."""
    if not fields:
        return None
    return OfferRecord(
        id=offer_id,
        contact=fields[b"contact"].decode(),
        agent=fields[b"agent"].decode(),
        state=fields[b"state"].decode(),
        fence=int(fields[b"fence"]),
        create_ms=int(fields[b"create_ms"]),
        expire_ms=int(fields[b"expire_ms"]),
        channel=fields[b"channel"].decode(),
        queue=fields[b"queue"].decode(),
        decision=fields[b"decision"].decode(),
    )


def counts_of(fields: Mapping[bytes, bytes]) -> QueueCounts:
    """The counters of a queue."""
    known = QueueCounts.__dataclass_fields__
    return QueueCounts(**{n.decode(): int(v) for n, v in fields.items() if n.decode() in known})


def event_of(entry_id: bytes, fields: Mapping[bytes, bytes]) -> StoredEvent:
    """One entry of the event log."""
    return StoredEvent(
        id=entry_id.decode(),
        type=fields[b"type"].decode(),
        subject=fields[b"subject"].decode(),
        source=fields[b"source"].decode(),
        time_ms=int(fields[b"time"]),
        seq=int(fields[b"seq"]),
        data=orjson.loads(fields[b"data"]),
        actor=fields.get(b"actor", b"").decode(),
    )


def needs_of(data: list[dict[str, Any]]) -> tuple[SkillNeed, ...]:
    """Needs from their JSON; the field names are the event's."""
    return tuple(SkillNeed(**need) for need in data)


def needs_json(needs: tuple[SkillNeed, ...]) -> bytes:
    """Needs as JSON; the field names are the event's."""
    return orjson.dumps(needs)


def names_json(names: tuple[str, ...]) -> bytes:
    """Names as a JSON list; empty for none."""
    return orjson.dumps(names) if names else b""
