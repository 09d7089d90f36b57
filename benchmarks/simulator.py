"""How many calls the simulator plays in a second of CPU time, beside simpy and ciw.

Run: `make bench BENCH=simulator ARGS='--calls 100000'` (half a minute). All three play an M/M/30
at 90 % load; ours and simpy the same calls, so that every wait can be compared; ciw draws its own.
Ours also plays what a centre really is: five kinds of calls, agents of different skills and speed,
impatient callers, wrap-up, under four policies; and the same with plans of two steps by level,
overflow, breaks, and offers that ring, are declined and missed. Ends with a JSON line.
"""

import argparse
import json
import time
from collections.abc import Generator
from dataclasses import replace
from typing import Any

import ciw
import numpy as np
import simpy
from numpy.typing import NDArray
from switchyard_router.domain.evaluation.centre import Answering, Centre, Group, Kind
from switchyard_router.domain.evaluation.contenders import of_policy
from switchyard_router.domain.evaluation.days import Day, Luck, Presence, Staff
from switchyard_router.domain.evaluation.drawing import invented
from switchyard_router.domain.evaluation.floor import Floor
from switchyard_router.domain.plans import Plan, Step
from switchyard_router.domain.queues import Target, TargetKind
from switchyard_router.domain.skills import SkillNeed

AGENTS, LOAD, MEAN_S = 30, 0.9, 180.0
KINDS = ("sales", "billing", "orders", "returns", "technical")

type Floats = NDArray[np.float64]


def compared(calls: int) -> dict[str, float]:
    """Our floor, simpy and ciw on the same model."""
    draw = np.random.default_rng(1)
    arrive = np.cumsum(draw.exponential(MEAN_S / AGENTS / LOAD, calls))
    noise = draw.exponential(1.0, calls)
    begun = time.process_time()
    ours = on_floor(arrive, noise)
    mine_s = time.process_time() - begun
    begun = time.process_time()
    theirs = on_simpy(arrive, noise * MEAN_S)
    simpy_s = time.process_time() - begun
    begun = time.process_time()
    served = on_ciw(float(arrive[-1]))
    ciw_s = time.process_time() - begun
    return {
        "sim_calls_per_cpu_second": round(calls / mine_s),
        "sim_speedup_vs_simpy": round(simpy_s / mine_s, 2),
        "sim_speedup_vs_ciw": round(ciw_s / served / (mine_s / calls), 2),
        "sim_largest_difference_s": float(np.abs(ours - theirs).max()),
        "sim_mean_wait_s": round(float(ours.mean()), 3),
    }


def on_floor(arrive: Floats, noise: Floats) -> Floats:
    """Waits of one kind of calls with agents who are always there."""
    means = np.full((1, AGENTS), MEAN_S)
    staff = Staff(tuple(f"agent{row}" for row in range(AGENTS)), ("all",), means > 0, means)
    kind, nothing = np.zeros(len(arrive), dtype=np.int64), np.zeros(len(arrive))
    there = tuple(Presence(row, 0.0, 1e9) for row in range(AGENTS))
    day = Day("", arrive, kind, nothing, nothing > 0, there, means)
    luck = Luck(arrive, kind, noise, np.full(len(arrive), np.inf))
    return Floor(day, luck, staff, of_policy("longest_idle")).play().waited_s


def on_simpy(arrive: Floats, service: Floats) -> Floats:
    """The same with simpy: a store hands out the agent who was given back first."""
    waits = np.zeros(len(arrive))
    world = simpy.Environment()
    agents = simpy.Store(world)
    agents.items.extend(range(AGENTS))

    def call(at: int) -> Generator[simpy.Event, Any, Any]:
        agent = yield agents.get()
        waits[at] = world.now - arrive[at]
        yield world.timeout(service[at])
        yield agents.put(agent)

    def source() -> Generator[simpy.Event, Any, Any]:
        for at, moment in enumerate(arrive.tolist()):
            yield world.timeout(max(0.0, moment - world.now))
            world.process(call(at))

    world.process(source())
    world.run()
    return waits


def on_ciw(seconds: float) -> int:
    """The same model with ciw, and how many calls it served."""
    ciw.seed(1)
    network: Any = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(rate=AGENTS * LOAD / MEAN_S)],
        service_distributions=[ciw.dists.Exponential(rate=1 / MEAN_S)],
        number_of_servers=[AGENTS],
    )
    world: Any = ciw.Simulation(network)
    world.simulate_until_max_time(seconds)
    return len(world.get_all_records())


def real(calls: int) -> Centre:
    """Five kinds, 30 agents in six groups who serve one to five of them, callers who give up."""
    hourly = AGENTS * 3600 * LOAD / MEAN_S / len(KINDS)
    kinds = tuple(
        Kind(name, (hourly,) * 24, MEAN_S * (0.8 + 0.1 * place), 0.9, 240.0)
        for place, name in enumerate(KINDS)
    )
    groups = tuple(
        Group(f"group{size}", 5, KINDS[: 1 + size % 5] if size % 2 else KINDS[-1 - size % 5 :],
              0.8 + 0.07 * size)
        for size in range(6)
    )  # fmt: skip
    return Centre(kinds, groups, days=max(1, round(calls / (hourly * len(KINDS) * 24))))


def whole(calls: int) -> Centre:
    """The same with everything a floor does: levels, plans, breaks, offers that fail."""
    plain = real(calls)
    overflow = Target(TargetKind.QUEUE, KINDS[0])
    kinds = tuple(
        replace(
            kind,
            plan=Plan(
                kind.name,
                1,
                (
                    Step((SkillNeed(kind.name, 6),), expires_after_ms=30_000),
                    Step((SkillNeed(kind.name, 2),), expires_after_ms=60_000, priority_delta=20),
                ),
                None if kind.name == KINDS[0] else overflow,
            ),
        )
        for kind in plain.kinds
    )
    groups = tuple(
        replace(
            group,
            skills={name: 2 + (3 * number + place) % 8 for place, name in enumerate(group.serves)},
            breaks=((10.0 + number / 4, 10.25 + number / 4),),
            declines=0.02,
            misses=0.03,
            pauses=0.05,
            pause_s=60.0,
        )
        for number, group in enumerate(plain.groups)
    )
    return replace(plain, kinds=kinds, groups=groups, answering=Answering(answer_s=3.0))


def general(centre: Centre) -> dict[str, int]:
    """Calls a CPU second of a centre, by policy."""
    made = invented(centre, seed=1, wrap_up_s=12.0)
    found = {}
    for name in ("longest_idle", "least_flexible_first", "predictive", "in_time"):
        floor = Floor(made.day, made.luck, made.staff, of_policy(name), rules=made.rules)
        begun = time.process_time()
        floor.play()
        found[name] = round(len(made.luck.arrive_s) / (time.process_time() - begun))
    return found


def main() -> None:
    """Measure, and print the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=100_000)
    asked = parser.parse_args()
    found = {
        **compared(asked.calls),
        "general_calls_per_cpu_second": general(real(asked.calls)),
        "whole_calls_per_cpu_second": general(whole(asked.calls)),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
