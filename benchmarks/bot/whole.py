"""The whole of Switchyard for a benchmark, as `make run` starts it, and what its processes use."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from benchmarks.load.processes import cpu_seconds, memory_mb
from tests.fakes.launcher.running import Switchyard, prepare

_PROGRAMS = {
    "rasa": "serve.py",
    "actions": "switchyard_actions.main",
    "gateway": "switchyard_gateway.main",
    "crm_adapter": "switchyard_crm.main",
    "router": "switchyard_router.main",
    "valkey": "valkey",
}
SERVING = ("rasa", "actions", "gateway")
"""The processes that a turn of the bot goes through."""

# One generator stands for all customers there are; what limits each of them is not measured.
_UNLIMITED = {
    "GATEWAY_GREETS": "false",
    "GATEWAY_MESSAGE_BURST": "100000",
    "GATEWAY_CHATS_AT_ONCE": "100000",
    "GATEWAY_LOG_LEVEL": "warning",
    "ACTIONS_LOG_LEVEL": "warning",
    "BOT_LOG_LEVEL": "warning",
    "CRM_LOG_LEVEL": "warning",
}


@dataclass(frozen=True, slots=True)
class Whole:
    """What runs. `ready_s` is from the start to all processes serving."""

    switchyard: Switchyard
    pids: Mapping[str, int]
    ready_s: float

    @property
    def gateway_port(self) -> int:
        """Where the chat page is."""
        return self.switchyard.port("GATEWAY_PORT")

    def cpu(self) -> dict[str, float]:
        """Seconds of processor time of each process so far."""
        return {name: cpu_seconds(pid) for name, pid in self.pids.items()}

    def memory(self) -> dict[str, float]:
        """Resident memory of each process, MB."""
        return {name: round(memory_mb(pid), 1) for name, pid in self.pids.items()}


@contextmanager
def whole(settings: Mapping[str, str] | None = None) -> Iterator[Whole]:
    """Everything but the simulated floor, on free ports and with fresh state."""
    with tempfile.TemporaryDirectory(prefix="switchyard-bench-") as folder:
        made = prepare(Path(folder), without=("floor",))
        made.environment = {**made.environment, **_UNLIMITED, **(settings or {})}
        began = perf_counter()
        made.start()
        ready = perf_counter() - began
        try:
            yield Whole(made, _by_name(made.pids()), round(ready, 1))
        finally:
            if made.process.poll() is None:
                made.stop()


def _by_name(pids: list[int]) -> dict[str, int]:
    found = {}
    for pid in pids:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        for name, program in _PROGRAMS.items():
            if any(Path(word).name.startswith(program) for word in words):
                found[name] = pid
    return found
