"""Contacts of a comparison from the history, in columns."""

from collections.abc import Sequence, Set
from typing import Any

import numpy as np
from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection
from switchyard_history.tables import agent_intervals, contact_legs, decisions

from switchyard_router.domain.experiments.trial import Trial
from switchyard_router.service.experiments.ports import Asked, Presence

_BUSY = ("ON_CONTACT", "AFTER_CONTACT_WORK")
_READY = "AVAILABLE"


class SqlTrials:
    """Reads one tenant's history. Memory grows with the contacts asked for, about 100 B each."""

    def __init__(self, connection: AsyncConnection, tenant: str) -> None:
        self._connection = connection
        self._tenant = tenant

    async def trial(self, asked: Asked) -> Trial:
        """Every ended contact of the queue; arms and kinds in the order of their names.

        By turns without those from other queues: they began to wait in another turn than that in
        which they were dealt.
        """
        legs = contact_legs.c
        which = [*self._of(asked), legs.outcome != "", legs.queued_ms.is_not(None)]
        if asked.turn_ms:
            which.append(legs.first_queue.in_((asked.queue, "")))
        rows: Sequence[Sequence[Any]] = (
            await self._connection.execute(
                select(
                    legs.arm,
                    legs.channel,
                    legs.language,
                    legs.needs,
                    legs.queued_ms,
                    func.coalesce(legs.wait_ms, 0),
                    func.coalesce(legs.conversation_ms, 0),
                    func.coalesce(legs.wrap_up_ms, 0),
                    legs.answered_ms,
                )
                .where(*which)
                .order_by(legs.queued_ms, legs.contact)
            )
        ).all()
        return _trial(rows, asked.turn_ms)

    async def periods(self, asked: Asked, arms: Sequence[str]) -> Set[int]:
        """Lengths of the turns in which contacts were dealt these arms (none: any), 0: no turn."""
        legs = contact_legs.c
        dealt = legs.arm.in_(arms) if arms else legs.arm != ""
        found = await self._connection.execute(
            select(func.coalesce(legs.arm_period_ms, 0)).where(*self._of(asked), dealt).distinct()
        )
        return frozenset(found.scalars())

    async def shares(self, asked: Asked) -> dict[str, float]:
        """Mean propensity of each arm's decisions: within an arm the choice is certain."""
        made, legs = decisions.c, contact_legs.c
        found: Select[Any] = (
            select(made.arm, func.avg(made.propensity))
            .join(contact_legs, (legs.tenant == made.tenant) & (legs.contact == made.contact))
            .where(*self._of(asked), made.arm != "", made.propensity.is_not(None))
            .group_by(made.arm)
        )
        return {arm: float(share) for arm, share in await self._connection.execute(found)}

    async def presence(self, asked: Asked) -> Presence:
        """Stretches of agents who answered for the queue; what has not ended yet is left out."""
        spans = agent_intervals.c
        agents = select(contact_legs.c.agent).where(*self._of(asked))
        rows: Sequence[Sequence[Any]] = (
            await self._connection.execute(
                select(spans.from_ms, spans.until_ms, spans.presence).where(
                    spans.tenant == self._tenant,
                    spans.agent.in_(agents),
                    spans.until_ms.is_not(None),
                    spans.until_ms > asked.since_ms,
                    spans.presence.in_((*_BUSY, _READY)),
                )
            )
        ).all()
        return Presence(
            np.array([row[0] for row in rows], dtype=np.int64),
            np.array([row[1] for row in rows], dtype=np.int64),
            np.array([row[2] in _BUSY for row in rows], dtype=np.float64),
        )

    def _of(self, asked: Asked) -> tuple[Any, ...]:
        legs = contact_legs.c
        return (
            legs.tenant == self._tenant,
            legs.queue == asked.queue,
            legs.queued_ms >= asked.since_ms,
        )


def _trial(rows: Sequence[Sequence[Any]], turn_ms: int | None) -> Trial:
    arms = sorted({row[0] for row in rows})
    named = [_kind(row[1], row[2], row[3]) for row in rows]
    kinds = sorted(set(named))
    arm_at, kind_at = ({name: at for at, name in enumerate(known)} for known in (arms, kinds))
    arrived = np.array([row[4] for row in rows], dtype=np.int64)
    talk, wrap = (np.array([row[at] for row in rows], dtype=np.float64) / 1000 for at in (6, 7))
    return Trial(
        arms=tuple(arms),
        kinds=tuple(kinds),
        arm=np.array([arm_at[row[0]] for row in rows], dtype=np.int64),
        kind=np.array([kind_at[name] for name in named], dtype=np.int64),
        turn=arrived // turn_ms if turn_ms else np.arange(len(rows), dtype=np.int64),
        arrived_ms=arrived,
        wait_seconds=np.array([row[5] for row in rows], dtype=np.float64) / 1000,
        talk_seconds=talk,
        handle_seconds=talk + wrap,
        answered=np.array([row[8] is not None for row in rows], dtype=np.bool_),
    )


def _kind(channel: str, language: str, needs: list[dict[str, Any]] | None) -> str:
    skills = sorted(str(need.get("skill", "")) for need in needs or ())
    return " ".join(part for part in (channel, language, *skills) if part) or "–"
