"""A channel with mutual TLS whose new calls show the newest certificate.

gRPC's own channels keep the certificate they were opened with.
"""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, override
from weakref import WeakSet

import grpc

from switchyard_common.certificate import Renewed

_LOOK_SECONDS = 1.0


class OpenChannel:
    """A channel and the calls that go over it; ends once nobody holds one of them any more."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.channel = channel
        self.calls: WeakSet[Any] = WeakSet()

    async def end(self) -> None:
        """Close it when its last call is over."""
        while True:
            if all(call.done() for call in self.calls):
                await self.channel.close()
                return
            await asyncio.sleep(_LOOK_SECONDS)


class RenewedChannel(grpc.aio.Channel):
    """Takes a new connection for new calls once `renewed` has another channel; the calls of before
    go on over theirs, which is closed after the last of them."""

    def __init__(self, renewed: Renewed[OpenChannel]) -> None:
        self._renewed = renewed
        self._open = renewed.current()
        self._ending: dict[asyncio.Task[None], OpenChannel] = {}

    def newest(self) -> OpenChannel:
        """Where calls go now."""
        newest = self._renewed.current()
        if newest is not self._open:
            task = asyncio.create_task(self._open.end(), name="channel of the old certificate")
            self._ending[task] = self._open
            task.add_done_callback(self._ending.pop)
            self._open = newest
        return newest

    @override
    async def __aenter__(self) -> Self:
        return self

    @override
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    @override
    async def close(self, grace: float | None = None) -> None:
        """As gRPC's; the calls that are left on old connections end, too."""
        for task, old in tuple(self._ending.items()):
            task.cancel()
            await old.channel.close(grace)
        await self._open.channel.close(grace)

    @override
    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        return self.newest().channel.get_state(try_to_connect)

    @override
    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        await self.newest().channel.wait_for_state_change(last_observed_state)

    @override
    async def channel_ready(self) -> None:
        await self.newest().channel.channel_ready()

    @override
    def unary_unary(self, *names: Any, **options: Any) -> Any:
        return _Method(self, lambda channel: channel.unary_unary(*names, **options))

    @override
    def unary_stream(self, *names: Any, **options: Any) -> Any:
        return _Method(self, lambda channel: channel.unary_stream(*names, **options))

    @override
    def stream_unary(self, *names: Any, **options: Any) -> Any:
        return _Method(self, lambda channel: channel.stream_unary(*names, **options))

    @override
    def stream_stream(self, *names: Any, **options: Any) -> Any:
        return _Method(self, lambda channel: channel.stream_stream(*names, **options))


class _Method:
    """A method of whichever channel is the newest."""

    def __init__(
        self, channel: RenewedChannel, method_of: Callable[[grpc.aio.Channel], Any]
    ) -> None:
        self._channel = channel
        self._method_of = method_of
        self._over: OpenChannel | None = None
        self._method: Any = None

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Begin a call."""
        newest = self._channel.newest()
        if newest is not self._over:
            self._over, self._method = newest, self._method_of(newest.channel)
        call = self._method(*arguments, **options)
        newest.calls.add(call)
        return call
