"""Predictions come from the model, else from the table, else from nobody, and say so."""

import math
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from structlog.testing import capture_logs
from switchyard_common.clock import FakeClock
from switchyard_router.domain.contacts import Waiting
from switchyard_router.domain.handle_time_table import HandleTimeTable
from switchyard_router.service.handle_times import HandleTimes
from switchyard_router.service.predictions import Limits, ModelInfo

from tests.fakes.router.core import (
    Meter,
    board,
    contact_event,
    event,
    profile,
    ready,
    store_clock,
    waiting,
)
from tests.fakes.router.models import TRAINED_UNTIL, Models, PlainModel

pytestmark = pytest.mark.unit

BOTH = np.array([0, 1])
LIMITS = Limits(budget_seconds=0.01, pause_seconds=60.0, most_age_seconds=30 * 86_400.0)


class SlowModel(PlainModel):
    """Takes as long as it is told."""

    def __init__(self, timer: FakeClock, seconds: float) -> None:
        super().__init__()
        self.timer = timer
        self.takes = seconds

    def seconds(self, *args: Any) -> Any:
        self.timer.advance(self.takes)
        return super().seconds(*args)


class Case:
    """Handle times for ann and bob, and what they are made of."""

    def __init__(self, model: PlainModel | None = None, timer: FakeClock | None = None) -> None:
        self.timer, self.meter, self.models = timer or FakeClock(), Meter(), Models(model)
        self.board = board(profile("ann"), profile("bob"))
        self.clock, self.time = store_clock(int(TRAINED_UNTIL.timestamp() * 1000))
        self.times = HandleTimes(
            self.board, self.clock, self.models, self.timer, self.meter, LIMITS
        )

    def talked(self, agent: str, talk_ms: int, contact: str = "c", **changes: Any) -> None:
        """A conversation ended."""
        state = changes.pop("state", "WRAP_UP")
        over = contact_event(waiting(contact, state=state, agent=agent, **changes))
        self.times.on_event(
            event(over.type, contact, over.seq, {**over.data, "talk_ms": str(talk_ms)})
        )

    def reason(self, *contacts: Waiting) -> str:
        return self.times.predict(contacts or (waiting("c1"),), BOTH).reason


def test_a_model_predicts_for_every_contact_and_agent() -> None:
    case = Case(PlainModel())
    case.talked("bob", 60_000)
    found = case.times.predict([waiting("c1"), waiting("c2", channel="CHAT")], BOTH)
    assert found.seconds.shape == (2, 2)
    assert (found.model_version, found.degraded, found.reason) == ("plain@1", False, "")
    assert found.seconds[0, 1] == found.seconds[0, 0] + 2
    assert found.seconds[1, 1] == found.seconds[1, 0] + 1
    assert case.meter.of("degraded") == []
    assert len(case.meter.of("predicted")) == 1


def test_contacts_that_are_alike_to_the_model_cost_one_look() -> None:
    model = PlainModel()
    case = Case(model)
    now = case.clock.now_ms()
    some = [waiting(f"c{n}", order_ms=now - n, enqueue_ms=now - n) for n in range(5)]
    case.times.predict([*some, waiting("x", order_ms=now, channel="CHAT")], BOTH)
    assert model.asked == 2


def test_without_a_model_the_table_answers_and_says_that_it_is_degraded() -> None:
    case = Case()
    for _ in range(30):
        case.talked("ann", 60_000, f"a{_}")
        case.talked("bob", 600_000, f"b{_}")
    found = case.times.predict([waiting("c1")], BOTH)
    assert found.seconds[0, 0] < found.seconds[0, 1]
    assert (found.model_version, found.degraded, found.reason) == ("", True, "MODEL_UNAVAILABLE")
    assert case.meter.of("degraded") == [["MODEL_UNAVAILABLE"]]


def test_without_model_and_history_nobody_is_known_and_all_are_equal() -> None:
    found = Case().times.predict([waiting("c1")], BOTH)
    assert (found.known, found.degraded, found.reason) == (False, True, "NO_HISTORY")
    assert found.seconds[0, 0] == found.seconds[0, 1] > 0


