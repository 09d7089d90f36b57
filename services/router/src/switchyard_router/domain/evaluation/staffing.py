"""Agents of a described centre: who they are, when they are there, and what they may answer."""

from collections.abc import Iterator

import numpy as np

from switchyard_router.domain.agents import AgentProfile, AgentTable
from switchyard_router.domain.evaluation.centre import DAY_HOURS, Centre, Group
from switchyard_router.domain.evaluation.days import Floats, Presence, Staff
from switchyard_router.domain.evaluation.rules import CHANNEL, Habits, Rules, stages_of

_HOUR_S = 3600.0
_DAY_S = DAY_HOURS * _HOUR_S
_POINT_S = 1.0
"""What a point of priority counts in a described centre."""


def staff_of(centre: Centre) -> Staff:
    """The agents, group by group."""
    rows = _rows(centre)
    ids = tuple(
        f"{group.name}-{number + 1}" for group in centre.groups for number in range(group.agents)
    )
    serves = np.array([[kind.name in group.serves for group in rows] for kind in centre.kinds])
    true_s = np.array([[kind.handle_s * group.pace for group in rows] for kind in centre.kinds])
    return Staff(ids, tuple(kind.name for kind in centre.kinds), serves, true_s)


def agents_of(centre: Centre, staff: Staff) -> Iterator[AgentProfile]:
    """The agents as the router knows agents, one call at a time each."""
    for agent_id, group in zip(staff.ids, _rows(centre), strict=True):
        yield AgentProfile(
            id=agent_id,
            display_name=agent_id,
            endpoint=agent_id,
            skills=group.skills,
            capacity={CHANNEL: 1},
            units=1,
            queues=group.serves,
            version=1,
        )


def presences_of(centre: Centre) -> tuple[Presence, ...]:
    """When agents are there. Who works day and night also serves those who still wait when the
    last day ends."""
    return tuple(
        Presence(row, begin_s, end_s)
        for row, group in enumerate(_rows(centre))
        for begin_s, end_s in _shifts(group, centre.days)
    )


def rules_of(centre: Centre, staff: Staff, wrap_up_s: float) -> Rules:
    """What the centre's floor does; agents are as the router's table of agents has them.

    `wrap_up_s`: of kinds that do not say.
    """
    agents = AgentTable()
    for profile in agents_of(centre, staff):
        agents.upsert(profile)
    plans = {kind.name: kind.plan for kind in centre.kinds}
    stages, first = stages_of(staff.kinds, plans, agents, _POINT_S)
    return Rules(
        stages=stages,
        first=first,
        wrap_up_s=tuple(
            wrap_up_s if kind.wrap_up_s is None else kind.wrap_up_s for kind in centre.kinds
        ),
        breadth=agents.column("breadth"),
        habits=_habits(centre),
        told=not all(group.always for group in centre.groups),
    )


def _rows(centre: Centre) -> list[Group]:
    return [group for group in centre.groups for _ in range(group.agents)]


def _shifts(group: Group, days: int) -> Iterator[tuple[float, float]]:
    if group.always:
        yield 0.0, (days + 1) * _DAY_S
        return
    day_and_night = group.ends_hour - group.begins_hour >= DAY_HOURS
    for day in range(days + 1 if day_and_night else days):
        begin = group.begins_hour
        for off, on in (*sorted(group.breaks), (group.ends_hour, group.ends_hour)):
            if off > begin:
                yield day * _DAY_S + begin * _HOUR_S, day * _DAY_S + off * _HOUR_S
            begin = on


def _habits(centre: Centre) -> Habits | None:
    """How agents answer; None where all of them answer everything at once and never pause."""
    rows, answering = _rows(centre), centre.answering
    if not answering.answer_s and not any(
        group.declines or group.misses or group.pauses for group in rows
    ):
        return None

    def column(values: Iterator[float]) -> Floats:
        return np.fromiter(values, dtype=np.float64, count=len(rows))

    return Habits(
        declines=column(group.declines for group in rows),
        misses=column(group.misses for group in rows),
        pauses=column(group.pauses for group in rows),
        pause_s=column(group.pause_s for group in rows),
        answer_s=answering.answer_s,
        ring_s=answering.ring_s,
        rona_limit=answering.rona_limit,
        rona_pause_s=answering.not_ready_s,
    )
