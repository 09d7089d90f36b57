"""A few engine processes for many callers: started ahead, a bounded queue, restarts."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Self

import structlog

from switchyard_phone.adapters.speech.process import (
    EngineGone,
    EngineProcess,
    engine_process,
)
from switchyard_phone.service.recognition import RecognizerDown
from switchyard_phone.service.speech_meter import SpeechMeter


@dataclass(frozen=True, slots=True)
class PoolRules:
    """How much is taken on, and for how long."""

    name: str
    """In metrics and logs: voice or text."""
    processes: int
    waiting: int
    """Pieces of work that may wait; more are refused at once."""
    deadline_seconds: float
    """For waiting and for the work, each; a process that takes longer is killed."""
    start_seconds: float = 120.0
    """A process that has not loaded its model by then is given up."""
    first_pause_seconds: float = 0.2
    longest_pause_seconds: float = 30.0
    """Between two starts of a process that ends: doubled each time, until one has worked."""


@dataclass(eq=False, slots=True)
class _Job:
    question: bytes
    since: float
    answer: asyncio.Future[bytes] = field(repr=False)

    def fail(self, why: str) -> None:
        if not self.answer.done():
            self.answer.set_exception(RecognizerDown(why))
            self.answer.exception()  # whoever asked may have left: then nobody looks at it


@dataclass(slots=True)
class _Place:
    settled: bool = False
    """Its first process can work, or could not be started."""
    worked: bool = False
    """Its last process has answered something."""


class Pool:
    """Answers questions by processes of one kind. Use it as a context manager.

    Entering it returns once each process can work or has failed to start; those that failed are
    tried again and again, as are those that end.
    """

    def __init__(
        self,
        argv: Sequence[str],
        rules: PoolRules,
        meter: SpeechMeter,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._argv = tuple(argv)
        self._rules = rules
        self._meter = meter
        self._pause = pause
        self._jobs: asyncio.Queue[_Job] = asyncio.Queue(rules.waiting)
        self._ready = 0
        self._starting = rules.processes
        self._settled = asyncio.Event()
        self._keepers: list[asyncio.Task[None]] = []
        self._log = structlog.stdlib.get_logger().bind(engine=rules.name)

    @property
    def ready(self) -> int:
        """How many processes can work now."""
        return self._ready

    @property
    def waiting(self) -> int:
        """How much work waits for a process."""
        return self._jobs.qsize()

    async def __aenter__(self) -> Self:
        self._keepers = [asyncio.create_task(self._keep()) for _ in range(self._rules.processes)]
        try:
            await self._settled.wait()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        self._refuse_all("closed")

    async def ask(self, question: bytes) -> bytes:
        """The answer of the first process that is free.

        RecognizerDown: no process lives, too many wait, it took too long, or the process died.
        """
        if not self._ready:
            raise self._failure("down")
        loop = asyncio.get_running_loop()
        job = _Job(question, loop.time(), loop.create_future())
        try:
            self._jobs.put_nowait(job)
        except asyncio.QueueFull:
            raise self._failure("busy") from None
        try:
            async with asyncio.timeout(2 * self._rules.deadline_seconds):
                return await job.answer
        except TimeoutError:
            raise self._failure("late") from None
        finally:
            job.answer.cancel()  # nobody waits for it any more

    def _failure(self, why: str) -> RecognizerDown:
        self._meter.failed(self._rules.name, why)
        return RecognizerDown(why)

    async def _keep(self) -> None:
        """One place in the pool: a process after the other."""
        place = _Place()
        pause = self._rules.first_pause_seconds
        while True:
            try:
                async with engine_process(self._argv, self._rules.start_seconds) as engine:
                    await self._employ(engine, place)
            except EngineGone as error:
                self._log.warning("speech_engine_gone", reason=str(error))
            self._settle(place)
            if not self._ready:
                self._refuse_all("down")
            if place.worked:
                pause, place.worked = self._rules.first_pause_seconds, False
            await self._pause(pause)
            pause = min(2 * pause, self._rules.longest_pause_seconds)
            self._meter.restarted(self._rules.name)

    async def _employ(self, engine: EngineProcess, place: _Place) -> None:
        """Give it work until it ends: EngineGone."""
        self._count(+1)
        self._settle(place)
        try:
            while True:
                job = await self._next(engine)
                if not job.answer.done():
                    await self._work(engine, job)
                    place.worked = True
        finally:
            self._count(-1)

    async def _next(self, engine: EngineProcess) -> _Job:
        """The next piece of work; EngineGone if the process ends while idle."""
        get = asyncio.ensure_future(self._jobs.get())
        try:
            await asyncio.wait({get, engine.ended}, return_when=asyncio.FIRST_COMPLETED)
            if get.done():
                return get.result()
        finally:
            get.cancel()
        raise EngineGone("it ended while idle")

    async def _work(self, engine: EngineProcess, job: _Job) -> None:
        loop = asyncio.get_running_loop()
        started = loop.time()
        self._meter.queued(self._rules.name, started - job.since)
        try:
            async with asyncio.timeout(self._rules.deadline_seconds):
                answer = await engine.ask(job.question)
        except (EngineGone, TimeoutError) as error:
            why = "late" if isinstance(error, TimeoutError) else "died"
            self._meter.failed(self._rules.name, why)
            job.fail(why)
            raise EngineGone(why) from error
        except asyncio.CancelledError:
            job.fail("closed")
            raise
        self._meter.worked(self._rules.name, loop.time() - started)
        if not job.answer.done():
            job.answer.set_result(answer)

    def _count(self, change: int) -> None:
        self._ready += change
        self._meter.ready(self._rules.name, self._ready)

    def _settle(self, place: _Place) -> None:
        """It is known whether this place works."""
        self._starting -= not place.settled
        place.settled = True
        if self._starting <= 0:
            self._settled.set()

    def _refuse_all(self, why: str) -> None:
        while not self._jobs.empty():
            self._jobs.get_nowait().fail(why)
