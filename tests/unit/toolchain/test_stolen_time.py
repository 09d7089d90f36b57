"""Time that the host gave to other machines, out of the kernel's counters."""

import pytest

from tests.standstill.watch import stolen

pytestmark = pytest.mark.unit

#         user nice system idle iowait irq softirq steal guest guest_nice
BEFORE = "cpu  1000 50 300 9000 20 0 10 40 5 0"


@pytest.mark.parametrize(
    ("after", "share"),
    [
        ("cpu  1200 50 300 9200 20 0 10 40 5 0", 0.0),
        ("cpu  1100 50 300 9000 20 0 10 340 5 0", 0.75),
        ("cpu  1000 50 300 9000 20 0 10 140 105 0", 1.0),
        (BEFORE, 0.0),
    ],
)
def test_the_share_is_of_all_time_that_passed(after: str, share: float) -> None:
    assert stolen(BEFORE, after) == pytest.approx(share)
