"""What conditions in plans cost: one evaluation, and a mask over all agents when little changed.

`.venv/bin/python -m benchmarks.expressions [agents]` prints µs of processor time, and as ratios
what it is worth to pass scalars instead of maps and to work out only what changed.
"""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import cel
from switchyard_common.clock import SystemClock
from switchyard_router.adapters.cel.compiler import CelCompiler
from switchyard_router.domain.agents import AgentLive, AgentProfile
from switchyard_router.domain.contacts import Waiting
from switchyard_router.domain.plans import Plan, Step
from switchyard_router.service.agent_filters import AgentFilters
from switchyard_router.service.board import Board
from switchyard_router.service.contact_facts import ContactFacts
from switchyard_router.service.departures import Departures
from switchyard_router.service.doors import Doors
from switchyard_router.service.expression_failures import ExpressionFailures
from switchyard_router.service.queue_facts import QueueFacts
from switchyard_router.service.store_clock import StoreClock

TEXT = 'agent.team == "gold" && agent.skills["billing"] >= 5 && !("night" in agent.queues)'
MIXED = 'agent.team == contact.language || agent.skills["billing"] > contact.priority'


class _Quiet:
    """Counts nothing."""

    def expression_failed(self, plan: str) -> None:
        """An expression gave no answer."""


class _Nobody:
    """Holds no contacts."""

    async def get_many(self, contact_ids: Sequence[str]) -> list[Any]:
        """None of them."""
        return [None] * len(contact_ids)


def main() -> None:
    """Measure and print."""
    agents = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    whole = {"agent": _facts()}
    program = cel.compile(TEXT)
    maps = _cpu_us(lambda: program.execute(whole), 5_000)
    parts = CelCompiler().agents(TEXT).conjuncts
    values = [[_at(whole, path) for path in part.paths] for part in parts]
    flat = _cpu_us(lambda: [part.holds(of) for part, of in zip(parts, values, strict=True)], 5_000)
    print(f"one evaluation of three conditions: {flat:.1f} µs; with whole maps {maps:.1f} µs")
    print(f"  scalars instead of maps: {maps / flat:.1f} times faster")
    for name, text in (("agents alone", TEXT), ("agents and contact", MIXED)):
        _masks(name, text, agents, maps)


def _masks(name: str, text: str, agents: int, whole_us: float) -> None:
    board, filters = _hall(text, agents)
    contact = Waiting("c", "QUEUED", 1, "q", "VOICE", "gold", 0, 0, priority=3, plan="p")
    cold = _cpu_us(lambda: filters.mask(contact), 1)
    warm = _cpu_us(lambda: filters.mask(contact), 2_000)

    def one_changed() -> None:
        board.agents.set_live("a7", AgentLive(seq=board.agents.lives[7].seq + 1))
        board.upsert_agent(_agent(7))
        filters.mask(contact)

    one = _cpu_us(one_changed, 500)
    print(f"mask over {agents} agents, {name}: first {cold:.0f} µs, unchanged {warm:.1f} µs,")
    print(
        f"  one agent changed {one:.1f} µs; evaluating each agent anew {agents * whole_us:.0f} µs"
    )
    print(f"  kept masks: {agents * whole_us / one:.0f} times faster")


def _hall(text: str, agents: int) -> tuple[Board, AgentFilters]:
    board, clock = Board(), StoreClock(SystemClock())
    for number in range(agents):
        board.upsert_agent(_agent(number))
    board.plans["p"] = Plan("p", 1, (Step(filter=CelCompiler().agents(text)),))
    facts = ContactFacts(_Nobody(), lambda _: {}, QueueFacts(board, Doors(board), clock), clock)
    filters = AgentFilters(
        board, facts, ExpressionFailures(_Quiet()), Departures(lambda _: None), clock
    )
    return board, filters


def _agent(number: int) -> AgentProfile:
    facts = _facts(number)
    return AgentProfile(
        f"a{number}", "", "", facts["skills"], {"VOICE": 1}, 0, tuple(facts["queues"]), 1,
        team=str(facts["team"]),
    )  # fmt: skip


def _facts(number: int = 1) -> dict[str, Any]:
    skills = {f"skill{n}": n % 10 + 1 for n in range(8)} | {"billing": number % 10 + 1}
    team = ("gold", "silver", "blue")[number % 3]
    return {"team": team, "skills": skills, "queues": ["day", "week"], "id": f"a{number}"}


def _at(facts: Mapping[str, Any], path: Sequence[str]) -> object:
    found: Any = facts
    for name in path:
        found = found[name]
    return found


def _cpu_us(work: Callable[[], object], times: int) -> float:
    started = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - started) / times * 1e6


if __name__ == "__main__":
    main()
