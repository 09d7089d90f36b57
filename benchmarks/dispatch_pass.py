"""A dispatching pass: free agents and waiting contacts, scored, matched, ready to be reserved.

Run: `make bench BENCH=dispatch_pass`, or `python -m benchmarks.dispatch_pass`. CPU time of one
thread, the best of some runs; both ways take turns in one process.

- 500 waiting calls of one queue, and 500 agents who all become free at once. The router as it runs,
  from what changed on the board to encoded reservations, the policy being `predictive` (all terms,
  handle times from the table, eight kinds of needs, the assignment problem) and `longest_idle`.
  Beside it, mod_callcenter's way (longest-idle-agent, no needs, no scores) on SQLite; see
  mod_callcenter.py.
- One call, 100 to 5,000 agents: the time's growth as an exponent of the number (n log n: about
  1.1 in this range).
- One freed agent, 0 to 10,000 waiting.
"""

import gc
import itertools
import math
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
from switchyard_common.clock import FakeClock
from switchyard_router.domain.agents import AgentLive, AgentProfile
from switchyard_router.domain.queues import QueueProfile
from switchyard_router.domain.records import QueueTimes, Reservation, StoredEvent
from switchyard_router.domain.skills import SkillNeed
from switchyard_router.service.board import Board
from switchyard_router.service.deciding import Decider, NoFilters
from switchyard_router.service.handle_times import HandleTimes
from switchyard_router.service.matchmaking import Matchmaker
from switchyard_router.service.predictions import Limits
from switchyard_router.service.store_clock import StoreClock
from switchyard_router.service.waiting_lines import WaitingLines

from benchmarks.mod_callcenter import Agent, Member, ModCallcenter

AGENTS = WAITING = 500
SIZES = (100, 500, 1000, 2000, 5000)
LINES = (0, 100, 10_000)
LANGUAGES = ("en", "zh", "de", "fr")
NOW_MS = 1_800_000_000_000
_RUNS = 5
_TIMES = QueueTimes(0, 7_200_000, 60_000, 20_000, 0, 30_000, 14_400_000, 20_000, 1)


class _Numbers:
    """Ids that cost nothing to speak of."""

    def __init__(self) -> None:
        self._next = itertools.count()

    def new(self) -> str:
        """The next one."""
        return f"01J{next(self._next):023}"


class _NoModel:
    """No model: the table speaks."""

    def current(self) -> None:
        """None."""
        return


