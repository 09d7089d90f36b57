"""The SIP line: the stack behind its door."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from typing import override

import structlog
from baresip import Account, BaresipError, Call, Config, Runtime, UserAgent
from switchyard_common.errors import StartError

from switchyard_phone.adapters.legs.clock import beat
from switchyard_phone.adapters.legs.exchange import BaseExchange
from switchyard_phone.adapters.sip.door import Addresses, Door, DoorMeter, Side
from switchyard_phone.adapters.sip.fence import let_in_only
from switchyard_phone.adapters.sip.leg import SipLeg
from switchyard_phone.adapters.sip.via import Address
from switchyard_phone.domain.calls import CallId, Ended

_USER = "switchyard"
_STARTS = 3
_PULSE_SECONDS = 10.0
_COMMAND_SECONDS = 30.0
"""A stack that does not answer for so long hangs. Not less: a whole machine may stand still for a
moment, and then the time is up before the answer is read."""
_PICTURE = (16, 16)
"""Calls are answered with video (see leg.py), and the stack keeps room for pictures in each."""
_BYE_SECONDS = 3.0


class LineDead(Exception):
    """The SIP stack has died. It cannot be started again: the process must be."""


@dataclass(frozen=True, slots=True)
class SipLine:
    """How the line is set up."""

    host: str
    port: int
    rtp_ports: tuple[int, int]
    may_call: Callable[[str], bool]
    codecs: tuple[str, ...] = ("pcmu", "pcma")
    told_host: str = ""
    """What the world is told instead of host."""
    calls_at_once: int = 100
    calls_per_second: float = 20.0
    silence_seconds: int = 60


class SipExchange(BaseExchange[SipLeg]):
    """Takes calls by SIP. `start` it, read `arrivals`, `close` it; one at a time in a process."""

    def __init__(self, line: SipLine, meter: DoorMeter) -> None:
        super().__init__(line.calls_at_once, line.calls_per_second)
        self._line = line
        self._meter = meter
        self._runtime = Runtime()
        self._door: Door | None = None
        self._agent: UserAgent | None = None
        self._work: set[asyncio.Task[None]] = set()
        self._dead = False
        self._log = structlog.stdlib.get_logger()
        self.port = 0
        """The UDP port that calls arrive on."""

    async def start(self) -> None:
        """Begin to take calls; raises StartError when the port is taken."""
        # The stack's own lines name callers; what operators need is told here.
        logging.getLogger("baresip").setLevel(logging.CRITICAL + 1)
        with ExitStack() as undo:
            outside = undo.enter_context(_bind(self._line.host, self._line.port))
            inside = undo.enter_context(_bind(self._line.host, 0))
            self.port = outside.getsockname()[1]
            here = self._addresses(inside, await self._start_stack())
            let_in_only(here.inside, here.stack)
            door = Door(here, self._line.may_call, self._admission, self._meter)
            await self._open(door, outside, inside)
            undo.pop_all()
        self._door = door
        self._agent = await self._create_agent(here)
        self._agent.on_incoming(partial(self._arrive, door))
        self._work |= {
            asyncio.create_task(beat(self._tick)),
            asyncio.create_task(self._feel_pulse()),
        }

    def _addresses(self, inside: socket.socket, stack: Address) -> Addresses:
        return Addresses(
            outside=(self._line.host, self.port),
            told=(self._line.told_host or self._line.host, self.port),
            inside=inside.getsockname()[:2],
            stack=stack,
        )

    async def _create_agent(self, here: Addresses) -> UserAgent:
        account = Account(
            _USER,
            f"{here.told[0]}:{here.told[1]}",
            "",
            reg_interval=0,
            audio_codecs=self._line.codecs,
            registrar=f"sip:{here.inside[0]}:{here.inside[1]};lr",
            extra_params=("catchall=yes",),
        )
        return await UserAgent.create(self._runtime, account, transfer_policy="reject")

    @override
    async def arrivals(self) -> AsyncIterator[SipLeg]:
        """Calls that were let in; one may be over when it is read. Raises LineDead."""
        async for leg in super().arrivals():
            yield leg
        if self._dead:
            raise LineDead

    async def close(self) -> None:
        """End what is left, and stop."""
        self._admission.draining = True
        self._arrivals.close()
        await self._hang_up_all()
        for task in self._work:
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)
        if not self._dead:
            await self._runtime.close()
        if self._door is not None:
            await self._door.close()

    async def _start_stack(self) -> Address:
        """Start the stack on a free port of its own."""
        for attempt in range(1, _STARTS + 1):
            with _bind(self._line.host, 0) as probe:
                address: Address = probe.getsockname()[:2]
            runtime = Runtime(command_timeout=_COMMAND_SECONDS)
            try:
                await runtime.start(self._config(address))
            except BaresipError as error:
                self._log.warning("sip_stack_did_not_start", attempt=attempt, problem=str(error))
                continue
            runtime.on_dead = self._die
            self._runtime = runtime
            return address
        raise StartError("the SIP stack does not start; the log says why")

    def _config(self, address: Address) -> Config:
        first, last = self._line.rtp_ports
        return Config(
            net_interface=self._line.host,
            max_concurrent_calls=None,  # the door counts
            native_log_level="error",
            rtp_timeout=self._line.silence_seconds,
            video_size=_PICTURE,
            extra_config_text=f"sip_listen {address[0]}:{address[1]}\nsip_transports udp\n"
            f"rtp_ports {first}-{last}\n",
        )

    async def _open(self, door: Door, outside: socket.socket, inside: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        sides = []
        for taken, receive in ((outside, door.from_outside), (inside, door.from_inside)):
            transport, _ = await loop.create_datagram_endpoint(partial(Side, receive), sock=taken)
            sides.append(transport)
        door.connect(sides[0], sides[1])

    def _arrive(self, door: Door, call: Call) -> None:
        facts = door.facts(CallId(call.call_id or ""))
        if facts is None or facts.id in self._legs:
            self._log.warning("sip_call_without_invite")
            task = asyncio.create_task(_reject(call))
            self._work.add(task)
            task.add_done_callback(self._work.discard)
            return
        self._enter(SipLeg(facts, call, door, self._dial, self._gone))

    async def _dial(self, target: str, headers: Mapping[str, str]) -> Call:
        if self._agent is None:
            raise BaresipError("the line is closed")
        return await self._agent.dial(target, dict(headers), video=False)

    def _tick(self, frames: int) -> None:
        for leg in tuple(self._legs.values()):
            leg.tick(frames)

    async def _feel_pulse(self) -> None:
        """A stack that does not answer is as good as dead; for ever."""
        while True:
            await asyncio.sleep(_PULSE_SECONDS)
            try:
                await self._runtime.set_native_log_level("error")
            except BaresipError as error:
                self._log.error("sip_stack_hangs", problem=type(error).__name__)
                self._die()
                return

    def _die(self) -> None:
        self._dead = True
        for leg in tuple(self._legs.values()):
            leg.lost()
        self._arrivals.close()

    async def _hang_up_all(self) -> None:
        ending = [asyncio.create_task(leg.hang_up(Ended.STOPPED)) for leg in self._legs.values()]
        if ending:
            await asyncio.wait(ending, timeout=_BYE_SECONDS)
        for leg in tuple(self._legs.values()):
            leg.lost()
        await asyncio.gather(*ending, return_exceptions=True)


async def _reject(call: Call) -> None:
    with suppress(BaresipError):  # it is over already
        await call.reject()


def _bind(host: str, port: int) -> socket.socket:
    """A UDP socket of our own."""
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        opened.setblocking(False)
        opened.bind((host, port))
    except OSError as error:
        opened.close()
        raise StartError(
            f"UDP {host}:{port} is not free ({error.strerror}); set PHONE_SIP_PORT"
        ) from error
    return opened
