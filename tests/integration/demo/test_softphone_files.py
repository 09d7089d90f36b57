"""The softphone files that operators are given, with Debian's baresip and without sound."""

import asyncio
from pathlib import Path

import pytest
from switchyard_phone.service.leg import CallLeg

from tests.fakes.phone.sip_line import serving, sip_line
from tests.fakes.phone.sipp import free_port
from tests.fakes.phone.waiting import until

pytestmark = pytest.mark.integration

SHIPPED = Path(__file__).parents[3] / "deploy" / "softphone"


async def test_the_softphone_calls_and_is_answered(tmp_path: Path) -> None:
    legs: list[CallLeg] = []
    answered = asyncio.Event()

    async def serve(leg: CallLeg) -> None:
        legs.append(leg)
        await leg.answer()
        answered.set()

    _without_sound(tmp_path, free_port())
    async with sip_line() as line, serving(line, serve):
        process = await asyncio.create_subprocess_exec(
            *("baresip", "-f", str(tmp_path), "-e", f"/dial sip:2000@127.0.0.1:{line.port}"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            await until(answered.is_set, "the call is answered")
        finally:
            process.kill()
            await process.wait()
            for leg in legs:
                await leg.hang_up()
    assert legs[0].facts.caller == "+12065550142"
    assert legs[0].facts.dialled == "2000"


def _without_sound(folder: Path, port: int) -> None:
    """The same files with other devices, and on a port that is free."""
    config = (SHIPPED / "config").read_text()
    assert config.count("alsa,default") == 3
    config = config.replace("audio_source alsa,default", "audio_source aubridge,ear")
    config = config.replace("alsa,default", "aubridge,ear").replace("alsa.so", "aubridge.so")
    (folder / "config").write_text(config.replace(":5062", f":{port}"))
    accounts = (SHIPPED / "accounts").read_text()
    (folder / "accounts").write_text(accounts.replace(":5062", f":{port}"))
