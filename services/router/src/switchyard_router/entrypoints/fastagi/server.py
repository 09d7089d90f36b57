"""The FastAGI listener: takes connections from the PBX machines, each on its own."""

import asyncio
import errno
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from types import TracebackType
from typing import Protocol, Self

import structlog
from switchyard_common.errors import DomainError, StartError

from switchyard_router.entrypoints.fastagi.calls import Refused
from switchyard_router.entrypoints.fastagi.channel import (
    LONGEST_LINE,
    AgiBroken,
    AgiChannel,
    AgiRequest,
)
from switchyard_router.entrypoints.fastagi.scripts import Variables, answer

_MOST_CONNECTIONS = 2_000

type Network = IPv4Network | IPv6Network


class Script(Protocol):
    """What a path stands for."""

    async def run(self, request: AgiRequest, channel: AgiChannel, peer: str) -> Variables:
        """The variables to set; Refused or DomainError if it was refused."""
        ...


class AgiMeter(Protocol):
    """Counts."""

    def agi_connections(self, change: int) -> None:
        """A connection began (1) or ended (-1)."""
        ...

    def agi_ended(self, script: str, outcome: str) -> None:
        """A request ended."""
        ...


class AgiServer:
    """Serves for the length of an `async with`. `scripts` by the first part of the path."""

    def __init__(
        self,
        bind: str,
        port: int,
        networks: Sequence[Network],
        scripts: Mapping[str, Script],
        meter: AgiMeter,
        drain_seconds: float,
        setting: str,
    ) -> None:
        self._bind = bind
        self.port = port
        self._networks = tuple(networks)
        self._scripts = scripts
        self._meter = meter
        self._drain_seconds = drain_seconds
        self._setting = setting
        self._serving: set[asyncio.Task[None]] = set()
        self._log = structlog.stdlib.get_logger()

    async def __aenter__(self) -> Self:
        """Start serving; StartError if the port is taken."""
        try:
            self._server = await asyncio.start_server(
                self._accept, self._bind, self.port, limit=LONGEST_LINE
            )
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES):
                raise
            raise StartError(
                f"cannot listen on {self._bind}:{self.port} ({error.strerror}); stop what uses it "
                f"or set {self._setting}"
            ) from error
        self.port = int(self._server.sockets[0].getsockname()[1])
        self._log.info("fastagi_listening", address=f"agi://{self._bind}:{self.port}/")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.close()
        if self._serving:
            await asyncio.wait(tuple(self._serving), timeout=self._drain_seconds)
        for task in tuple(self._serving):
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._attend(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._serving.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._log.error("agi_crashed", exc_info=task.exception())

    async def _attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        channel = AgiChannel(reader, writer)
        host = str((writer.get_extra_info("peername") or ("",))[0])
        self._meter.agi_connections(1)
        try:
            if self._may_come(host) and len(self._serving) <= _MOST_CONNECTIONS:
                await self._serve(channel, host)
            else:
                self._log.warning("agi_turned_away", peer=host, open=len(self._serving))
                self._meter.agi_ended("", "turned_away")
        finally:
            self._meter.agi_connections(-1)
            await channel.close()

    async def _serve(self, channel: AgiChannel, peer: str) -> None:
        name = ""
        try:
            request = await channel.read_request()
            script = self._scripts.get(request.script.partition("/")[0])
            if script is None:
                await channel.set_variables(answer("ERROR", "UNKNOWN_SCRIPT"))
                outcome = "UNKNOWN_SCRIPT"
            else:
                name = request.script.partition("/")[0]
                outcome = await self._run(script, request, channel, peer)
        except AgiBroken as broken:
            self._log.warning("agi_broken", problem=str(broken), script=name)
            outcome = "broken"
        except DomainError as error:
            outcome = await self._tell(channel, error.reason)
        self._meter.agi_ended(name, outcome)

    async def _run(
        self, script: Script, request: AgiRequest, channel: AgiChannel, peer: str
    ) -> str:
        try:
            variables = await script.run(request, channel, peer)
        except (Refused, DomainError) as error:
            self._log.info("agi_refused", reason=error.reason, problem=str(error))
            variables = answer("ERROR", error.reason)
        await channel.set_variables(variables)
        return variables["SWITCHYARD_STATUS"]

    async def _tell(self, channel: AgiChannel, reason: str) -> str:
        try:
            await channel.set_variables(answer("ERROR", reason))
        except AgiBroken:
            return "broken"
        return "ERROR"

    def _may_come(self, host: str) -> bool:
        try:
            address = ip_address(host.partition("%")[0])
        except ValueError:
            return False
        return any(address in network for network in self._networks)