def test_means_are_not_degraded_when_they_are_what_was_asked_for() -> None:
    case = Case()
    case.talked("ann", 60_000)
    found = case.times.means([waiting("c1")], BOTH)
    assert (found.degraded, found.reason, found.known) == (False, "", True)


def test_a_model_older_than_its_limit_is_not_asked() -> None:
    model = PlainModel()
    case = Case(model)
    case.talked("ann", 60_000)
    assert case.reason() == ""
    case.time.advance(LIMITS.most_age_seconds + 1)
    assert case.reason() == "MODEL_STALE"
    case.models.model = PlainModel(ModelInfo("new@2", TRAINED_UNTIL + timedelta(days=20)))
    assert case.reason() == ""


def test_one_slow_answer_is_used_and_three_in_a_row_switch_the_model_off_for_a_while() -> None:
    timer = FakeClock()
    model = SlowModel(timer, 0.02)
    case = Case(model, timer)
    case.talked("ann", 60_000)
    assert [case.reason() for _ in range(3)] == ["", "", ""]
    assert case.meter.of("switched_off") == [["MODEL_SLOW"]]
    model.takes = 0.0
    assert case.reason() == "MODEL_SLOW"
    assert model.asked == 3
    timer.advance(LIMITS.pause_seconds)
    assert case.reason() == ""


def test_slow_answers_with_fast_ones_between_them_do_not_switch_it_off() -> None:
    timer = FakeClock()
    model = SlowModel(timer, 0.0)
    case = Case(model, timer)
    for takes in (0.02, 0.02, 0.0) * 3:
        model.takes = takes
        assert case.times.predict([waiting("c1")], BOTH).model_version == "plain@1"


def test_a_request_beyond_the_budget_ends_early_and_is_the_tables_alone() -> None:
    timer = FakeClock()
    model = SlowModel(timer, 0.006)
    case = Case(model, timer)
    case.talked("ann", 60_000)
    kinds = ("VOICE", "CHAT", "EMAIL", "TASK", "VIDEO")
    contacts = [waiting(kind, channel=kind) for kind in kinds]
    found = case.times.predict(contacts, BOTH)
    assert (found.model_version, found.degraded, found.reason) == ("", True, "MODEL_SLOW")
    assert model.asked == 2
    assert found.seconds == pytest.approx(case.times.means(contacts, BOTH).seconds)


def test_many_agents_have_a_longer_budget() -> None:
    timer = FakeClock()
    case = Case(SlowModel(timer, 0.02), timer)
    for _ in range(4):
        found = case.times.predict([waiting("c1")], np.zeros(3000, dtype=np.intp))
        assert found.model_version == "plain@1"


def test_another_model_is_tried_at_once_while_a_slow_one_rests() -> None:
    timer = FakeClock()
    case = Case(SlowModel(timer, 0.02), timer)
    case.talked("ann", 60_000)
    for _ in range(3):
        case.reason()
    assert case.reason() == "MODEL_SLOW"
    case.models.model = PlainModel(ModelInfo("new@2", TRAINED_UNTIL))
    assert case.times.predict([waiting("c1")], BOTH).model_version == "new@2"


@pytest.mark.parametrize("broken", [{"error": RuntimeError("broken")}, {"factor": math.nan}])
def test_a_model_that_fails_is_logged_and_rests_while_contacts_are_routed(
    broken: dict[str, Any],
) -> None:
    model = PlainModel(**broken)
    case = Case(model)
    case.talked("ann", 60_000)
    with capture_logs() as logs:
        assert case.reason() == "MODEL_FAILED"
    assert [entry["event"] for entry in logs] == ["model_failed"]
    assert case.reason() == "MODEL_FAILED"
    assert model.asked == 1
    assert case.meter.of("switched_off") == [["MODEL_FAILED"]]


