"""A SIP stack that dies takes its process down, told clearly, and the launcher starts it anew."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest
from rich.console import Console
from switchyard_launcher.probes import HttpProbe
from switchyard_launcher.process import ProcessSpec
from switchyard_launcher.run import Run
from switchyard_launcher.supervisor import Supervisor

from tests.fakes.phone.phone_process import phone_process
from tests.fakes.phone.running import NOBODY
from tests.fakes.phone.sipp import Scenario, Sipp, free_port
from tests.fakes.ports import free_ports

pytestmark = pytest.mark.integration

PATIENCE_SECONDS = 120.0
MORTAL = "tests.fakes.phone.dying"
TALK = Scenario().invite().answered().pause(1).bye()


class AtOnce:
    """Of a process that is ready as soon as it is there."""

    async def ready(self) -> bool:
        return True


# The launcher ends when nothing is left that others need.
NEEDED = ProcessSpec(
    name="needed",
    argv=(sys.executable, "-c", "import time; time.sleep(3600)"),
    probe=AtOnce(),
)


async def test_the_process_ends_with_a_failure_and_says_which_line_died(tmp_path: Path) -> None:
    # Nobody tells the caller: what could have hung up is what died. Their switch finds out.
    talk = Scenario().invite().answered().pause(600)
    async with phone_process(tmp_path, MORTAL, PHONE_DRAIN_SECONDS="600") as phone:
        await phone.ready()
        async with Sipp(tmp_path, phone.sip).calling(talk):
            await phone.had(1)
            phone.process.send_signal(signal.SIGUSR1)
            assert await phone.ended() == 1
        (told,) = (one for one in phone.log.read_text().splitlines() if "line_dead" in one)
    assert '"line":"sip"' in told.replace(" ", "")
    assert '"calls":1' in told.replace(" ", "")


async def test_the_launcher_starts_a_phone_anew_whose_line_died(tmp_path: Path) -> None:
    port, metrics = free_ports(2)
    sip = free_port()
    settings = {
        "PHONE_PORT": str(port),
        "PHONE_METRICS_PORT": str(metrics),
        "PHONE_SIP_PORT": str(sip),
        "PHONE_RTP_PORTS": "30000-31998",
        "PHONE_PROMPTS": str(tmp_path / "prompts"),
        "PHONE_ROUTER_TARGET": NOBODY,
        "PHONE_CRM_TARGET": NOBODY,
        "PHONE_BOT_URL": f"http://{NOBODY}",
    }
    phone = ProcessSpec(
        name="phone",
        argv=(sys.executable, "-m", MORTAL),
        probe=HttpProbe(f"http://127.0.0.1:{port}/healthz"),
        env=settings,
        start_seconds=PATIENCE_SECONDS,
        essential=False,
    )
    sipp = Sipp(tmp_path, sip)

    async def until_served_twice(supervisor: Supervisor) -> None:
        async with asyncio.timeout(2 * PATIENCE_SECONDS):
            (child,) = (one for one in supervisor.children if one.spec is phone)
            await child.started.wait()
            assert (await sipp.run(TALK)).well
            first = child.pid
            assert first is not None
            os.kill(first, signal.SIGUSR1)
            while child.pid in (None, first) or not await phone.probe.ready():  # type: ignore[union-attr]
                await asyncio.sleep(0.1)
            assert (await sipp.run(TALK)).well

    console = Console(width=200, color_system=None)
    with console.capture() as capture:
        run = Run((NEEDED, phone), tmp_path / "logs", console, until_served_twice)
        went_well = await run.to_the_end()
    assert went_well, capture.get()
    assert "exit code 1" in capture.get()
    assert "It is started again." in capture.get()
