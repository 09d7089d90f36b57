"""Transfers by REFER (RFC 3515, RFC 3891): what is sent, and what came of it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol
from urllib.parse import quote

from baresip import (
    BaresipError,
    Call,
    CallFailed,
    CallState,
    CallTimeout,
    StaleHandleError,
    TransferFailed,
)

from switchyard_phone.domain.calls import Ended, Transfer, Transferred

type Dial = Callable[[str, Mapping[str, str]], Awaitable[Call]]
_NO_OUTCOME = "no transfer outcome"


class _Leg(Protocol):
    @property
    def ended(self) -> Ended | None: ...

    async def over(self) -> None: ...


async def blind(
    leg: _Leg, call: Call, target: str, headers: Mapping[str, str], seconds: float
) -> Transferred:
    """Ask the switch to call the target instead of us."""
    return await _refer(leg, call.transfer(_refer_to(target, headers), timeout=seconds))


async def attended(
    leg: _Leg, call: Call, dial: Dial, target: str, headers: Mapping[str, str], seconds: float
) -> Transferred:
    """Call the target, and connect the caller with it once it answers."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    try:
        consult = await dial(target, headers)
    except BaresipError:
        return _failed(leg, None)
    gone = asyncio.create_task(leg.over())
    try:
        unanswered = await _answered(leg, consult, gone, seconds)
        if unanswered is not None:
            return unanswered
        left = max(1.0, deadline - loop.time())
        outcome = await _refer(leg, call.attended_transfer(consult, timeout=left))
        if outcome.lives:
            await _take_back(call)
        return outcome
    finally:
        gone.cancel()
        await _drop(consult)


async def _answered(
    leg: _Leg, consult: Call, gone: asyncio.Task[None], seconds: float
) -> Transferred | None:
    """Wait until the target answers: None. Otherwise why there is no transfer."""
    answer = asyncio.create_task(consult.wait_established(timeout=seconds))
    await asyncio.wait((answer, gone), return_when=asyncio.FIRST_COMPLETED)
    if not answer.done():
        answer.cancel()
        return Transferred(Transfer.GONE)
    try:
        answer.result()
    except CallTimeout:
        return _failed(leg, None, Transfer.TIMED_OUT)
    except CallFailed as error:
        return _failed(leg, error.status)
    return None


async def _refer(leg: _Leg, transfer: Awaitable[None]) -> Transferred:
    try:
        await transfer
    except TransferFailed as error:
        timed_out = str(error).startswith(_NO_OUTCOME)
        return _failed(leg, error.status, Transfer.TIMED_OUT if timed_out else Transfer.FAILED)
    except StaleHandleError:
        return Transferred(Transfer.GONE)
    except BaresipError:
        return _failed(leg, None)
    return Transferred(Transfer.DONE, 200)


def _failed(leg: _Leg, status: int | None, outcome: Transfer = Transfer.FAILED) -> Transferred:
    """Not connected; unless the caller left meanwhile, they are still here."""
    if leg.ended is Ended.TRANSFERRED:
        return Transferred(Transfer.DONE, 200)
    if leg.ended is not None:
        return Transferred(Transfer.GONE, status)
    return Transferred(outcome, status, lives=True)


async def _take_back(call: Call) -> None:
    """The caller was put on hold for the transfer that failed."""
    try:
        await call.resume()
    except BaresipError:
        # Another renegotiation is on its way; after it, the same is asked for once more.
        await asyncio.sleep(1.0)
        await call.resume()


async def _drop(consult: Call) -> None:
    if consult.state is CallState.CLOSED:
        return
    try:
        await consult.hangup()
    except StaleHandleError:
        return


def _refer_to(target: str, headers: Mapping[str, str]) -> str:
    """The URI to be called, with the headers that the call to it shall have (RFC 3261, 19.1.1)."""
    # "/" may stand there as it is; clients were met that take %2F for a place to put a number.
    fields = "&".join(f"{quote(name)}={quote(value, safe='/')}" for name, value in headers.items())
    return f"{target}?{fields}" if fields else target
