"""A leg without a network: what it hears and when it speaks is the test's matter."""

from collections.abc import Iterable, Mapping

from switchyard_phone.adapters.legs.base import BaseLeg
from switchyard_phone.domain.calls import (
    CallFacts,
    CallId,
    Ended,
    Line,
    Quality,
    Transfer,
    Transferred,
)


class StillLeg(BaseLeg):
    """The port CallLeg. `said` are the frames that were sent."""

    def __init__(self) -> None:
        super().__init__(CallFacts(CallId("call-1"), Line.SIP))
        self.said: list[bytes] = []

    def hear(self, frames: Iterable[bytes]) -> None:
        """The caller says this at once."""
        for frame in frames:
            self._frames.put(frame)

    def beat(self, frames: int = 1) -> int:
        """Send so many frames, if there are; how many there were."""
        before = len(self.said)
        for _ in range(frames):
            frame = self._speech.take()
            if frame is not None:
                self.said.append(frame)
            self._speech.sent(self._speech.taken)
        return len(self.said) - before

    async def answer(self) -> None:
        self._must_live()

    async def refuse(self, status: int) -> None:
        self._end(Ended.REFUSED)

    def flush(self) -> float:
        return self._speech.flush()

    async def blind_transfer(
        self, target: str, headers: Mapping[str, str], seconds: float
    ) -> Transferred:
        return Transferred(Transfer.UNSUPPORTED, lives=True)

    async def attended_transfer(
        self, target: str, headers: Mapping[str, str], seconds: float
    ) -> Transferred:
        return Transferred(Transfer.UNSUPPORTED, lives=True)

    async def hang_up(self, cause: Ended = Ended.HERE) -> None:
        self._end(cause)

    def quality(self) -> Quality:
        return Quality()
