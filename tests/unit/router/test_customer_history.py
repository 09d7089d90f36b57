"""Customers are remembered by what is known of them, shrunk, and not all of them for ever."""

import pytest
from switchyard_router.domain.customer_history import NEVER_SEEN, CustomerHistory, CustomerPast

pytestmark = pytest.mark.unit

HOUR = 3600.0


def test_nobody_and_a_stranger_have_no_past() -> None:
    history = CustomerHistory()
    history.observe("", 1.0, 0.0)
    assert history.recall("", 10.0) == history.recall("ann", 10.0) == NEVER_SEEN


def test_a_past_is_shrunk_and_its_gap_counted_in_doubling_hours() -> None:
    history = CustomerHistory()
    history.observe("ann", 0.5, 0.0)
    history.observe("ann", 0.7, HOUR)
    found = history.recall("ann", 8 * HOUR)
    assert found == CustomerPast(2, found.effect, 3.0)
    assert found.effect == pytest.approx(1.2 / 6)


def test_who_was_not_heard_of_for_longest_is_forgotten_first() -> None:
    history = CustomerHistory(most=2)
    for key in ("ann", "bob", "ann", "cid"):
        history.observe(key, 0.1, 0.0)
    assert len(history) == 2
    assert history.recall("bob", 0.0) == NEVER_SEEN
    assert history.recall("ann", 0.0).services == 2