def test_after_a_transfer_each_agent_is_charged_with_their_own_part() -> None:
    case = Case()
    case.talked("", 100_000, state="QUEUED")
    case.talked("bob", 130_000)
    table = HandleTimeTable()
    table.observe(1, ("q", "VOICE"), 30.0)
    expected = table.seconds(("q", "VOICE"), BOTH)
    assert case.times.means([waiting("c1")], BOTH).seconds[0] == pytest.approx(expected)


def test_an_event_that_comes_again_counts_once() -> None:
    case = Case()
    case.talked("ann", 60_000)
    case.talked("ann", 60_000)
    assert case.times.features.table.observed == 1


def test_conversations_of_agents_who_are_gone_or_that_never_began_teach_nothing() -> None:
    case = Case()
    case.talked("nobody", 60_000)
    case.talked("ann", 0, "c2")
    assert case.times.features.table.observed == 0


def test_hang_ups_show_in_the_share_of_short_services() -> None:
    case = Case()
    for number in range(20):
        case.talked("ann", 3_000, f"a{number}")
        case.talked("bob", 60_000, f"b{number}")
    ann, bob = case.times.short_shares(BOTH)
    assert ann > bob


def test_occupancy_comes_from_events_and_from_the_board_at_the_start() -> None:
    case = Case()
    case.times.on_event(event("agent.state_changed", "ann", 2, {"occupancy": 0.6}))
    case.times.on_event(event("agent.state_changed", "nobody", 2, {"occupancy": 0.6}))
    assert case.times.features.of_agents(BOTH)[:, -1].tolist() == [0.6, 0.0]
    case.board.agents.set_live("bob", ready(seq=9, occupancy=0.25))
    case.times.start(HandleTimeTable())
    assert case.times.features.of_agents(BOTH)[:, -1].tolist() == [0.0, 0.25]


def test_the_hour_is_that_of_the_models_time_zone() -> None:
    seen: list[tuple[float, ...]] = []

    class Curious(PlainModel):
        def seconds(self, contact: Any, *args: Any) -> Any:
            seen.append(tuple(contact))
            return super().seconds(contact, *args)

    for zone in ("UTC", "Asia/Shanghai"):
        case = Case(Curious(ModelInfo("m@1", TRAINED_UNTIL, zone)))
        case.times.predict([waiting("c1", order_ms=case.clock.now_ms())], BOTH)
    # 2026-01-01 00:00 UTC was a Thursday, and 8 in the morning in Shanghai.
    assert [contact[2:4] for contact in seen] == [(0.0, 3.0), (8.0, 3.0)]


def test_an_agent_added_later_is_predicted_too() -> None:
    case = Case()
    for number in range(200):
        case.board.upsert_agent(profile(f"n{number}"))
    case.talked("n199", 60_000)
    assert case.times.means([waiting("c")], np.array([201])).known


def test_a_customer_who_was_served_is_known_on_coming_back() -> None:
    case = Case()
    for number, state in enumerate(("WRAP_UP", "QUEUED")):
        over = contact_event(waiting(f"c{number}", state=state, agent="ann"))
        data = {**over.data, "talk_ms": "60000" if not number else "0", "customer_key": "k"}
        case.times.on_event(event(over.type, f"c{number}", over.seq, data))
    assert case.times.outlook(waiting("c1"), 0).facts.customer.services == 1
    assert case.times.outlook(waiting("stranger"), 0).facts.customer.services == 0


def test_of_contacts_that_are_over_nothing_is_remembered_but_their_customers() -> None:
    case = Case()
    for number in range(100):
        for state in ("QUEUED", "WRAP_UP", "COMPLETED"):
            change = contact_event(waiting(f"c{number}", state=state, agent="ann"))
            data = {**change.data, "talk_ms": "0", "customer_key": f"k{number}"}
            case.times.on_event(event(change.type, f"c{number}", change.seq, data))
    held = [table for table in vars(case.times).values() if isinstance(table, dict)]
    assert not any(held)
