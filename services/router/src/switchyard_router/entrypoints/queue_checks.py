"""What a queue must hold before it is stored."""

import re
from collections.abc import Iterable
from datetime import date
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from switchyard.router.v1 import queue_pb2
from switchyard_scoring.scoring import TERMS

from switchyard_router.domain.hours import DAY_SECONDS
from switchyard_router.domain.names import Tenant
from switchyard_router.domain.policies import POLICIES
from switchyard_router.entrypoints.checks import check_duration
from switchyard_router.entrypoints.config_limits import (
    check_count,
    check_names,
    check_number,
    check_size,
    check_target,
    check_text,
    check_whole,
)
from switchyard_router.entrypoints.problems import Problems

_DURATIONS = (
    "max_wait",
    "ring_timeout",
    "wrap_up",
    "service_level_target",
    "priority_credit",
    "connect_timeout",
    "max_handle_time",
    "break_guard",
    "callback_retry",
    "arm_period",
)
_POSITIVE = ("max_wait", "ring_timeout", "connect_timeout", "max_handle_time")
_COUNTS = {
    "max_size": 1_000_000,
    "rona_limit": 100,
    "max_overtakes": 1_000,
    "few_agents": 10_000,
    "callback_attempts": 100,
}
_MOST_WEIGHT = 1e6
_MOST_ARMS = 10
_MOST_SPANS = 70
_MOST_HOLIDAYS = 400
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_AIMS = ("queue", "agent", "external")


def check_queue(problems: Problems, queue: queue_pb2.Queue, tenant: Tenant) -> None:
    """Note everything that keeps a queue from being served as described."""
    check_size(problems, queue, "queue")
    check_text(problems, queue.display_name, "queue.display_name")
    check_names(problems, queue.display_names, "queue.display_names")
    with problems.caught():
        tenant.parse("routingPlans", queue.routing_plan, "queue.routing_plan", required=False)
    _check_times(problems, queue)
    for name, most in _COUNTS.items():
        check_whole(problems, getattr(queue, name), f"queue.{name}", 0, most)
    for name in ("service_level_goal", "occupancy_cap"):
        check_number(problems, getattr(queue, name), f"queue.{name}", 0, 1)
    _check_choice(problems, queue)
    for field, value in queue.ListFields():
        if field.name in ("no_agents", "closed", "full"):
            check_target(problems, value, f"queue.{field.name}", _AIMS, tenant)
    _check_opening(problems, queue)


def _check_times(problems: Problems, queue: queue_pb2.Queue) -> None:
    for name in _DURATIONS:
        with problems.caught():
            check_duration(getattr(queue, name), f"queue.{name}")
    for field, value in queue.ListFields():
        if field.name in _POSITIVE and value.seconds == 0 and 0 <= value.nanos < 1_000_000:
            problems.add(f"queue.{field.name}", "give at least a millisecond, or leave it out")


def _check_choice(problems: Problems, queue: queue_pb2.Queue) -> None:
    """Policy, arms and weights."""
    if queue.policy:
        check_policy(problems, queue.policy, "queue.policy")
    for term, weight in queue.weights.items():
        path = f"queue.weights[{term[:40]}]"
        if term not in TERMS:
            problems.add(path, f"no such term; there are {', '.join(TERMS)}")
        check_number(problems, weight, path, -_MOST_WEIGHT, _MOST_WEIGHT)
    _check_arms(problems, queue)


def check_policy(problems: Problems, policy: str, path: str) -> None:
    """A policy that there is."""
    if policy not in POLICIES:
        problems.add(path, f"no such policy; there are {', '.join(POLICIES)}", "UNKNOWN_POLICY")


def _check_arms(problems: Problems, queue: queue_pb2.Queue) -> None:
    check_count(problems, queue.arms, "queue.arms", _MOST_ARMS)
    names: set[str] = set()
    for index, arm in enumerate(queue.arms[:_MOST_ARMS]):
        path = f"queue.arms[{index}]"
        check_text(problems, arm.name, f"{path}.name", 40)
        if not arm.name or arm.name in names:
            problems.add(f"{path}.name", "give each arm a name of its own")
        names.add(arm.name)
        check_policy(problems, arm.policy, f"{path}.policy")
        check_number(problems, arm.share, f"{path}.share", 0, 1)
    total = sum(arm.share for arm in queue.arms)
    if queue.arms and abs(total - 1) > 1e-6:
        problems.add("queue.arms", f"shares add up to {total:g}; they must add up to 1")


def _check_opening(problems: Problems, queue: queue_pb2.Queue) -> None:
    check_count(problems, queue.opening_hours, "queue.opening_hours", _MOST_SPANS)
    check_count(problems, queue.holidays, "queue.holidays", _MOST_HOLIDAYS)
    if queue.opening_hours or queue.holidays or queue.time_zone:
        _check_zone(problems, queue.time_zone)
    for index, span in enumerate(queue.opening_hours):
        path = f"queue.opening_hours[{index}].weekday"
        check_whole(problems, span.weekday, path, 1, 7)
    _check_spans(problems, queue.opening_hours, "queue.opening_hours")
    days: set[str] = set()
    for index, day in enumerate(queue.holidays[:_MOST_HOLIDAYS]):
        path = f"queue.holidays[{index}]"
        check_text(problems, day.display_name, f"{path}.display_name")
        check_count(problems, day.hours, f"{path}.hours", 10)
        _check_date(problems, day.date, f"{path}.date")
        if day.date in days:
            problems.add(f"{path}.date", f"{day.date} is there already")
        days.add(day.date)
        same = [queue_pb2.OpeningHours(weekday=1) for _ in day.hours]
        for copy, span in zip(same, day.hours, strict=True):
            copy.opens_second, copy.closes_second = span.opens_second, span.closes_second
        _check_spans(problems, same, f"{path}.hours")


def _check_zone(problems: Problems, zone: str) -> None:
    if not zone:
        problems.add("queue.time_zone", "give the IANA time zone of the hours: Asia/Shanghai")
        return
    try:
        ZoneInfo(zone[:100])
    except (ZoneInfoNotFoundError, ValueError, OSError):
        problems.add("queue.time_zone", "no such time zone; give an IANA name: Asia/Shanghai")


def _check_date(problems: Problems, text: str, path: str) -> None:
    try:
        if not _DATE.fullmatch(text):
            raise ValueError(text)
        date.fromisoformat(text)
    except ValueError:
        problems.add(path, "give a date that exists as YYYY-MM-DD")


def _check_spans(problems: Problems, spans: Iterable[queue_pb2.OpeningHours], path: str) -> None:
    """Every span ends after it begins, within its day, and before the next one."""
    taken: list[tuple[int, int, int]] = []
    for index, span in enumerate(spans):
        opens, closes = span.opens_second, span.closes_second
        if not 0 <= opens < closes <= DAY_SECONDS:
            fix = f"give 0 to {DAY_SECONDS}, greater than opens_second; split hours at midnight"
            problems.add(f"{path}[{index}].closes_second", fix)
        elif any(
            day == span.weekday and opens < end and begin < closes for day, begin, end in taken
        ):
            problems.add(f"{path}[{index}]", "overlaps other hours of the same day")
        taken.append((span.weekday, opens, closes))
