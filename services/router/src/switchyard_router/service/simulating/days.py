"""Days that a stored time is cut into."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


def day_edges_ms(from_ms: int, to_ms: int, time_zone: str) -> tuple[int, ...]:
    """Where days begin by the clock of a zone, in [from, to), and the end; the first may be short.

    Raises ZoneInfoNotFoundError or ValueError for what is no zone.
    """
    zone = ZoneInfo(time_zone)
    day = datetime.fromtimestamp(from_ms / 1000, UTC).astimezone(zone).date()
    edges = [from_ms]
    while True:
        day += timedelta(days=1)
        midnight = datetime.combine(day, time(), zone).astimezone(UTC)
        edge_ms = int(midnight.timestamp() * 1000)
        if edge_ms >= to_ms:
            return (*edges, to_ms)
        edges.append(edge_ms)
