"""The launcher with small real processes: order, death, stubbornness, and nothing left behind."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from rich.console import Console
from switchyard_launcher.child import State
from switchyard_launcher.ports import PortsTaken, check_ports
from switchyard_launcher.preflight import NotPrepared, check_programs
from switchyard_launcher.process import Port, ProcessSpec
from switchyard_launcher.run import Run
from switchyard_launcher.supervisor import Supervisor

from tests.fakes.ports import free_port

pytestmark = pytest.mark.integration

PATIENCE_SECONDS = 60.0

# Writes its start and end into a journal that all processes share, and serves until it is told
# to stop.
SERVER = """
import pathlib, signal, sys, time
journal, name = pathlib.Path(sys.argv[1]), sys.argv[2]
def note(what):
    with journal.open("a") as file:
        file.write(f"{what} {name}\\n")
def stop(*_):
    note("stop")
    raise SystemExit
signal.signal(signal.SIGTERM, stop)
note("start")
pathlib.Path(f"{journal}.{name}.ready").touch()
while True:
    time.sleep(60)
"""


@dataclass(frozen=True)
class FileProbe:
    path: Path

    async def ready(self) -> bool:
        return self.path.exists()


class Workshop:
    """Makes specs of small processes and keeps their journal."""

    def __init__(self, folder: Path) -> None:
        self.logs = folder / "logs"
        self._journal = folder / "journal"

    def server(self, name: str, *needs: str) -> ProcessSpec:
        return ProcessSpec(
            name=name,
            argv=(sys.executable, "-c", SERVER, str(self._journal), name),
            probe=FileProbe(Path(f"{self._journal}.{name}.ready")),
            needs=needs,
            grace_seconds=PATIENCE_SECONDS,
        )

    def script(self, name: str, code: str, *needs: str) -> ProcessSpec:
        argv = (sys.executable, "-c", textwrap.dedent(code))
        return ProcessSpec(name=name, argv=argv, probe=None, needs=needs)

    def journal(self) -> list[str]:
        return self._journal.read_text().splitlines() if self._journal.exists() else []


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


async def nothing_to_show(supervisor: Supervisor) -> None:
    return


async def show_for_ever(supervisor: Supervisor) -> None:
    await asyncio.Event().wait()


@dataclass
class Outcome:
    went_well: bool
    said: str


async def run(
    workshop: Workshop,
    *specs: ProcessSpec,
    show: Callable[[Supervisor], object] = nothing_to_show,
) -> Outcome:
    console = Console(width=200, color_system=None)
    with console.capture() as capture:
        async with asyncio.timeout(PATIENCE_SECONDS * 2):
            went_well = await Run(specs, workshop.logs, console, show).to_the_end()  # type: ignore[arg-type]
    return Outcome(went_well, capture.get())


async def test_starts_in_order_of_needs_and_stops_in_reverse(workshop: Workshop) -> None:
    specs = [workshop.server("c", "b"), workshop.server("a"), workshop.server("b", "a")]
    outcome = await run(workshop, *specs)
    assert outcome.went_well
    assert workshop.journal() == ["start a", "start b", "start c", "stop c", "stop b", "stop a"]


async def test_a_spare_process_that_cannot_start_keeps_nothing_from_running(
    workshop: Workshop,
) -> None:
    told = asyncio.Event()
    broken = workshop.script("broken", "import sys; print('no voice here'); sys.exit(2)")

    async def until_told(supervisor: Supervisor) -> None:
        child = next(one for one in supervisor.children if one.spec.name == "broken")
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not child.cannot_start or child.state is not State.FAILED:
                await asyncio.sleep(0.01)
        told.set()

    outcome = await run(
        workshop, workshop.server("a"), replace(broken, essential=False), show=until_told
    )
    assert told.is_set()
    assert outcome.went_well
    assert "no voice here" in outcome.said
    assert "All others run without it." in outcome.said
    assert workshop.journal() == ["start a", "stop a"]


async def test_a_spare_process_that_dies_is_started_again(workshop: Workshop) -> None:
    spare = replace(workshop.server("spare"), essential=False)

    async def until_born_again(supervisor: Supervisor) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS * 2):
            while workshop.journal().count("start spare") < 1:
                await asyncio.sleep(0.01)
            first = next(one.pid for one in supervisor.children if one.spec is spare)
            assert first is not None
            os.kill(first, signal.SIGKILL)
            while workshop.journal().count("start spare") < 2:
                await asyncio.sleep(0.01)

    outcome = await run(workshop, workshop.server("a"), spare, show=until_born_again)
    assert outcome.went_well
    assert "It is started again." in outcome.said


async def test_independent_processes_start_at_the_same_time(workshop: Workshop) -> None:
    # Each of the two waits for a sign of the other: one after the other would never end.
    signs = workshop.logs.parent
    code = """
        import pathlib, sys, time
        pathlib.Path({own!r}).touch()
        while not pathlib.Path({other!r}).exists():
            time.sleep(0.01)
    """
    left, right = str(signs / "left"), str(signs / "right")
    specs = [
        workshop.script("left", code.format(own=left, other=right)),
        workshop.script("right", code.format(own=right, other=left)),
    ]
    assert (await run(workshop, *specs)).went_well


async def test_what_a_person_sets_wins_over_what_the_table_says(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_DATABASE_URL", "postgresql://mine")
    code = "import os; assert os.environ['CRM_DATABASE_URL'] == 'postgresql://mine'"
    table = {"CRM_DATABASE_URL": "sqlite://ours", "CRM_PORT": "1"}
    assert (await run(workshop, replace(workshop.script("crm", code), env=table))).went_well
    code = "import os; assert os.environ['CRM_PORT'] == '1'"
    assert (await run(workshop, replace(workshop.script("crm", code), env=table))).went_well


async def test_what_needs_a_job_starts_after_the_job_is_done(workshop: Workshop) -> None:
    mark = workshop.logs.parent / "mark"
    job = workshop.script("job", f"import time; time.sleep(0.3); open({str(mark)!r}, 'w')")
    reader = workshop.script("reader", f"open({str(mark)!r})", "job")
    assert (await run(workshop, reader, job)).went_well


async def test_a_process_that_dies_takes_all_down_and_is_quoted(workshop: Workshop) -> None:
    dying = workshop.script(
        "dying",
        """
        import sys, time
        print("could not open the safe")
        sys.exit(3)
        """,
        "steady",
    )
    probed = replace(dying, probe=FileProbe(Path("/nonexistent")))
    outcome = await run(workshop, workshop.server("steady"), probed, show=show_for_ever)
    assert not outcome.went_well
    assert "dying ended by itself with exit code 3" in outcome.said
    assert "could not open the safe" in outcome.said
    assert str(workshop.logs / "dying.log") in outcome.said
    assert workshop.journal() == ["start steady", "stop steady"]


async def test_a_process_that_dies_after_a_good_start_is_noticed(workshop: Workshop) -> None:
    async def kill_router(supervisor: Supervisor) -> None:
        router = next(child for child in supervisor.children if child.spec.name == "router")
        assert router.pid is not None
        os.kill(router.pid, signal.SIGKILL)
        await asyncio.Event().wait()

    specs = [workshop.server("router"), workshop.server("gateway", "router")]
    outcome = await run(workshop, *specs, show=kill_router)
    assert not outcome.went_well
    assert "router was ended by SIGKILL" in outcome.said
    assert workshop.journal()[-1] == "stop gateway"


async def test_a_death_during_the_start_of_others_ends_the_start(workshop: Workshop) -> None:
    short = workshop.script("short", "import time; time.sleep(0.5)")
    brief = replace(short, probe=FileProbe(workshop.logs / "short.log"))
    slow = workshop.script("slow", "import time; time.sleep(600)")
    outcome = await run(workshop, brief, slow)
    assert not outcome.went_well
    assert "short ended by itself with exit code 0" in outcome.said


async def test_a_job_that_fails_is_a_failure(workshop: Workshop) -> None:
    outcome = await run(workshop, workshop.script("load", "raise SystemExit('no company')"))
    assert not outcome.went_well
    assert "no company" in outcome.said


async def test_a_signal_while_starting_stops_what_has_been_started(workshop: Workshop) -> None:
    slow = workshop.script("slow", "import time; time.sleep(600)", "router")

    async def when_router_runs() -> None:
        while workshop.journal() != ["start router"]:
            await asyncio.sleep(0.05)
        os.kill(os.getpid(), signal.SIGTERM)

    outcome, _ = await asyncio.gather(
        run(workshop, workshop.server("router"), slow), when_router_runs()
    )
    assert outcome.went_well
    assert workshop.journal() == ["start router", "stop router"]


async def test_a_process_that_is_never_ready_is_given_up(workshop: Workshop) -> None:
    never = replace(
        workshop.server("rasa"), probe=FileProbe(Path("/nonexistent")), start_seconds=0.3
    )
    outcome = await run(workshop, never)
    assert "rasa is not ready after 0 s" in outcome.said
    assert "stopping rasa … ok" in outcome.said


async def test_a_process_that_ignores_the_request_is_killed_after_its_grace(
    workshop: Workshop,
) -> None:
    mark = workshop.logs.parent / "ignoring"
    code = f"""
        import pathlib, signal, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        pathlib.Path({str(mark)!r}).touch()
        time.sleep(600)
    """
    deaf = replace(workshop.script("deaf", code), probe=FileProbe(mark), grace_seconds=0.3)
    outcome = await run(workshop, deaf)
    assert outcome.went_well
    assert "stopping deaf … killed after 0 s" in outcome.said


async def test_grandchildren_do_not_outlive_the_run(workshop: Workshop) -> None:
    mark = workshop.logs.parent / "grandchild"
    code = f"""
        import pathlib, subprocess, sys, time
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        pathlib.Path({str(mark)!r}).write_text(str(child.pid))
        time.sleep(600)
    """
    parent = replace(workshop.script("parent", code), probe=FileProbe(mark))
    await run(workshop, parent)
    eventually(lambda: not alive(int(mark.read_text())))


def test_says_who_holds_a_port_and_which_setting_moves_it() -> None:
    with socket.socket() as holder:
        number = free_port()
        holder.bind(("127.0.0.1", number))
        holder.listen()
        spec = ProcessSpec(
            name="router",
            argv=("/bin/true",),
            probe=None,
            ports=(Port("127.0.0.1", number, "ROUTER_PORT"),),
        )
        with pytest.raises(PortsTaken) as caught:
            check_ports([spec])
    told = str(caught.value)
    assert told.startswith(f"Port {number} for router is taken by ")
    assert f"(pid {os.getpid()})" in told
    assert told.endswith("another one: ROUTER_PORT=…")
    check_ports([spec])


def test_two_processes_with_one_port_are_told_apart() -> None:
    number = free_port()
    ports = [Port("127.0.0.1", number, setting) for setting in ("A_PORT", "B_PORT")]
    specs = [
        ProcessSpec(name=name, argv=("/bin/true",), probe=None, ports=(port,))
        for name, port in zip("ab", ports, strict=True)
    ]
    with pytest.raises(PortsTaken, match=rf"{number} is given to a and to b; .* B_PORT"):
        check_ports(specs)


def test_a_missing_environment_is_told_with_the_way_out(tmp_path: Path) -> None:
    python = str(tmp_path / ".venv-rasa" / "bin" / "python")
    with pytest.raises(NotPrepared, match="make bootstrap"):
        check_programs([ProcessSpec(name="rasa", argv=(python, "serve.py"), probe=None)])


LAUNCHER = """
import asyncio, sys
from pathlib import Path
from rich.console import Console
from tests.integration.launcher.test_supervision import Workshop, show_for_ever
from switchyard_launcher.run import Run

