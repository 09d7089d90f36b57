"""What a training row is told does not change with anything that was not known then."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_router.adapters.models.call_log import Service
from switchyard_router.adapters.models.training_rows import training_rows

pytestmark = pytest.mark.unit


def invented(seed: int, count: int = 60) -> list[Service]:
    rng = np.random.default_rng(seed)
    starts = np.sort(rng.uniform(0, 6 * 3600, count))
    return [
        Service(
            agent=f"agent{rng.integers(4)}",
            kind=(f"queue{rng.integers(2)}", "VOICE"),
            start_seconds=float(start),
            seconds=float(rng.uniform(10, 600)),
            waited_seconds=float(rng.uniform(0, 60)),
            queue_length=int(rng.integers(1, 5)),
            customer=f"customer{rng.integers(6)}",
        )
        for start in starts
    ]


@given(seed=st.integers(0, 1000), at=st.integers(0, 59), seconds=st.floats(10, 3000))
def test_neither_its_own_outcome_nor_anything_later_changes_a_row(
    seed: int, at: int, seconds: float
) -> None:
    services = invented(seed)
    changed = services[:at] + [
        replace(each, seconds=seconds, agent="agent0" if number else each.agent)
        for number, each in enumerate(services[at:])
    ]
    before, after = training_rows(services), training_rows(changed)
    assert np.array_equal(before.features[: at + 1], after.features[: at + 1])
    assert np.array_equal(before.table_seconds[: at + 1], after.table_seconds[: at + 1])
    for name, guess in before.simpler.items():
        assert np.array_equal(guess[: at + 1], after.simpler[name][: at + 1])
