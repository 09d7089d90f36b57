"""What is being said on a leg: turns in order, counted by what was really sent."""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator

from switchyard_phone.domain.audio import BYTES_PER_SECOND, FRAME_BYTES


class _Turn:
    def __init__(self, frames: Iterable[bytes]) -> None:
        self.frames: Iterator[bytes] = iter(frames)
        self.first: int | None = None  # bytes taken from all turns before this one
        self.taken_all = False
        self.done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()


class Speech:
    """Frames to send, fetched by the leg's clock. Positions are bytes since the call began."""

    def __init__(self) -> None:
        self._turns: deque[_Turn] = deque()
        self._taken = 0
        self._sent = 0

    @property
    def taken(self) -> int:
        """Bytes fetched so far."""
        return self._taken

    @property
    def pending(self) -> bool:
        """Whether something is still to be said, or is not known to have left."""
        return bool(self._turns)

    async def say(self, frames: Iterable[bytes]) -> bool:
        """Add a turn and wait until it was sent; False when it was flushed."""
        turn = _Turn(frames)
        self._turns.append(turn)
        try:
            return await turn.done
        finally:
            if not turn.done.done() or turn.done.cancelled():
                self._drop(turn)

    def take(self) -> bytes | None:
        """The next frame; None when there is nothing to say now."""
        for turn in self._turns:
            if turn.taken_all:
                continue
            if turn.first is None:
                turn.first = self._taken
            frame = self._next(turn)
            if frame is None:
                turn.taken_all = True
                continue
            self._taken += len(frame)
            return frame.ljust(FRAME_BYTES, b"\0")
        return None

    def sent(self, position: int) -> None:
        """So many of the fetched bytes have left; turns that are out are done."""
        self._sent = max(self._sent, min(position, self._taken))
        while self._turns and self._turns[0].taken_all and self._sent >= self._end(0):
            self._finish(self._turns.popleft(), True)

    def flush(self) -> float:
        """Drop everything that is still to be said; seconds of the current turn that were sent."""
        current = self._turns[0].first if self._turns else None
        heard = 0 if current is None else max(0, self._sent - current)
        while self._turns:
            self._finish(self._turns.popleft(), False)
        self._sent = self._taken
        return heard / BYTES_PER_SECOND

    def _end(self, index: int) -> int:
        following = self._turns[index + 1].first if len(self._turns) > index + 1 else None
        return self._taken if following is None else following

    @staticmethod
    def _next(turn: _Turn) -> bytes | None:
        """Whoever gave the frames is told what goes wrong with them, not the leg's clock."""
        try:
            return next(turn.frames, None)
        except Exception as error:  # noqa: BLE001
            if not turn.done.done():
                turn.done.set_exception(error)
            return None

    def _drop(self, turn: _Turn) -> None:
        if turn in self._turns:
            self._turns.remove(turn)

    @staticmethod
    def _finish(turn: _Turn, whole: bool) -> None:
        if not turn.done.done():
            turn.done.set_result(whole)
