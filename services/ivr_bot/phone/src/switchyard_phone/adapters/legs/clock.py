"""The beat of all legs of a line: one task instead of one for each call."""

import asyncio
from collections.abc import Callable

from switchyard_phone.domain.audio import FRAME_SECONDS

_MOST_BEHIND_SECONDS = 1.0


async def beat(tick: Callable[[int], None]) -> None:
    """Call `tick` with the number of frames due, every 20 ms on average; for ever.

    Late beats are made up for, up to a second: frames are sent in time on the whole.
    """
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        behind = loop.time() - due
        if behind > _MOST_BEHIND_SECONDS:
            due = loop.time()
            behind = 0.0
        frames = 1 + int(behind / FRAME_SECONDS)
        tick(frames)
        due += frames * FRAME_SECONDS
        await asyncio.sleep(max(0.0, due - loop.time()))
