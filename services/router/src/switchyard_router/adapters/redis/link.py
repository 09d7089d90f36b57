"""One connection for every command that does not block: what many callers ask at once is one write.

A connection per command, as a pool gives it, costs a write, a read and a wait each; here commands
of one turn of the loop share them. Replies come in order, so matching them needs no ids.
"""

import asyncio
import math
from collections import deque
from collections.abc import Sequence
from typing import Any

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

type Argument = str | bytes | int | float
type Command = Sequence[Argument]
type _Reply = asyncio.Future[Any]


class Link:
    """Sends commands and returns raw RESP3 replies; connects when first used and after failures.

    `pool` is redis-py's: it makes the connection, with its address, credentials and TLS.

    A failure fails every command under way: whether they happened is not known, and nothing is
    repeated here. Callers repeat, with their request ids.
    """

    def __init__(self, pool: Any, timeout_seconds: float) -> None:
        self._pool = pool
        self._timeout_seconds = timeout_seconds
        self._outgoing: list[tuple[Command, _Reply]] = []
        self._waiting: deque[_Reply] = deque()
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def call(self, *command: Argument) -> Any:
        """One command's reply. Raises redis-py's exceptions."""
        (reply,) = await self.calls((command,))
        return reply

    async def calls(self, commands: Sequence[Command]) -> list[Any]:
        """The replies of several commands, sent together; the first error reply is raised."""
        loop = asyncio.get_running_loop()
        replies: list[_Reply] = [loop.create_future() for _ in commands]
        self._outgoing += zip(commands, replies, strict=True)
        self._news.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="redis_link")
        try:
            async with asyncio.timeout(self._timeout_seconds):
                results = [await reply for reply in replies]
        except TimeoutError:
            late = RedisTimeoutError(f"no reply within {self._timeout_seconds} s")
            self._fail(late)
            raise late from None
        for result in results:
            if isinstance(result, RedisError):
                raise result
        return results

    async def aclose(self) -> None:
        """Close the connection; commands under way fail."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))

    async def _run(self) -> None:
        connection = self._pool.make_connection()
        try:
            await connection.connect()
            async with asyncio.TaskGroup() as group:
                group.create_task(self._write(connection))
                group.create_task(self._read(connection))
        except* (RedisError, OSError) as errors:
            self._fail_all(errors.exceptions[0])
        finally:
            self._fail_all(RedisConnectionError("the connection was closed"))
            await connection.disconnect(nowait=True)

    async def _write(self, connection: Any) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            batch, self._outgoing = self._outgoing, []
            self._waiting.extend(reply for _, reply in batch)
            packed = connection.pack_commands([command for command, _ in batch])
            await connection.send_packed_command(packed, check_health=False)

    async def _read(self, connection: Any) -> None:
        while True:
            try:
                result = await connection.read_response(timeout=math.inf, disconnect_on_error=False)
            except ResponseError as error:
                result = error
            reply = self._waiting.popleft()
            if not reply.done():  # its caller may have been cancelled
                reply.set_result(result)

    def _fail(self, error: RedisError) -> None:
        """The connection does not answer: give it up, the next command opens another."""
        if self._task is not None:
            self._task.cancel()
        self._fail_all(error)

    def _fail_all(self, error: BaseException) -> None:
        failure = error if isinstance(error, RedisError) else RedisConnectionError(str(error))
        waiting = [*self._waiting, *(reply for _, reply in self._outgoing)]
        self._waiting.clear()
        self._outgoing.clear()
        for reply in waiting:
            if not reply.done():
                reply.set_result(failure)
