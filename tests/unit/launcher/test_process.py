"""The order of processes follows from what each needs."""

import graphlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_launcher.process import ProcessSpec, in_order

pytestmark = pytest.mark.unit


def spec(name: str, *needs: str) -> ProcessSpec:
    return ProcessSpec(name=name, argv=("/bin/true",), probe=None, needs=needs)


@given(st.permutations(range(6)), st.data())
def test_each_process_comes_after_all_it_needs(order: list[int], data: st.DataObject) -> None:
    # Needs point only from later to earlier in a hidden order, so that there is no circle.
    specs = [
        spec(str(own), *map(str, data.draw(st.sets(st.sampled_from(order[:place])))))
        if place
        else spec(str(own))
        for place, own in enumerate(order)
    ]
    names = [each.name for each in in_order(data.draw(st.permutations(specs)))]
    assert sorted(names) == sorted(each.name for each in specs)
    for each in specs:
        assert all(names.index(need) < names.index(each.name) for need in each.needs)


def test_a_process_that_is_left_out_holds_nobody_up() -> None:
    assert [each.name for each in in_order([spec("gateway", "rasa")])] == ["gateway"]


def test_a_circle_is_an_error() -> None:
    with pytest.raises(graphlib.CycleError):
        in_order([spec("a", "b"), spec("b", "a")])
