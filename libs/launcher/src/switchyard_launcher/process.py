"""What the launcher has to know of a process to start, watch and stop it."""

import signal
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from types import MappingProxyType

from switchyard_launcher.probes import Probe


@dataclass(frozen=True, slots=True)
class Port:
    """A TCP port that a process listens on, and the setting that moves it."""

    host: str
    number: int
    setting: str


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """One process: how to start it, when it counts as ready, what must be ready before.

    Without a probe it is a job: ready when it has ended with exit code 0. The launcher's own
    environment overrules `env`. After `grace_seconds` a process that ignores SIGTERM is killed.
    One that is not `essential` keeps nothing from starting: when it fails, that is told, and it is
    started again.
    """

    name: str
    argv: tuple[str, ...]
    probe: Probe | None
    needs: tuple[str, ...] = ()
    ports: tuple[Port, ...] = ()
    env: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    note: str = ""
    stop_signal: signal.Signals = signal.SIGTERM
    grace_seconds: float = 15.0
    start_seconds: float = 60.0
    essential: bool = True


def in_order(specs: Iterable[ProcessSpec]) -> list[ProcessSpec]:
    """The processes so that each comes after all it needs; a need that is not started is met.

    Raises graphlib.CycleError.
    """
    by_name = {spec.name: spec for spec in specs}
    sorter = TopologicalSorter({name: spec.needs for name, spec in by_name.items()})
    return [by_name[name] for name in sorter.static_order() if name in by_name]
