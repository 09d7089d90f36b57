"""Pages of sorted ids; the token is the last id of the page before."""

from bisect import bisect_right
from collections.abc import Sequence

from switchyard_router.domain.names import bad_field

_DEFAULT, _MOST = 100, 1000


def page(ids: Sequence[str], size: int, token: str) -> tuple[list[str], str]:
    """One page of `ids` and the token of the next, empty on the last page."""
    if not 0 <= size <= _MOST:
        raise bad_field("page_size", f"give 1 to {_MOST}, or 0 for {_DEFAULT}")
    start = bisect_right(ids, token) if token else 0
    chosen = list(ids[start : start + (size or _DEFAULT)])
    return chosen, chosen[-1] if start + len(chosen) < len(ids) else ""
