"""One connection for every command that does not block: what many callers ask at once is one write.

A connection per command, as a pool gives it, costs a write, a read and a wait each; here commands
of one moment share them. Replies come in order, so matching them needs no ids.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextvars import Context
from dataclasses import dataclass
from typing import Any

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from switchyard_router.adapters.redis.wire import Argument, Command, Wire
from switchyard_router.adapters.redis.writer import Writer, is_elsewhere

type _Reply = asyncio.Future[Any]

_CHANGES = frozenset(("EVALSHA", "EVAL", "SADD", "SET"))
_PACE_SECONDS = 0.001
"""Under load, writes are this far apart: each costs more than the commands in it."""
_LOOKS_PER_TIMEOUT = 8
"""How often a late reply is looked for within the time it may take."""


@dataclass(frozen=True, slots=True)
class Replicas:
    """How many replicas must have a change before it is acknowledged, and how long (ms) to wait."""

    count: int
    wait_ms: int


class NotReplicated(RedisError):
    """The change was made, but too few replicas have it: repeat the request to know more."""


class Link:
    """Sends commands and returns raw RESP3 replies; connects when first used and after failures.

    `writer` opens its connection. With `replicas`, replies to changes are held back until so many
    replicas have them: one WAIT serves all changes of one write.

    A failure fails every command under way: whether they happened is not known, and nothing is
    repeated here. Callers repeat, with their request ids.
    """

    def __init__(
        self, writer: Writer, timeout_seconds: float, replicas: Replicas | None = None
    ) -> None:
        self._writer = writer
        self._timeout_seconds = timeout_seconds
        self._replicas = replicas
        self._outgoing: list[tuple[Command, _Reply]] = []
        self._waiting: deque[_Batch] = deque()
        self._task: asyncio.Task[None] | None = None
        self._wire: Wire | None = None
        self._broken: asyncio.Future[BaseException] | None = None
        self._planned = False
        self._next_write = 0.0

    async def call(self, *command: Argument) -> Any:
        """One command's reply. Raises redis-py's exceptions."""
        result = await self._submit(command)
        if isinstance(result, RedisError):
            raise result
        return result

    async def calls(self, commands: Sequence[Command]) -> list[Any]:
        """The replies of several commands, sent together; the first error reply is raised."""
        replies = [self._submit(command) for command in commands]
        results = [await reply for reply in replies]
        for result in results:
            if isinstance(result, RedisError):
                raise result
        return results

    @property
    def history_changes(self) -> int:
        """How often the store came back with another history: promoted, or restarted."""
        return self._writer.changes

    async def replicated(self, mark: str) -> None:
        """Return once what was read before has its replicas too; `mark` is a key to write.

        Without `replicas` there is nothing to wait for. Raises NotReplicated.
        """
        if self._replicas is not None:
            await self.call("SET", mark, "")

    async def aclose(self) -> None:
        """Close the connection; commands under way fail."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))

    def _submit(self, command: Command) -> _Reply:
        loop = asyncio.get_running_loop()
        reply: _Reply = loop.create_future()
        self._outgoing.append((command, reply))
        if self._task is None or self._task.done():
            # In a context of its own: what it logs is not about the request that came first.
            self._task = asyncio.create_task(self._run(), name="redis_link", context=Context())
        self._plan(loop)
        return reply

    def _plan(self, loop: asyncio.AbstractEventLoop) -> None:
        """Write soon: at the end of this turn, or when the last write is a moment ago."""
        if self._planned or self._wire is None:
            return
        self._planned = True
        wait = self._next_write - loop.time()
        if wait > 0:
            loop.call_later(wait, self._write)
        else:
            loop.call_soon(self._write)

    async def _run(self) -> None:
        """Open the connection and keep it until it breaks or is not the one to talk to."""
        error: BaseException = RedisConnectionError("the connection was closed")
        try:
            async with asyncio.timeout(self._timeout_seconds):
                connection, over = await self._writer.open()
            error = await self._serve(connection, over)
            self._writer.lost(error)
        except TimeoutError:
            error = self._late()
        except (RedisError, OSError) as failure:
            error = failure
        finally:
            self._fail_all(error)

    async def _serve(self, connection: Any, over: asyncio.Event) -> BaseException:
        loop = asyncio.get_running_loop()
        broken = self._broken = loop.create_future()
        wire = self._wire = Wire(connection, self._take, self._break)
        moved = asyncio.create_task(over.wait())
        try:
            self._plan(loop)
            while not broken.done() and not moved.done():
                await asyncio.wait(
                    (broken, moved),
                    timeout=self._timeout_seconds / _LOOKS_PER_TIMEOUT,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if self._waiting and loop.time() > self._waiting[0].sent + self._timeout_seconds:
                    return self._late()
            if broken.done():
                failure: BaseException = broken.result()
                return failure
            return RedisConnectionError("the writer is another one now")
        finally:
            moved.cancel()
            self._wire = self._broken = None
            await wire.aclose()

    def _write(self) -> None:
        self._planned = False
        if self._wire is None or not self._outgoing:
            return
        sent, self._outgoing = self._outgoing, []
        commands = [command for command, _ in sent]
        held = self._replicas if any(c[0] in _CHANGES for c in commands) else None
        now = asyncio.get_running_loop().time()
        self._waiting.append(_Batch([reply for _, reply in sent], held, now))
        if held is not None:
            commands.append(("WAIT", held.count, held.wait_ms))
        self._wire.write(commands)
        self._next_write = now + _PACE_SECONDS

    def _take(self, result: Any) -> None:
        if self._waiting[0].take(result):
            self._waiting.popleft()
        if isinstance(result, RedisError) and is_elsewhere(result):
            self._break(result)

    def _break(self, error: BaseException) -> None:
        if self._broken is not None and not self._broken.done():
            self._broken.set_result(error)

    def _late(self) -> RedisTimeoutError:
        return RedisTimeoutError(f"no reply within {self._timeout_seconds} s")

    def _fail_all(self, error: BaseException) -> None:
        failure = error if isinstance(error, RedisError) else RedisConnectionError(str(error))
        replies = [reply for batch in self._waiting for reply in batch.replies]
        replies += [reply for _, reply in self._outgoing]
        self._waiting.clear()
        self._outgoing.clear()
        for reply in replies:
            _answer(reply, failure)


class _Batch:
    """Commands that were written together, waiting for their replies."""

    __slots__ = ("_held", "_results", "_taken", "replies", "sent")

    def __init__(self, replies: list[_Reply], held: Replicas | None, sent: float) -> None:
        self.replies = replies
        self.sent = sent
        self._held = held
        self._results: list[Any] = []
        self._taken = 0

    def take(self, result: Any) -> bool:
        """The next reply; True when it was the last."""
        self._taken += 1
        if self._held is None:
            _answer(self.replies[self._taken - 1], result)
            return self._taken == len(self.replies)
        if self._taken <= len(self.replies):
            self._results.append(result)
            return False
        self._release(self._held, result)
        return True

    def _release(self, held: Replicas, having: Any) -> None:
        enough = isinstance(having, int) and having >= held.count
        late = NotReplicated(f"{having} of {held.count} replicas have it after {held.wait_ms} ms")
        for reply, result in zip(self.replies, self._results, strict=True):
            _answer(reply, result if enough or isinstance(result, RedisError) else late)


def _answer(reply: _Reply, result: Any) -> None:
    if not reply.done():  # its caller may have been cancelled
        reply.set_result(result)
