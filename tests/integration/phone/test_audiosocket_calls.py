"""What only AudioSocket knows: names, refusals, what goes wrong on the wire."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from switchyard_common.errors import StartError
from switchyard_phone.adapters.audiosocket.exchange import AudioSocketExchange, AudioSocketLine
from switchyard_phone.adapters.audiosocket.wire import Kind, encode
from switchyard_phone.domain.audio import SILENCE
from switchyard_phone.domain.calls import Ended, Transfer, Transferred
from switchyard_phone.service.leg import Digit, LegEnded

from tests.fakes.phone.asterisk import asterisk_call
from tests.fakes.phone.waiting import all_events, first, next_leg, until

pytestmark = pytest.mark.integration

LINE = AudioSocketLine("127.0.0.1", 0, lambda host: host == "127.0.0.1")


@asynccontextmanager
async def line(
    refusals: list[str] | None = None, settings: AudioSocketLine = LINE
) -> AsyncIterator[AudioSocketExchange]:
    exchange = AudioSocketExchange(settings, (refusals if refusals is not None else []).append)
    await exchange.start()
    try:
        yield exchange
    finally:
        await exchange.close()


@asynccontextmanager
async def connected(
    exchange: AudioSocketExchange,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", exchange.port)
    try:
        yield reader, writer
    finally:
        writer.close()
        await writer.wait_closed()


async def test_the_call_is_named_as_the_dialplan_named_it() -> None:
    name = uuid.uuid4()
    async with line() as exchange, asterisk_call(exchange.port, name=name):
        assert (await next_leg(exchange)).facts.id == str(name)


async def test_silence_flows_while_nothing_is_said() -> None:
    """Asterisk drops a call after two seconds without a frame."""
    async with line() as exchange, asterisk_call(exchange.port) as call:
        await next_leg(exchange)
        await until(lambda: len(call.heard()) > 20 * len(SILENCE), "silence at the caller")
        assert not call.heard().strip(b"\0")


async def test_a_transfer_is_not_possible_and_says_so() -> None:
    async with line() as exchange, asterisk_call(exchange.port):
        leg = await next_leg(exchange)
        await leg.answer()
        expected = Transferred(Transfer.UNSUPPORTED, lives=True)
        assert await leg.blind_transfer("sip:1001@pbx", {}, 1) == expected
        assert await leg.attended_transfer("sip:1001@pbx", {}, 1) == expected
        assert leg.ended is None


async def test_one_call_more_than_allowed_is_hung_up() -> None:
    refusals: list[str] = []
    async with (
        line(refusals, replace(LINE, calls_at_once=1)) as exchange,
        asterisk_call(exchange.port),
    ):
        await next_leg(exchange)
        async with asterisk_call(exchange.port) as late:
            await late.over()
            assert late.hung_up_by_peer
        assert exchange.calls == 1
    assert refusals == ["busy"]


async def test_a_name_that_is_in_use_is_refused() -> None:
    name, refusals = uuid.uuid4(), list[str]()
    async with line(refusals) as exchange, asterisk_call(exchange.port, name=name):
        await next_leg(exchange)
        async with asterisk_call(exchange.port, name=name) as second:
            await second.over()
        assert exchange.calls == 1
    assert refusals == ["twice"]


async def test_peers_that_are_not_listed_are_not_listened_to() -> None:
    refusals: list[str] = []
    nobody = replace(LINE, may_call=lambda host: not host)
    async with line(refusals, nobody) as exchange, asterisk_call(exchange.port) as call:
        await call.over()
    assert refusals == ["unlisted"]


@pytest.mark.parametrize(
    "hello",
    [b"GET / HTTP/1.1\r\n\r\n", encode(Kind.SOUND, SILENCE), encode(Kind.UUID, b"short"), b""],
    ids=["http", "sound", "short", "nothing"],
)
async def test_what_is_no_call_is_hung_up(hello: bytes) -> None:
    refusals: list[str] = []
    async with line(refusals) as exchange, connected(exchange) as (reader, writer):
        writer.write(hello)
        writer.write_eof()
        async with asyncio.timeout(60):
            assert await reader.read() == b""
        assert exchange.calls == 0
    assert refusals == ["not_audiosocket"]


async def test_keys_sound_and_unknown_messages_in_any_pieces_are_understood() -> None:
    talk = (
        encode(Kind.UUID, uuid.uuid4().bytes)
        + encode(Kind.DIGIT, b"7")
        + bytes((0x7E, 0, 2))
        + b"??"
        + encode(Kind.SOUND, b"\1\0" * 200)
        + encode(Kind.SOUND, b"\1\0" * 120)
        + encode(Kind.HANGUP)
    )
    async with line() as exchange, connected(exchange) as (_, writer):
        for at in range(0, len(talk), 61):
            writer.write(talk[at : at + 61])
            await writer.drain()
        leg = await next_leg(exchange)
        assert await all_events(leg) == [Digit("7", 0.0), LegEnded(Ended.CALLER)]
        assert [frame async for frame in leg.frames()] == [b"\1\0" * 160] * 2


@pytest.mark.parametrize(
    ("last", "cause"), [(encode(Kind.ERROR, b"\1"), Ended.LOST), (b"", Ended.CALLER)]
)
async def test_a_connection_that_breaks_ends_the_call(last: bytes, cause: Ended) -> None:
    async with line() as exchange:
        async with connected(exchange) as (_, writer):
            writer.write(encode(Kind.UUID, uuid.uuid4().bytes) + last)
            leg = await next_leg(exchange)
        assert await first(leg.events()) == LegEnded(cause)


async def test_a_call_from_which_nothing_comes_is_lost() -> None:
    silent = replace(LINE, silence_seconds=0.2)
    async with line(settings=silent) as exchange, connected(exchange) as (_, writer):
        writer.write(encode(Kind.UUID, uuid.uuid4().bytes))
        leg = await next_leg(exchange)
        assert await first(leg.events()) == LegEnded(Ended.LOST)


async def test_a_port_that_is_taken_is_told_with_the_setting() -> None:
    async with line() as exchange:
        with pytest.raises(StartError, match="PHONE_AUDIOSOCKET_PORT"):
            async with line(settings=replace(LINE, port=exchange.port)):
                pass
