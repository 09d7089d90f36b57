"""A channel of an old certificate lives as long as its last call, and no longer."""

import asyncio
from typing import Any

import pytest
from switchyard_common import renewed_channel
from switchyard_common.renewed_channel import OpenChannel, RenewedChannel

pytestmark = pytest.mark.unit


class Call:
    """A call that a test ends."""

    def __init__(self) -> None:
        self.over = False

    def done(self) -> bool:
        return self.over


class Channel:
    """Stands for gRPC's: begins calls, and knows whether it was closed."""

    def __init__(self) -> None:
        self.closed = asyncio.Event()

    def unary_unary(self, *_: Any, **__: Any) -> Any:
        return Call

    async def close(self, _: float | None = None) -> None:
        self.closed.set()


class Newest:
    """What the certificate of the moment is used by."""

    def __init__(self) -> None:
        self.channel = Channel()
        self._open = self._opened()

    def renew(self) -> Channel:
        """The channel that is the newest no more."""
        old, self.channel = self.channel, Channel()
        self._open = self._opened()
        return old

    def current(self) -> OpenChannel:
        return self._open

    def _opened(self) -> OpenChannel:
        untyped: Any = self.channel
        return OpenChannel(untyped)


@pytest.fixture(autouse=True)
def looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renewed_channel, "_LOOK_SECONDS", 0.0)


@pytest.fixture
def newest() -> Newest:
    return Newest()


@pytest.fixture
def channel(newest: Newest) -> RenewedChannel:
    untyped: Any = newest
    return RenewedChannel(untyped)


async def turns() -> None:
    """Let the loop go round a few times."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_it_is_closed_after_its_last_call(newest: Newest, channel: RenewedChannel) -> None:
    method = channel.unary_unary("/a/B")
    call = method()
    old = newest.renew()
    later = method()
    await turns()
    assert not old.closed.is_set()
    call.over = True
    await asyncio.wait_for(old.closed.wait(), 60)
    assert not newest.channel.closed.is_set()
    assert not later.over


async def test_a_call_that_nobody_holds_any_more_holds_nothing(
    newest: Newest, channel: RenewedChannel
) -> None:
    method = channel.unary_unary("/a/B")
    call = method()
    old = newest.renew()
    channel.newest()
    del call
    await asyncio.wait_for(old.closed.wait(), 60)


async def test_closing_closes_old_ones_too(newest: Newest, channel: RenewedChannel) -> None:
    method = channel.unary_unary("/a/B")
    call = method()
    old = newest.renew()
    channel.newest()
    async with channel:
        await turns()
    assert old.closed.is_set()
    assert newest.channel.closed.is_set()
    assert not call.over
