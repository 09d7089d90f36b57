"""Days to fit on, to choose by and to measure on follow each other, whole."""

from datetime import date

import numpy as np
import pytest
from switchyard_router.adapters.models.splits import TooFewRows, Until, split

pytestmark = pytest.mark.unit

DAY = 86_400
FEW = (1, 1, 1)


def test_days_are_cut_where_they_are_told_to_be() -> None:
    starts = np.arange(10, dtype=np.float64) * DAY
    found = split(starts, Until(date(1970, 1, 4), date(1970, 1, 6)), FEW)
    assert (found.choose, found.test) == (4, 6)


def test_measuring_ends_with_the_last_second_of_its_day() -> None:
    assert Until(test=date(1970, 1, 2)).end_seconds == 2 * DAY
    assert Until().end_seconds == float("inf")


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (
            (date(2026, 2, 1), date(2026, 2, 1), None),
            "--choose-until 2026-02-01 is not after --train",
        ),
        (
            (None, date(2026, 2, 2), date(2026, 2, 1)),
            "--test-until 2026-02-01 is not after --choose",
        ),
        (
            (date(2026, 2, 2), None, date(2026, 2, 1)),
            "--test-until 2026-02-01 is not after --train",
        ),
    ],
)
def test_days_in_the_wrong_order_are_refused(
    days: tuple[date | None, date | None, date | None], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        Until(*days)


def test_a_part_without_services_is_told_with_the_options_that_change_it() -> None:
    with pytest.raises(TooFewRows, match="--test-until"):
        split(np.arange(10, dtype=np.float64), Until(), FEW)
