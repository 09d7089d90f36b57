"""Debian's baresip as a caller with ears and a mouth, led over its control port."""

import asyncio
import json
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from tests.fakes.phone.sipp import free_port, free_tcp_port

_MODULES = "/usr/lib/baresip/modules"
_START_SECONDS = 60
_STARTS = 4
_ANSWER_SECONDS = 60
_SILENCE_BYTES = 300 * 16_000
"""At the end of its file a telephone hangs up: none comes so far."""

_CONFIG = """\
module_path {modules}
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
sip_listen 127.0.0.1:{sip}
net_interface 127.0.0.1
ctrl_tcp_listen 127.0.0.1:{control}
audio_source aufile,{says}
audio_player aubridge,ear
audio_alert aubridge,ear
snd_path {heard}
rtp_ports {first}-{last}
audio_buffer 20-160
call_max_calls 4
"""


class Softphone:
    """One telephone; says what its file holds from the moment that it is connected."""

    def __init__(self, control: "Control", heard: Path, uri: str) -> None:
        self._control = control
        self._heard = heard
        self._said = 0
        self.uri = uri

    async def dial(self, uri: str) -> None:
        """Start a call."""
        await self._control.command("dial", uri)

    async def connected(self) -> None:
        await self._control.event("CALL_ESTABLISHED")

    async def called(self) -> None:
        """Somebody calls this telephone."""
        await self._control.event("CALL_INCOMING")

    async def answer(self) -> None:
        await self._control.command("accept")

    async def over(self) -> str:
        """Wait for the end of the call; what was said about it."""
        return str((await self._control.event("CALL_CLOSED")).get("param", ""))

    async def press(self, keys: str) -> None:
        """Keys by RFC 4733, each held for a moment."""
        for key in keys:
            await self._control.command("sndcode", key)
            await asyncio.sleep(0.2)
            await self._control.command("sndcode", "\x04")  # let go
            await asyncio.sleep(0.1)

    async def say(self, sound: bytes) -> None:
        """Say this now, and then nothing."""
        self._said += 1
        path = self._heard.parent / f"said{self._said}.wav"
        _write_wave(path, sound + bytes(_SILENCE_BYTES))
        await self._control.command("ausrc", f"aufile,{path}")

    async def hold(self) -> None:
        await self._control.command("hold")

    async def resume(self) -> None:
        await self._control.command("resume")

    async def hang_up(self) -> None:
        await self._control.command("hangup")

    async def leave(self) -> None:
        """Hang up, if there is a call: nobody shall wait for a telephone that is switched off."""
        await self._control.ask("hangup")

    def heard(self) -> bytes:
        """Everything heard so far: frames of 16 bit, 8 kHz.

        Read past the file's header, whose lengths are right only after the call.
        """
        sound = b""
        for path in sorted(self._heard.glob("dump-*-dec.wav")):
            _, marker, data = path.read_bytes().partition(b"data")
            sound += data[4:] if marker else b""
        return sound[: len(sound) // 2 * 2]


class Control:
    """baresip's control connection: JSON in netstrings."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._events: asyncio.Queue[dict[str, object]] = asyncio.Queue()
        self._answers: asyncio.Queue[dict[str, object]] = asyncio.Queue()
        self._reading = asyncio.create_task(self._read())

    async def command(self, name: str, params: str = "") -> None:
        answer = await self.ask(name, params)
        assert answer["ok"], answer

    async def ask(self, name: str, params: str = "") -> dict[str, object]:
        """The answer, whatever it is."""
        text = json.dumps({"command": name, "params": params, "token": name}).encode()
        self._writer.write(b"%d:%s," % (len(text), text))
        async with asyncio.timeout(_ANSWER_SECONDS):
            return await self._answers.get()

    async def event(self, kind: str) -> dict[str, object]:
        """Wait for an event; others are passed over."""
        async with asyncio.timeout(_ANSWER_SECONDS):
            while (event := await self._events.get())["type"] != kind:
                pass
        return event

    async def close(self) -> None:
        self._reading.cancel()
        await asyncio.wait((self._reading,))
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()

    async def _read(self) -> None:
        with suppress(asyncio.IncompleteReadError, OSError):
            while True:
                length = int((await self._reader.readuntil(b":"))[:-1])
                message = json.loads((await self._reader.readexactly(length + 1))[:-1])
                queue = self._events if message.get("event") else self._answers
                queue.put_nowait(message)


@asynccontextmanager
async def softphone(
    folder: Path, says: bytes, params: str = "", user: str = "caller"
) -> AsyncIterator[Softphone]:
    """A telephone for the length of the block, which says this when it is connected."""
    heard = folder / "heard"
    heard.mkdir(parents=True)
    _write_wave(folder / "says.wav", says + bytes(_SILENCE_BYTES))
    process, connection, sip = await _start(folder, heard, user, params)
    try:
        yield Softphone(connection, heard, f"sip:{user}@127.0.0.1:{sip}")
    finally:
        await connection.close()
        await _stop(process)


async def _start(
    folder: Path, heard: Path, user: str, params: str
) -> tuple[asyncio.subprocess.Process, Control, int]:
    """Begin anew with other ports when somebody was faster at one of them."""
    for _ in range(_STARTS):
        sip, control = free_port(), free_tcp_port()
        _configure(folder, heard, f"<sip:{user}@127.0.0.1:{sip}>;regint=0{params}", sip, control)
        process = await asyncio.create_subprocess_exec(
            *("baresip", "-f", str(folder)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        connection = await _connect(process, control)
        if connection is not None:
            return process, connection, sip
        await _stop(process)
    raise AssertionError("baresip does not start")


def _configure(folder: Path, heard: Path, account: str, sip: int, control: int) -> None:
    first = free_port()
    config = _CONFIG.format(
        modules=_MODULES,
        sip=sip,
        control=control,
        says=folder / "says.wav",
        heard=heard,
        first=first,
        last=first + 20,
    )
    (folder / "config").write_text(config)
    (folder / "accounts").write_text(f"{account}\n")
    (folder / "contacts").write_text("")


async def _connect(process: asyncio.subprocess.Process, port: int) -> Control | None:
    """Its control connection; None when the process gave up."""
    async with asyncio.timeout(_START_SECONDS):
        while process.returncode is None:
            with suppress(OSError):
                return Control(*await asyncio.open_connection("127.0.0.1", port))
            await asyncio.sleep(0.05)
    return None


async def _stop(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()


def _write_wave(path: Path, sound: bytes) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(sound)
