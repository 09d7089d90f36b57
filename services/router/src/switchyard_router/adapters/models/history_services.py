"""Services out of the history, as the trainer needs them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, Select, select
from switchyard_history.tables import contact_legs, surveys

from switchyard_router.adapters.history.reading import ask_history
from switchyard_router.adapters.models.call_log import LogUnreadable, Service
from switchyard_router.adapters.models.outcome_rows import Outcome
from switchyard_router.domain.handle_time_table import OVERLONG_ABOVE_SECONDS
from switchyard_router.service.experiments.ports import HistoryUnreadable

_LEG, _SURVEY = contact_legs.c, surveys.c


def services_of_history(url: str, tenant: str, zone: ZoneInfo) -> list[Service]:
    """Services of a tenant by their start; LogUnreadable says what is wrong with the history.

    Legs without an agent, a time, or with conversations of 0 s or over an hour are none. How many
    waited then is not kept in the history: all queues count as empty.
    """
    rows = _read(url, lambda connection: connection.execute(_legs(tenant)).all())
    return [_service(row, zone) for row in rows]


def outcomes_of_history(
    url: str, tenant: str, zone: ZoneInfo
) -> list[tuple[Service, Outcome | None]]:
    """The same services, and what customers answered when asked whether it had been resolved.

    The last answer on a contact counts, for the agent it was given about. LogUnreadable as above.
    """
    legs, answers = _read(
        url,
        lambda connection: (
            connection.execute(_legs(tenant)).all(),
            connection.execute(_answers(tenant)).all(),
        ),
    )
    told = {
        (row.contact, row.agent): Outcome(row.resolved, _clock(row.time_ms, zone))
        for row in answers
    }
    return [(_service(row, zone), told.get((row.contact, row.agent))) for row in legs]


def _read[T](url: str, question: Callable[[Connection], T]) -> T:
    try:
        return ask_history(url, question)
    except HistoryUnreadable as error:
        raise LogUnreadable(f"--history: {error}") from error


def _legs(tenant: str) -> Select[Any]:
    return (
        select(
            _LEG.contact, _LEG.agent, _LEG.answered_queue, _LEG.queue, _LEG.channel,
            _LEG.answered_ms, _LEG.conversation_ms, _LEG.wait_ms, _LEG.customer_key,
        )
        .where(_LEG.tenant == tenant, _LEG.agent != "", _LEG.answered_ms.is_not(None))
        .where(_LEG.conversation_ms > 0)
        .where(_LEG.conversation_ms <= OVERLONG_ABOVE_SECONDS * 1000)
        .order_by(_LEG.answered_ms, _LEG.contact)
    )  # fmt: skip


def _answers(tenant: str) -> Select[Any]:
    return (
        select(_SURVEY.contact, _SURVEY.agent, _SURVEY.resolved, _SURVEY.time_ms)
        .where(_SURVEY.tenant == tenant, _SURVEY.agent != "", _SURVEY.resolved.is_not(None))
        .where(_SURVEY.time_ms.is_not(None))
        .order_by(_SURVEY.time_ms, _SURVEY.position)
    )


def _service(row: Row[Any], zone: ZoneInfo) -> Service:
    return Service(
        agent=row.agent,
        kind=(row.answered_queue or row.queue, row.channel),
        start_seconds=_clock(row.answered_ms, zone),
        seconds=row.conversation_ms / 1000,
        waited_seconds=max(0, row.wait_ms or 0) / 1000,
        queue_length=1,
        customer=row.customer_key,
    )


def _clock(time_ms: int, zone: ZoneInfo) -> float:
    """A moment by the clock of a zone, as seconds since 1970 if that were UTC."""
    return datetime.fromtimestamp(time_ms / 1000, zone).replace(tzinfo=UTC).timestamp()