workshop = Workshop(Path(sys.argv[1]))
specs = [workshop.server("a"), workshop.server("b", "a")]
went_well = asyncio.run(Run(specs, workshop.logs, Console(), show_for_ever).to_the_end())
raise SystemExit(0 if went_well else 1)
"""


@pytest.fixture
def launcher(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, str(tmp_path)],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        yield process
        with contextlib.suppress(ProcessLookupError):
            process.kill()


def test_no_process_is_left_when_the_launcher_is_killed(
    launcher: subprocess.Popen[str], workshop: Workshop
) -> None:
    eventually(lambda: workshop.journal() == ["start a", "start b"])
    children = children_of(launcher.pid)
    assert len(children) == 2
    launcher.kill()
    eventually(lambda: not any(map(alive, children)))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_all_in_reverse_order_and_is_no_failure(
    launcher: subprocess.Popen[str], workshop: Workshop, number: signal.Signals
) -> None:
    eventually(lambda: workshop.journal() == ["start a", "start b"])
    launcher.send_signal(number)
    output, _ = launcher.communicate(timeout=PATIENCE_SECONDS)
    assert launcher.returncode == 0, output
    assert workshop.journal()[2:] == ["stop b", "stop a"]
    assert output.index("stopping b … ok") < output.index("stopping a … ok")


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False
