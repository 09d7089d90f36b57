"""How much that nobody holds any more a process carries along."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.integration

_HELD = 500
_PROGRAM = f"""
import gc
from collections import deque
from weakref import WeakSet

from switchyard_common.lifecycle import run


class Conversation:
    def __init__(self, there):
        self.frames = [[self] for _ in range(4)]
        there.add(self)


async def main(lifecycle):
    there, held, most = WeakSet(), deque(maxlen={_HELD}), 0
    for _ in range(50_000):
        held.append(Conversation(there))
        most = max(most, len(there))
    print(most, gc.get_freeze_count())


raise SystemExit(run(main))
"""


@pytest.fixture(scope="module")
def counted() -> tuple[int, int]:
    """Most conversations there at once, of which 500 had not ended; objects never looked at."""
    ended = subprocess.run(
        (sys.executable, "-c", _PROGRAM), capture_output=True, text=True, check=True, timeout=120
    )
    most, unseen = map(int, ended.stdout.splitlines()[0].split())
    return most, unseen


def test_conversations_that_ended_are_not_carried_along(counted: tuple[int, int]) -> None:
    assert counted[0] < 6 * _HELD


def test_the_collector_does_not_look_at_what_was_imported(counted: tuple[int, int]) -> None:
    assert counted[1] > 10_000
