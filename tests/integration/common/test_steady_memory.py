"""How much that nobody holds any more a process carries along."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.integration

_HELD = 500
_OBJECTS = 6
"""Of each conversation: itself, its list of frames, the frames."""
_CONVERSATIONS = f"""
import gc
from collections import deque
from weakref import WeakSet

from switchyard_common.lifecycle import run
from switchyard_common.steady_memory import ShortLooks, keep_memory_steady


class Conversation:
    def __init__(self, there):
        self.frames = [[self] for _ in range(4)]
        there.add(self)


def talk(number):
    there, held, most = WeakSet(), deque(maxlen={_HELD}), 0
    for _ in range(number):
        held.append(Conversation(there))
        most = max(most, len(there))
    return most


"""
_PROCESS = f"""{_CONVERSATIONS}
async def main(lifecycle):
    print(talk(50_000), gc.get_freeze_count())


raise SystemExit(run(main))
"""
_EVERY_LOOK_IS_LONG = f"""{_CONVERSATIONS}
keep_memory_steady()
gc.callbacks[:] = [ShortLooks(longest_seconds=-1.0)]
imported = gc.get_freeze_count()
streams = [[[]] for _ in range(imported)]
most, at_work = talk(200_000), gc.get_freeze_count()
streams.clear()
print(most, imported, at_work, gc.get_freeze_count())
"""


def _printed(program: str) -> list[int]:
    ended = subprocess.run(
        (sys.executable, "-c", program), capture_output=True, text=True, check=True, timeout=120
    )
    return [int(number) for number in ended.stdout.splitlines()[0].split()]


@pytest.fixture(scope="module")
def counted() -> list[int]:
    """Most conversations there at once, of which 500 had not ended; objects never looked at."""
    return _printed(_PROCESS)


@pytest.fixture(scope="module")
def left_out() -> list[int]:
    """Most conversations there at once; objects imported; left out in the end, with and without
    as many streams as that."""
    return _printed(_EVERY_LOOK_IS_LONG)


def test_conversations_that_ended_are_not_carried_along(counted: list[int]) -> None:
    assert counted[0] < 6 * _HELD


def test_the_collector_does_not_look_at_what_was_imported(counted: list[int]) -> None:
    assert counted[1] > 10_000


def test_what_outlived_a_long_look_is_left_out_of_the_next(left_out: list[int]) -> None:
    _, imported, at_work, _ = left_out
    assert at_work > 2 * imported


def test_what_ended_after_a_long_look_is_found_before_memory_has_doubled(
    left_out: list[int],
) -> None:
    most, imported, *_ = left_out
    everything = 3 * imported  # what was imported, and the streams, two objects each
    assert most * _OBJECTS < 2 * everything


def test_what_is_left_out_and_ends_by_itself_is_freed_at_once(left_out: list[int]) -> None:
    _, imported, at_work, without_streams = left_out
    assert at_work - without_streams >= imported