class _Silent:
    """Counts nothing."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_: None


class Setting:
    """A board with agents and contacts, and what dispatches on it."""

    def __init__(self, agents: int, waiting: int, policy: str) -> None:
        self.board = Board()
        self.board.queues["q"] = QueueProfile("q", "", policy, _TIMES, 1)
        for number in range(agents):
            self._add_agent(number)
        clock = StoreClock(FakeClock())
        clock.observe(NOW_MS)
        meter: Any = _Silent()
        self.handle_times = HandleTimes(self.board, clock, _NoModel(), FakeClock(), meter, Limits())
        self._learn(agents)
        decider = Decider(self.board, NoFilters(), self.handle_times)
        ids: Any = _Numbers()
        self.matchmaker = Matchmaker(self.board, decider, ids)
        self.lines = WaitingLines(self.board, decider)
        for number in range(waiting):
            self.add_contact(number)

    def all_become_free(self) -> None:
        """Everybody was busy when the contacts came, and is free now."""
        busy = AgentLive("ON_CONTACT", ready=True, seq=2, held={"x": "VOICE:active"})
        for number in range(len(self.board.agents)):
            self.board.agents.set_live(f"agent{number:05}", busy)
        self.dispatch()
        for number in range(len(self.board.agents)):
            self.free(number, seq=3)

    def _add_agent(self, number: int) -> None:
        languages = [LANGUAGES[number % 4], LANGUAGES[(number // 4) % 4]]
        skills = {f"lang.{name}": 3 + (number + at) % 8 for at, name in enumerate(languages)}
        agent = AgentProfile(
            id=f"agent{number:05}",
            display_name="",
            endpoint="sip:agent",
            skills={**skills, "billing": number % 10 + 1},
            capacity={"VOICE": 1, "CHAT": 3},
            units=0,
            queues=("q",),
            version=1,
            shift_end_ms=NOW_MS + (number % 97) * 300_000,
        )
        self.board.upsert_agent(agent)
        self.free(number)

    def free(self, number: int, seq: int = 1) -> None:
        """An agent becomes free."""
        live = AgentLive(
            "AVAILABLE",
            ready=True,
            seq=seq,
            idle_since_ms=NOW_MS - number * 777 % 600_000,
            occupancy=number % 90 / 100,
            occupancy_ms=NOW_MS - 5_000,
            offered_ms=NOW_MS - number * 991 % 900_000,
        )
        self.board.agents.set_live(f"agent{number:05}", live)

    def add_contact(self, number: int) -> None:
        """A call that waits; two kinds of needs in each of four languages."""
        needs = (SkillNeed("lang.{language}", 3), SkillNeed("billing", preferred=True, weight=2.0))
        contact: dict[str, Any] = {
            "state": "QUEUED", "queue": "q", "channel": "VOICE", "node": "", "agent": "",
            "language": LANGUAGES[number % 4], "order_ms": NOW_MS - 120_000 + number,
            "enqueue_ms": NOW_MS - 120_000 + number, "hold_until_ms": 0, "fence": 0,
            "spared_until_ms": {},
            "needs": [
                {"skill": need.skill, "min_level": need.min_level, "preferred": need.preferred,
                 "weight": need.weight}
                for need in needs[: 1 + number // 4 % 2]
            ],
        }  # fmt: skip
        event = StoredEvent("1-0", "contact.queued", f"c{number:025}", "r", NOW_MS, 1, contact)
        self.board.apply(event)

    def remove_contact(self, number: int) -> None:
        """A call ends."""
        over = {"state": "ABANDONED"}
        event = StoredEvent("1-0", "contact.abandoned", f"c{number:025}", "r", NOW_MS, 2, over)
        self.board.apply(event)

    def _learn(self, agents: int) -> None:
        for number in range(agents):
            for seconds in (120 + number % 90, 200 + number * 7 % 150):
                data = {"agent": f"agent{number:05}", "queue": "q", "channel": "VOICE",
                        "talk_ms": seconds * 1000}  # fmt: skip
                event = StoredEvent("1-0", "contact.wrap_up", f"h{number}", "r", NOW_MS, 1, data)
                self.handle_times.on_event(event)

    def dispatch(self) -> list[Reservation]:
        """One pass over what changed, up to what the store is asked."""
        found = self.matchmaker.choose(self.lines.changed(NOW_MS), NOW_MS)
        if found.broken:
            raise RuntimeError("a line broke")
        return [self.matchmaker.reservation(choice) for choice in found.choices]


def measure() -> dict[str, Any]:
    """Everything, printed as tables. `dispatch_pass_speedup`: the same strategy both ways; beside
    it `..._predictive`, which does what the other way cannot."""
    found = {**_beside_mod_callcenter(), **_growth(), **_freed()}
    print(orjson.dumps(found).decode())
    return found


def _cpu_ms[T](work: Callable[[], T]) -> tuple[float, T]:
    started = time.process_time()
    done = work()
    return (time.process_time() - started) * 1000, done


@contextmanager
def _uncollected() -> Iterator[None]:
    """The collector of garbage would charge one way for what the other left behind."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _beside_mod_callcenter() -> dict[str, Any]:
    times: dict[str, list[float]] = {"mod_callcenter": [], "predictive": [], "longest_idle": []}
    offered: dict[str, int] = {}
    for _ in range(_RUNS):
        spent, offered["mod_callcenter"] = _theirs()
        times["mod_callcenter"].append(spent)
        for policy in ("predictive", "longest_idle"):
            ours = Setting(AGENTS, WAITING, policy)
            ours.all_become_free()
            with _uncollected():
                spent, made = _cpu_ms(ours.dispatch)
            times[policy].append(spent)
            offered[policy] = len({each.agent for each in made})
    best = {name: min(each) for name, each in times.items()}
    print(f"{AGENTS} agents x {WAITING} waiting: CPU ms of a pass, best of {_RUNS}; offers made")
    for name, spent in best.items():
        ratio = best["mod_callcenter"] / spent
        print(f"  {name:15} {spent:9.2f} ms {ratio:8.1f}x {offered[name]:5}")
    return {
        "dispatch_pass_speedup": round(best["mod_callcenter"] / best["longest_idle"], 1),
        "dispatch_pass_speedup_predictive": round(best["mod_callcenter"] / best["predictive"], 1),
        "dispatch_pass_ms": {name: round(spent, 3) for name, spent in best.items()},
    }


