"""How a comparison is told."""

import pytest
from switchyard_report.text import Text
from switchyard_router.domain.evaluation.bootstrap import Difference
from switchyard_router.domain.evaluation.contenders import of_policy
from switchyard_router.entrypoints.cli.evaluation_texts import (
    Part,
    as_json,
    beside_recorded,
    lines,
    row,
)
from switchyard_router.service.evaluation.study import Verdict

pytestmark = pytest.mark.unit

LONGER = Difference(200.0, 220.0, 10.0, 30.0)
UNCLEAR = Difference(200.0, 201.0, -30.0, 30.0)
SAME = Difference(200.0, 200.0, -1.0, 1.0)
RARE = Difference(200.0, 200.0, float("-inf"), float("inf"))
FIGURES = {
    "aht_s": Difference(200.0, 196.0, -5.0, -3.0),
    "asa_s": Difference(60.0, 59.0, -2.0, 0.0),
    "service_level": Difference(0.5, 0.52, 0.01, 0.03),
    "abandonment": Difference(0.1, 0.1, -0.01, 0.01),
}


def verdict(spread: Difference = Difference(0.1, 0.1, 0.0, 0.0), **p95: Difference) -> Verdict:  # noqa: B008
    """A policy that is a little better, with waits by kind."""
    return Verdict(of_policy("in_time"), FIGURES, p95, spread)


@pytest.mark.parametrize(
    ("judged", "english", "chinese"),
    [
        (verdict(PS=SAME, AA=RARE), "kept", "满足"),
        (verdict(PS=LONGER, PE=UNCLEAR), "broken: PS", "违反：PS"),
        (verdict(PS=SAME, PE=UNCLEAR, IN=UNCLEAR), "not known: IN, PE", "无法判断：IN、PE"),
        (verdict(Difference(0.1, 0.15, 0.04, 0.06), PS=SAME), "broken: spread", "违反：离散度"),
    ],
)
def test_the_worst_reading_is_told_with_whom_it_is_of(
    judged: Verdict, english: str, chinese: str
) -> None:
    assert row(judged)[-1] == Text(english, chinese)
    assert lines(Part("x", Text("X", "某"), [judged]), "zh")[-1].endswith(chinese)


def test_programs_get_both_readings_and_no_numbers_that_are_none() -> None:
    told = as_json(verdict(PS=LONGER, PE=UNCLEAR, AA=RARE))
    assert told["late_kinds"] == ["PS"]
    assert told["constraints_kept"] is False
    assert told["constraints_kept_by_interval"] is False
    assert told["p95_wait_s"]["PS"]["reading"] == "broken"
    assert told["p95_wait_s"]["AA"]["low"] is None
    assert as_json(verdict(PS=SAME))["constraints_kept_by_interval"] is True
    assert as_json(verdict(PS=UNCLEAR))["constraints_kept_by_interval"] is None


def test_a_gain_is_told_with_its_interval() -> None:
    assert row(verdict())[2] == "-2.00 [-2.50,\N{NO-BREAK SPACE}-1.50]"


def test_what_was_recorded_stands_beside_what_was_simulated() -> None:
    recorded = {"asa_s": 75.74, "service_level": 0.334, "abandonment": 0.234}
    told = beside_recorded(recorded, verdict())
    assert told.en.startswith("Recorded: ASA 75.7 s, service level 33.4 %, gave up 23.4 %.")
    assert "59.0 秒、服务水平 52.0%" in told.zh
