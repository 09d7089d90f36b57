"""The softphone files that operators are given, with Debian's baresip and without sound."""

import asyncio
from pathlib import Path

import pytest
from switchyard_phone.service.leg import CallLeg

from tests.fakes.phone.sip_line import serving, sip_line
from tests.fakes.phone.waiting import until
from tests.fakes.ports import free_port

pytestmark = pytest.mark.integration

_STARTS = 3
SHIPPED = Path(__file__).parents[3] / "deploy" / "softphone"


async def test_the_softphone_calls_and_is_answered(tmp_path: Path) -> None:
    legs: list[CallLeg] = []
    answered = asyncio.Event()

    async def serve(leg: CallLeg) -> None:
        legs.append(leg)
        await leg.answer()
        answered.set()

    async with sip_line() as line, serving(line, serve):
        for _ in range(_STARTS):
            await _calls(tmp_path, line.port, answered)
            if answered.is_set():
                break
        for leg in legs:
            await leg.hang_up()
    assert answered.is_set(), "the telephone ended by itself each time"
    assert legs[0].facts.caller == "+12065550142"
    assert legs[0].facts.dialled == "2000"


async def _calls(folder: Path, sip: int, answered: asyncio.Event) -> None:
    """Until the call is answered, or the telephone has ended by itself.

    It listens for TCP, too, and ends where it may not: its port is one that no passing connection
    can hold.
    """
    _without_sound(folder, free_port())
    process = await asyncio.create_subprocess_exec(
        *("baresip", "-f", str(folder), "-e", f"/dial sip:2000@127.0.0.1:{sip}"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    ended = asyncio.create_task(process.wait())
    try:
        await until(lambda: answered.is_set() or ended.done(), "the call is answered")
    finally:
        if process.returncode is None:
            process.kill()
        await ended


def _without_sound(folder: Path, port: int) -> None:
    """The same files with other devices, and on a port that is free."""
    config = (SHIPPED / "config").read_text()
    assert config.count("alsa,default") == 3
    config = config.replace("audio_source alsa,default", "audio_source aubridge,ear")
    config = config.replace("alsa,default", "aubridge,ear").replace("alsa.so", "aubridge.so")
    (folder / "config").write_text(config.replace(":5062", f":{port}"))
    accounts = (SHIPPED / "accounts").read_text()
    (folder / "accounts").write_text(accounts.replace(":5062", f":{port}"))
