"""Places in a log as whole numbers that sort as the log does.

An entry of a Redis Stream is named `{ms}-{n}`; both fit into 63 bits: 43 for the milliseconds, good
until the year 2248, and 20 for the entries of one millisecond.
"""

_WITHIN_BITS = 20
_MOST_WITHIN = (1 << _WITHIN_BITS) - 1


def position_of(entry_id: str) -> int:
    """The place of an entry. Raises ValueError for what is no entry's id."""
    ms, _, within = entry_id.partition("-")
    return (int(ms) << _WITHIN_BITS) | min(int(within or 0), _MOST_WITHIN)


def entry_of(position: int) -> str:
    """The entry at a place."""
    return f"{position >> _WITHIN_BITS}-{position & _MOST_WITHIN}"


def position_at(time_ms: int) -> int:
    """The first place of a millisecond: for rows that came from elsewhere than a log."""
    return time_ms << _WITHIN_BITS
