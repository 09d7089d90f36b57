"""A SIP line on loopback, and a process that does with each call what a test says."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace

from switchyard_phone.adapters.sip.door import DoorMeter
from switchyard_phone.adapters.sip.exchange import SipExchange, SipLine
from switchyard_phone.service.leg import CallLeg, Exchange

LOOPBACK = "127.0.0.1"
RTP_PORTS = (30_000, 31_998)


class CountingMeter(DoorMeter):
    """Remembers why requests were refused."""

    def __init__(self) -> None:
        self.refusals: list[str] = []

    def refused(self, why: str) -> None:
        self.refusals.append(why)


LINE = SipLine(
    host=LOOPBACK,
    port=0,
    rtp_ports=RTP_PORTS,
    may_call=lambda host: host == LOOPBACK,
    calls_at_once=40,
    calls_per_second=1000,
)


@asynccontextmanager
async def sip_line(
    meter: CountingMeter | None = None, **changes: object
) -> AsyncIterator[SipExchange]:
    """A line that takes calls for the length of the block."""
    exchange = SipExchange(replace(LINE, **changes), meter or CountingMeter())  # type: ignore[arg-type]
    await exchange.start()
    try:
        yield exchange
    finally:
        await exchange.close()


@asynccontextmanager
async def serving(
    exchange: Exchange, serve: Callable[[CallLeg], Coroutine[None, None, None]]
) -> AsyncIterator[None]:
    """Every call of the line is served so; what goes wrong with one fails the test."""
    async with asyncio.TaskGroup() as group:

        async def take() -> None:
            async for leg in exchange.arrivals():
                group.create_task(serve(leg))

        taking = group.create_task(take())
        try:
            yield
        finally:
            taking.cancel()
