"""Leaks that are planted in a real process and a real store are seen; teeth are not."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import redis.asyncio as redis

from tests.fakes.valkey.fixtures import redis_url, valkey_server
from tests.soak.findings import judged
from tests.soak.growth import Verdict
from tests.soak.plan import Plan
from tests.soak.processes import Held, held
from tests.soak.series import Recorded
from tests.soak.store import Looked, kind_of, look

__all__ = ("redis_url", "valkey_server")

pytestmark = pytest.mark.integration

_LOOKS = 160
_EVERY_SECONDS = 7.5
"""In the series; the process does a step whenever it is told to."""
_WARM_UP_SECONDS = Plan().warm_up_seconds

_KEEPS_MEMORY = "kept.append(bytearray(200_000))"
_KEEPS_DESCRIPTORS = "kept.append(open('/dev/null')) if step % 8 == 0 else None"
_KEEPS_AND_DROPS = "kept.append(bytearray(1_000_000)); kept.clear() if len(kept) > 9 else None"
_KEEPS_NOTHING = "bytearray(1_000_000)"
_PROGRAM = """
import sys
kept = []
for step, _ in enumerate(sys.stdin):
    {}
    print(flush=True)
"""


@contextmanager
def _stepping(each_step: str) -> Iterator[Callable[[], Held]]:
    """A process that does something at each call, and what it holds then."""
    with subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _PROGRAM.format(each_step)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
    ) as process:
        stdin, stdout = process.stdin, process.stdout
        assert stdin is not None
        assert stdout is not None

        def step() -> Held:
            stdin.write(b"\n")
            stdout.readline()
            now = held(process.pid)
            assert now is not None
            return now

        yield step


def _verdicts(each_step: str) -> dict[str, Verdict]:
    recorded = Recorded()
    with _stepping(each_step) as step:
        for number in range(_LOOKS):
            at, now = number * _EVERY_SECONDS, step()
            recorded.add("memory", "it", 1, at, now.memory_mb)
            recorded.add("descriptors", "it", 1, at, now.descriptors)
            recorded.add("threads", "it", 1, at, now.threads)
    return {one.measure: one.growth.verdict for one in judged(recorded, _WARM_UP_SECONDS)}


@pytest.mark.parametrize(
    ("each_step", "growing"),
    [
        (_KEEPS_MEMORY, ["memory"]),
        (_KEEPS_DESCRIPTORS, ["descriptors"]),
        (_KEEPS_AND_DROPS, []),
        (_KEEPS_NOTHING, []),
    ],
)
def test_sees_what_a_process_keeps(each_step: str, growing: list[str]) -> None:
    verdicts = _verdicts(each_step)
    assert [name for name, verdict in verdicts.items() if verdict is Verdict.GROWS] == growing


def test_a_process_that_is_gone_holds_nothing() -> None:
    with subprocess.Popen([sys.executable, "-I", "-S", "-c", ""]) as process:
        process.wait()
        assert held(process.pid) is None


def test_counts_children_with_their_parent() -> None:
    alone = "import sys; print(flush=True); sys.stdin.read()"
    parent = (
        "import subprocess, sys; child = subprocess.Popen("
        f"[sys.executable, '-I', '-S', '-c', {alone!r}], stdin=subprocess.PIPE); child.wait()"
    )
    with subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", parent], stdout=subprocess.PIPE, stdin=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        now = held(process.pid)
        assert now is not None
        assert now.threads == 2
        process.kill()


async def test_sees_keys_that_never_expire(redis_url: str) -> None:
    recorded, looked = Recorded(), Looked()
    async with redis.Redis.from_url(redis_url) as client:
        for number in range(_LOOKS // 4):
            await client.set(f"sy:{{demo}}:forgotten:contact-{number}", "1")
            await client.set(f"sy:{{demo}}:answer:request-{number}", "1", ex=86_400)
            await client.set("sy:{demo}:settings", "1")
            looked = await look(client)
            for kind, count in looked.lasting.items():
                recorded.add("lasting keys", kind, 0, number * 4 * _EVERY_SECONDS, count)
    growing = {one.of: one.growth.verdict for one in judged(recorded, _WARM_UP_SECONDS)}
    assert growing == {
        "sy:{demo}:forgotten:*": Verdict.GROWS,
        "sy:{demo}:settings": Verdict.STEADY,
    }
    assert looked.keys["sy:{demo}:answer:*"] == _LOOKS // 4


async def test_counts_events_that_readers_have_not_finished(redis_url: str) -> None:
    async with redis.Redis.from_url(redis_url) as client:
        await client.xgroup_create("sy:{demo}:events", "history", "0", mkstream=True)
        added = [await client.xadd("sy:{demo}:events", {"number": n}) for n in range(5)]
        await client.xreadgroup("history", "one", {"sy:{demo}:events": ">"}, count=2)
        assert isinstance(added[0], bytes)
        await client.xack("sy:{demo}:events", "history", added[0])
        looked = await look(client)
    assert looked.behind == {"sy:{demo}:events history": 4}


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("sy:{demo}:contact:01JK3", "sy:{demo}:contact:*"),
        ("sy:{demo}:events", "sy:{demo}:events"),
        ("sy:{demo}:users:queue:billing", "sy:{demo}:users:*"),
        ("tracker:01JK3", "tracker:*"),
        ("sy:{demo}:external:sip:ab@host", "sy:{demo}:external:*"),
    ],
)
def test_a_kind_is_a_key_without_ids(key: str, kind: str) -> None:
    assert kind_of(key) == kind
