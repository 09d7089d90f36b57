"""Services out of the history, as the trainer needs them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, create_engine, select
from sqlalchemy.exc import SQLAlchemyError
from switchyard_history.tables import contact_legs

from switchyard_router.adapters.models.call_log import LogUnreadable, Service
from switchyard_router.domain.handle_time_table import OVERLONG_ABOVE_SECONDS

_LEG = contact_legs.c


def services_of_history(url: str, tenant: str, zone: ZoneInfo) -> list[Service]:
    """Services of a tenant by their start; LogUnreadable says what is wrong with the history.

    Legs without an agent, a time, or with conversations of 0 s or over an hour are none. How many
    waited then is not kept in the history: all queues count as empty.
    """
    try:
        engine = create_engine(url)
        try:
            with engine.connect() as connection:
                return _services(connection, tenant, zone)
        finally:
            engine.dispose()
    except (SQLAlchemyError, ImportError) as error:
        raise LogUnreadable(f"--history: {error}; give a URL as sqlite:///PATH") from error


def _services(connection: Connection, tenant: str, zone: ZoneInfo) -> list[Service]:
    query = (
        select(
            _LEG.agent, _LEG.answered_queue, _LEG.queue, _LEG.channel, _LEG.answered_ms,
            _LEG.conversation_ms, _LEG.wait_ms, _LEG.customer_key,
        )
        .where(_LEG.tenant == tenant, _LEG.agent != "", _LEG.answered_ms.is_not(None))
        .where(_LEG.conversation_ms > 0)
        .where(_LEG.conversation_ms <= OVERLONG_ABOVE_SECONDS * 1000)
        .order_by(_LEG.answered_ms, _LEG.contact)
    )  # fmt: skip
    return [
        Service(
            agent=row.agent,
            kind=(row.answered_queue or row.queue, row.channel),
            start_seconds=_clock(row.answered_ms, zone),
            seconds=row.conversation_ms / 1000,
            waited_seconds=max(0, row.wait_ms or 0) / 1000,
            queue_length=1,
            customer=row.customer_key,
        )
        for row in connection.execute(query)
    ]


def _clock(time_ms: int, zone: ZoneInfo) -> float:
    """A moment by the clock of a zone, as seconds since 1970 if that were UTC."""
    return datetime.fromtimestamp(time_ms / 1000, zone).replace(tzinfo=UTC).timestamp()
