"""The first message of a stream."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from switchyard_router.domain.names import bad_field

HELLO_SECONDS = 10.0


async def first_message(up: AsyncIterator[Any], seconds: float = HELLO_SECONDS) -> Any:
    """What the client says first; INVALID if that is not hello, or takes too long.

    The read is not cancelled when it takes too long: gRPC would end the whole call as CANCELLED
    with it, and the client would not learn why.
    """
    reading = asyncio.ensure_future(anext(aiter(up), None))
    reading.add_done_callback(_end_is_no_news)
    done, _ = await asyncio.wait((reading,), timeout=seconds)
    first = reading.result() if done else None
    if first is None:
        raise bad_field("hello", f"send it first, within {seconds:.0f} s")
    if first.WhichOneof("body") != "hello":
        raise bad_field("body", "the first message must be hello")
    return first.hello


def _end_is_no_news(reading: asyncio.Future[Any]) -> None:
    """A read that outlived its stream ends with it; whoever waited asks for the result anyway."""
    if not reading.cancelled():
        reading.exception()