def _theirs() -> tuple[float, int]:
    agents = [Agent(f"agent{n:05}", ("q",), 2_000 - n) for n in range(AGENTS)]
    members = [Member(f"c{n:025}", "q", 1_000 + n) for n in range(WAITING)]
    with tempfile.TemporaryDirectory() as folder:
        module = ModCallcenter(Path(folder) / "callcenter.db", agents, members)
        with _uncollected():
            spent, served = _cpu_ms(lambda: module.dispatch(3_000))
        module.close()
    return spent, len(served)


def _growth() -> dict[str, Any]:
    times: dict[int, float] = {}
    for size in SIZES:
        setting = Setting(size, 0, "predictive")
        setting.dispatch()
        spent = []
        with _uncollected():
            for number in range(100):
                setting.add_contact(number * 2)
                spent.append(_cpu_ms(setting.dispatch)[0])
                setting.remove_contact(number * 2)
        times[size] = min(spent)
    exponent = math.log(times[SIZES[-1]] / times[SIZES[0]]) / math.log(SIZES[-1] / SIZES[0])
    print("One call: CPU ms of a pass by number of free agents")
    for size, each in times.items():
        print(f"  {size:6} {each:8.3f} ms")
    print(f"  exponent {exponent:.2f} over all, {_steep(times):.2f} at the end")
    return {
        "one_to_many_ms": {str(size): round(each, 3) for size, each in times.items()},
        "one_to_many_exponent": round(exponent, 2),
        "one_to_many_exponent_at_the_end": round(_steep(times), 2),
    }


def _steep(times: dict[int, float]) -> float:
    """The exponent between the largest two sizes, where fixed costs weigh least."""
    before, last = SIZES[-2], SIZES[-1]
    return math.log(times[last] / times[before]) / math.log(last / before)


def _freed() -> dict[str, Any]:
    times: dict[int, float] = {}
    for waiting in LINES:
        setting = Setting(AGENTS, waiting, "predictive")
        busy = AgentLive("ON_CONTACT", ready=True, seq=2, held={"x": "VOICE:active"})
        for number in range(AGENTS):
            setting.board.agents.set_live(f"agent{number:05}", busy)
        setting.dispatch()
        spent = []
        with _uncollected():
            for number in range(100):
                setting.free(number, seq=3)
                spent.append(_cpu_ms(setting.dispatch)[0])
                setting.board.agents.set_live(f"agent{number:05}", replace(busy, seq=4))
        times[waiting] = min(spent)
    print(f"One agent of {AGENTS} becomes free: CPU ms of a pass by number waiting")
    for waiting, each in times.items():
        print(f"  {waiting:6} {each:8.3f} ms")
    return {"freed_agent_ms": {str(number): round(each, 3) for number, each in times.items()}}


if __name__ == "__main__":
    measure()
