"""The AGI protocol on one connection: what Asterisk says first, commands, and the hang-up."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from switchyard_router.domain.names import bad_field

LONGEST_LINE = 4096
_MOST_LINES = 100
_MOST_STRAY_LINES = 20
_HEADER_SECONDS = 5.0
_REPLY_SECONDS = 5.0
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")
_VALUE = re.compile(r"200 result=1 \((.*)\)$")


class AgiBroken(Exception):
    """The peer is gone, too slow, or does not speak AGI; the connection is of no use any more."""


@dataclass(frozen=True, slots=True)
class AgiRequest:
    """What a dialplan asks: the script's path without slashes at its ends, its parameters, and what
    Asterisk says of the channel (`uniqueid`, `callerid`, …)."""

    script: str
    parameters: Mapping[str, str]
    channel: Mapping[str, str]


class AgiChannel:
    """One connection. Bounded in line length, number of lines and patience."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._hung_up = False

    async def read_request(self) -> AgiRequest:
        """The lines that Asterisk begins with; AgiBroken if they are none, INVALID if the request's
        parameters contradict each other."""
        try:
            async with asyncio.timeout(_HEADER_SECONDS):
                said = await self._headers()
        except TimeoutError as error:
            raise AgiBroken("no request within 5 s") from error
        if said.get("network") != "yes":
            raise AgiBroken("not a FastAGI request")
        parts = urlsplit(f"//agi/{said.get('network_script', '').lstrip('/')}")
        parameters: dict[str, str] = {}
        for name, value in parse_qsl(parts.query, keep_blank_values=True):
            if name in parameters:
                raise bad_field(name, "give it once")
            parameters[name] = value
        return AgiRequest(parts.path.strip("/"), parameters, said)

    async def set_variables(self, variables: Mapping[str, str]) -> None:
        """Set channel variables; on a channel that hung up too, as Asterisk allows."""
        for name, value in variables.items():
            await self._command(f'SET VARIABLE {name} "{_quoted(value)}"')

    async def variable(self, name: str) -> str:
        """A channel variable; empty if it is not set."""
        found = _VALUE.match(await self._command(f"GET VARIABLE {name}"))
        return found.group(1) if found else ""

    async def hang_up(self) -> None:
        """Returns when the caller has hung up, or the connection has ended."""
        stray = 0
        while not self._hung_up:
            line = await self._line()
            self._hung_up = line is None or line == "HANGUP"
            stray += 1
            if stray > _MOST_STRAY_LINES:
                raise AgiBroken("it talks without being asked")

    async def close(self) -> None:
        """End the connection: the dialplan goes on."""
        self._writer.close()
        try:
            async with asyncio.timeout(_REPLY_SECONDS):
                await self._writer.wait_closed()
        except (OSError, TimeoutError):  # it is closed all the same
            self._writer.transport.abort()

    async def _headers(self) -> dict[str, str]:
        said: dict[str, str] = {}
        for _ in range(_MOST_LINES):
            line = await self._line()
            if line is None:
                break
            if not line:
                return said
            name, colon, value = line.partition(":")
            if not colon or not name.startswith("agi_"):
                break
            said[name.removeprefix("agi_")] = value.strip()
        raise AgiBroken("not a FastAGI request")

    async def _command(self, command: str) -> str:
        try:
            async with asyncio.timeout(_REPLY_SECONDS):
                self._writer.write(f"{command}\n".encode())
                await self._writer.drain()
                return await self._reply()
        except (OSError, TimeoutError) as error:
            raise AgiBroken("no reply to a command") from error

    async def _reply(self) -> str:
        usage = False
        for _ in range(_MOST_LINES):
            line = await self._line()
            if line is None:
                break
            if line == "HANGUP":
                self._hung_up = True
            elif line.startswith("520-"):
                usage = True
            elif line[:3].isdigit() and (not usage or line.startswith("520 ")):
                return line
        raise AgiBroken("no reply to a command")

    async def _line(self) -> str | None:
        """A line without its end; None at the end of the connection."""
        try:
            raw = await self._reader.readline()
        except ValueError as error:  # longer than LONGEST_LINE
            raise AgiBroken("a line is too long") from error
        except OSError:
            return None
        if not raw.endswith(b"\n"):
            return None
        return raw.decode("utf-8", "replace").rstrip("\r\n")


def _quoted(value: str) -> str:
    """As Asterisk reads it between quotation marks: one line, marks and strokes escaped."""
    flat = _UNPRINTABLE.sub(" ", value)
    return flat.replace("\\", "\\\\").replace('"', '\\"')
