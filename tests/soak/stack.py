"""The launcher's processes, with a second router, each started again when it was killed."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from switchyard_launcher.child import Child
from switchyard_launcher.preflight import check
from switchyard_launcher.process import ProcessSpec
from switchyard_launcher.settings import RunSettings, load_run_settings
from switchyard_launcher.stack import Stack, stack

from tests.fakes.launcher.running import ROOT, prepare
from tests.fakes.ports import free_port
from tests.soak.plan import Plan

SECOND_ROUTER = "router-2"
FLOOR = "floor"
_PHONE = "phone"
"""Left out where nobody calls, so that a machine without voices can run the rest."""
_CLIENTS = ("DEMO", "GATEWAY", "PHONE", "ACTIONS")
_PORTS = ("port", "http_port", "metrics_port")


@dataclass(frozen=True, slots=True)
class Whole:
    """What is to run, and the settings by which it is found."""

    settings: RunSettings
    second_metrics_port: int
    specs: Sequence[ProcessSpec]


def prepared(plan: Plan, folder: Path) -> Whole:
    """Free ports and fresh state for this process and its children, by its environment.

    Raises NotPrepared if the checkout is not.
    """
    os.environ.update(prepare(folder).environment)
    ports = {name: free_port() for name in _PORTS}
    both = f"ipv4:127.0.0.1:{os.environ['ROUTER_PORT']},127.0.0.1:{ports['port']}"
    os.environ.update({f"{client}_ROUTER_TARGET": both for client in _CLIENTS})
    os.environ["DEMO_CALLS_PER_MINUTE"] = str(plan.calls_per_minute)
    settings = load_run_settings()
    settings.run.state_dir.mkdir(parents=True, exist_ok=True)
    # What is not essential is started again: all that serves, but not jobs and the load.
    specs = [
        replace(spec, essential=spec.probe is None or spec.name == FLOOR)
        for spec in stack(settings, ROOT, floor=True)
        if plan.phones or spec.name != _PHONE
    ]
    specs.append(_second_router(settings, ports))
    check(specs, settings.run.state_dir)
    return Whole(settings, ports["metrics_port"], specs)


def _second_router(settings: RunSettings, ports: dict[str, int]) -> ProcessSpec:
    """By `env`, because the environment's ports, which overrule an entry's, are the first's."""
    moved = replace(settings, router=settings.router.model_copy(update=ports))
    spec = Stack(moved, ROOT).router()
    program = shutil.which("env") or "/usr/bin/env"
    own = (f"ROUTER_{name}={number}".upper() for name, number in ports.items())
    return replace(spec, name=SECOND_ROUTER, argv=(program, *own, *spec.argv), essential=False)


@dataclass(slots=True)
class Ends:
    """Who is told by the supervisor: it keeps what ended without having been killed."""

    expected: set[str] = field(default_factory=set)
    by_themselves: list[str] = field(default_factory=list)
    leaving: bool = False

    def starting(self, child: Child) -> None:
        """See the launcher's Progress."""

    def started(self, child: Child) -> None:
        """See the launcher's Progress."""
        self.expected.discard(child.spec.name)

    def failed(self, child: Child, problem: str, again: bool) -> None:
        """See the launcher's Progress."""
        if child.spec.name not in self.expected and not self.leaving:
            self.by_themselves.append(problem)

    def stopping(self, child: Child) -> None:
        """See the launcher's Progress."""

    def stopped(self, child: Child, obeyed: bool) -> None:
        """See the launcher's Progress."""
        if not obeyed:
            self.by_themselves.append(f"{child.spec.name} did not end when asked")
