"""A replay's figures beside the log's, for people and for programs."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from switchyard_demo.calllog.command import table_lines
from switchyard_demo.calllog.fifo import serve_in_order
from switchyard_demo.calllog.kpis import Kpis, measure, records_of
from switchyard_demo.calllog.plan import ReplayPlan
from switchyard_demo.floor.call import Fate
from switchyard_demo.replay.run import Pace, Replayed
from switchyard_demo.replay.stopwatch import Latency

LOG, REPLAY, FIRST_COME = "log", "replay", "first come"


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """All that is said about a replay."""

    plan: ReplayPlan
    pace: Pace
    log_files: tuple[Path, ...]
    invented: bool
    replayed: Replayed
    router_metrics: Mapping[str, float] | None
    """The router's own counters that must be 0; None where its metrics are not at hand."""

    @property
    def columns(self) -> dict[str, Kpis]:
        """The figures of the log, of the replay, and of an event loop without any router."""
        plan = self.plan
        return {
            LOG: measure(records_of(plan.logged), plan.presence),
            REPLAY: measure(self.replayed.records, plan.presence),
            FIRST_COME: measure(serve_in_order(plan.contacts, plan.agents), plan.presence),
        }

    @property
    def broken(self) -> list[str]:
        """What should hold and does not; empty when all is well."""
        replayed, findings = self.replayed, self.replayed.findings
        contacts = len(self.plan.contacts)
        problems = []
        if findings.terminal != contacts:
            problems.append(f"{contacts - findings.terminal} of {contacts} contacts did not end")
        if replayed.unpaid:
            problems.append(f"{replayed.unpaid} times nobody got an offer that was due")
        if findings.double_assignments:
            problems.append(f"{findings.double_assignments} contacts were assigned twice at once")
        for fate in (Fate.LOST, Fate.REFUSED):
            if replayed.fates.get(fate):
                problems.append(f"{replayed.fates[fate]} calls were {fate}")
        for name, value in (self.router_metrics or {}).items():
            if value:
                problems.append(f"{name} is {value:g} and must be 0")
        return problems

    def lines(self) -> list[str]:
        """The report for people."""
        return [
            *self._title(),
            "",
            *table_lines(self.columns),
            "",
            "Inferred, not logged:",
            *(f"- {sentence}" for sentence in self._inferred()),
            "",
            *self._clock(),
            "",
            *self.plan.report.lines(),
            "",
            *self._invariants(),
        ]

    def json(self) -> str:
        """The report for programs, one line."""
        replayed = self.replayed
        return orjson.dumps(
            {
                "day": self.plan.day.isoformat(),
                "invented": self.invented,
                "speed": self.pace.speed,
                "clock_holds": self.pace.holds,
                "real_seconds": round(replayed.real_seconds, 2),
                "stood_seconds": round(replayed.stood_seconds, 2),
                "figures": {name: asdict(kpis) for name, kpis in self.columns.items()},
                "latency_real_seconds": {
                    name: None if latency is None else asdict(latency)
                    for name, latency in self._latencies().items()
                },
                "fates": {str(fate): count for fate, count in replayed.fates.items()},
                "findings": asdict(replayed.findings),
                "router_metrics": self.router_metrics,
                "rows": {
                    "read": self.plan.report.rows,
                    "kept": self.plan.report.kept,
                    "dropped": {str(k): v for k, v in self.plan.report.dropped.items()},
                },
                "inferred": self._inferred(),
                "broken": self.broken,
            }
        ).decode()

    def _title(self) -> list[str]:
        where = ", ".join(map(str, self.log_files))
        origin = " (INVENTED by the shipped generator, not a real day)" if self.invented else ""
        return [
            f"{self.plan.day:%A} {self.plan.day} of {where}{origin}",
            f"replayed in {self.replayed.real_seconds:.0f} s at {self.pace.speed:g} times its pace;"
            f" '{FIRST_COME}' is the same plan in an event loop, without a router",
        ]

    def _inferred(self) -> list[str]:
        pause = self.plan.turnaround_seconds
        return [
            *self.plan.assumptions(),
            "agents accept at once: the log has no ringing time",
            "wrap-up is 0: the log has none, though its agents hardly ever pause less than"
            f" {pause:.0f} s between calls",
            "the bank served by priority and by rules of its own; this is one line in order of"
            " arrival, to the agent with the skill who was idle for longest",
        ]

    def _latencies(self) -> dict[str, Latency | None]:
        replayed = self.replayed
        return {
            "call to offer, agent free": replayed.offer_latency,
            "call to connection, agent free": replayed.connect_latency,
            "agent freed to next offer, caller waiting": replayed.pause_latency,
        }

    def _clock(self) -> list[str]:
        stood, real = self.replayed.stood_seconds, self.replayed.real_seconds
        kept_out = (
            f"kept out of the waits: the log's clock stood still for {stood:.0f} of {real:.0f} s"
            if self.pace.holds
            else "part of the waits: the log's clock never stood still"
        )
        return [
            f"The router's own time ({kept_out}):",
            *(
                f"  {name:<42} {_quantiles(latency, self.pace.speed)}"
                for name, latency in self._latencies().items()
            ),
        ]

    def _invariants(self) -> list[str]:
        findings = self.replayed.findings
        states = ", ".join(f"{count} {state}" for state, count in findings.by_state.items())
        counters = self.router_metrics
        own = "not at hand" if counters is None else f"{sum(counters.values()):g} in all"
        verdict = [f"BROKEN: {problem}" for problem in self.broken] or ["All invariants hold."]
        return [
            f"contacts that ended: {findings.terminal} of {len(self.plan.contacts)} ({states})",
            f"double assignments in the event log: {findings.double_assignments}",
            f"offers missed: {findings.missed_offers}",
            f"the router's own counters of broken invariants: {own}",
            *verdict,
        ]


def _quantiles(latency: Latency | None, speed: float) -> str:
    if latency is None:
        return "no sample"
    p50, p99 = latency.p50_seconds, latency.p99_seconds
    return (
        f"p50 {1000 * p50:6.1f} ms = {p50 * speed:5.1f} s of the log,"
        f" p99 {1000 * p99:6.1f} ms = {p99 * speed:5.1f} s  ({latency.samples} samples)"
    )
