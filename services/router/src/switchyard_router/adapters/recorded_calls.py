"""Calls as the evaluation plays them: from a call log, or from the history by its SQL URL."""

from datetime import UTC, datetime, tzinfo
from pathlib import Path

from sqlalchemy import Connection, select
from switchyard_history.tables import contact_legs

from switchyard_router.adapters.history.reading import ask_history
from switchyard_router.adapters.models.call_log import Call, LogUnreadable, read_calls
from switchyard_router.service.experiments.ports import HistoryUnreadable

_LEG = contact_legs.c
_GAVE_UP = "ABANDONED"


def recorded_calls(
    log: Path | None, history: str, tenant: str = "demo", zone: tzinfo = UTC
) -> list[Call]:
    """Calls from the one of both that is given; LogUnreadable says what is wrong.

    `zone`: whose clock cuts the history into days; a log has its own clock.
    """
    if (log is None) == (not history):
        raise LogUnreadable("give either --log PATH or --history URL, as sqlite:///history.db")
    if log is not None:
        return read_calls(log)
    try:
        return ask_history(history, lambda connection: _calls(connection, tenant, zone))
    except HistoryUnreadable as error:
        raise LogUnreadable(f"--history: {error}") from error


def _calls(connection: Connection, tenant: str, zone: tzinfo) -> list[Call]:
    """Voice legs that have ended; how long somebody waits for a call back is another matter."""
    query = (
        select(
            _LEG.agent, _LEG.answered_queue, _LEG.queue, _LEG.queued_ms, _LEG.wait_ms,
            _LEG.conversation_ms, _LEG.outcome,
        )
        .where(_LEG.tenant == tenant, _LEG.channel == "VOICE")
        .where(_LEG.queued_ms.is_not(None), _LEG.ended_ms.is_not(None))
        .order_by(_LEG.queued_ms, _LEG.contact)
    )  # fmt: skip
    rows = connection.execute(query).all()
    if not rows:
        known = connection.execute(select(_LEG.tenant).distinct().order_by(_LEG.tenant)).scalars()
        raise LogUnreadable(
            f"--tenant: the history holds no finished call of {tenant!r}; "
            f"it has contacts of {', '.join(map(repr, known)) or 'nobody'}"
        )
    return [
        Call(
            type=row.answered_queue or row.queue or "",
            joined=_clock(row.queued_ms, zone),
            waited=max(0, row.wait_ms or 0) / 1000,
            agent=row.agent or "",
            seconds=(row.conversation_ms or 0) / 1000,
            gave_up=row.outcome == _GAVE_UP,
        )
        for row in rows
    ]


def _clock(time_ms: int, zone: tzinfo) -> float:
    """A moment by the clock of a zone, as seconds since 1970 if that were UTC."""
    return datetime.fromtimestamp(time_ms / 1000, zone).replace(tzinfo=UTC).timestamp()
