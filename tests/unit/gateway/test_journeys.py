"""What the bot's events show of where customers go."""

from collections.abc import Sequence
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_gateway.domain.journeys import (
    ENDS,
    OPEN,
    Journey,
    JourneyLog,
    Stop,
    TurnSeen,
    count,
    without_repeats,
)
from switchyard_gateway.domain.sankey import MORE, Mark, layout

pytestmark = pytest.mark.unit

GREET, ASK, DONE = (
    Stop("", "greet"),
    Stop("order_status", "ask.order_number"),
    Stop("order_status", "done"),
)
journeys = st.lists(
    st.builds(
        Journey,
        st.lists(st.sampled_from([GREET, ASK, DONE, Stop("", "fallback")]), max_size=12).map(tuple),
        st.sampled_from(ENDS),
    ),
    max_size=30,
)


def turn(
    number: int, stop: Stop = GREET, conversation: str = "c1", outcome: str = "answered"
) -> TurnSeen:
    return TurnSeen(conversation, number, stop.step, stop.flow, stop.step, outcome)


def test_turns_are_put_in_order_and_counted_once() -> None:
    log = JourneyLog()
    for number in (3, 1, 2, 2, 3):
        log.saw_turn(turn(number, (GREET, ASK, DONE)[number - 1]))
    log.saw_end("c1", "self_served")
    assert log.turns == 3
    assert log.journeys() == [Journey((GREET, ASK, DONE), "self_served")]


def test_a_conversation_without_an_end_is_open() -> None:
    log = JourneyLog()
    log.saw_turn(turn(1))
    log.saw_turn(turn(1, conversation="c2"))
    log.saw_end("c2", "an outcome of a later release")
    assert [journey.end for journey in log.journeys()] == [OPEN, OPEN]


def test_outside_of_flows_the_intent_counts_unless_nothing_was_understood() -> None:
    assert turn(1, GREET).stop == GREET
    assert turn(1, GREET, outcome="fallback").stop == Stop("", "fallback")
    assert turn(1, ASK, outcome="fallback").stop == ASK


def test_a_conversation_that_never_ends_does_not_grow_for_ever() -> None:
    log = JourneyLog()
    for number in range(10_000):
        log.saw_turn(turn(number))
    assert log.turns == len(log.journeys()[0].stops) < 1000


def test_loops_leaves_and_containment() -> None:
    paths = count(
        [
            Journey((ASK, ASK, GREET, ASK), "left"),
            Journey((ASK, DONE), "self_served"),
            Journey((ASK, DONE), "self_served"),
            Journey((ASK,), "handed_over"),
            Journey((GREET,)),
        ]
    )
    asked = next(one for one in paths.stops if one.stop == ASK)
    assert (asked.visits, asked.journeys, asked.loops) == (6, 4, 2)
    assert asked.ends == {"left": 1, "handed_over": 1}
    assert paths.contained == 0.5
    assert paths.whole[0] == ((ASK, DONE), "self_served", 2)
    assert paths.steps[ASK, DONE] == 2


def test_nothing_is_contained_before_anything_ended() -> None:
    assert count([Journey((GREET,))]).contained is None


@given(journeys)
def test_every_turn_and_journey_is_counted(given_journeys: list[Journey]) -> None:
    paths = count(given_journeys)
    assert sum(one.visits for one in paths.stops) == paths.turns
    assert sum(paths.ends.values()) == paths.journeys == len(given_journeys)
    ended = sum(sum(one.ends.values()) for one in paths.stops)
    assert ended == sum(1 for journey in given_journeys if journey.stops)


@given(st.lists(st.sampled_from([GREET, ASK, DONE])))
def test_runs_become_one_stop(stops: Sequence[Stop]) -> None:
    assert list(without_repeats(stops)) == [stop for stop, _ in groupby(stops)]


@given(journeys, st.integers(2, 6), st.integers(1, 4))
def test_the_picture_keeps_every_journey(
    given_journeys: list[Journey], columns: int, most: int
) -> None:
    sankey = layout(given_journeys, columns, most)
    ends = sum(node.size for node in sankey.nodes if node.mark.end)
    assert ends == sum(1 for journey in given_journeys if journey.stops)
    for node in sankey.nodes:
        into = sum(band.size for band in sankey.bands if band.target == node)
        out = sum(band.size for band in sankey.bands if band.source == node)
        assert into == (node.size if node.column else 0)
        assert out == (0 if node.mark.end else node.size)
        stops = [n for n in sankey.nodes if n.column == node.column and not n.mark.end]
        assert len(stops) <= most + 1


def test_what_is_beyond_the_last_column_is_shown_as_more() -> None:
    stops = tuple(Stop("flow", str(number)) for number in range(9))
    sankey = layout([Journey(stops, "left")], columns=4)
    assert [node.mark for node in sankey.nodes] == [
        *(Mark(stop=stop) for stop in stops[:3]),
        Mark(stop=MORE),
        Mark(end="left"),
    ]
