"""Rows of customers who asked to be forgotten: imported, but without saying who it was."""

from collections.abc import Sequence, Set
from typing import Any

from switchyard_history.forgetting import CUSTOMER_KEY, ERASED, LINKS

type Rows = list[tuple[Any, ...]]


def forget(names: Sequence[str], rows: Rows, erased: Set[str]) -> tuple[list[str], Rows, list[int]]:
    """Column names and rows with `erased` told for each, and the places of rows that changed.

    Rows of tables without a customer are returned as they are.
    """
    if CUSTOMER_KEY not in names:
        return list(names), rows, []
    key = names.index(CUSTOMER_KEY)
    places = [place for place, row in enumerate(rows) if row[key] in erased]
    links = [place for place, name in enumerate(names) if name in LINKS]
    told = [(*row, False) for row in rows]
    for place in places:
        values = ("" if at in links else value for at, value in enumerate(rows[place]))
        told[place] = (*values, True)
    return [*names, ERASED], told, places
