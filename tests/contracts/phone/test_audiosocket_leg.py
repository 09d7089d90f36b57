"""The contract of a telephone line on AudioSocket."""

from collections.abc import AsyncIterator

import pytest
from switchyard_phone.adapters.audiosocket.exchange import AudioSocketExchange, AudioSocketLine
from switchyard_phone.domain.calls import Line

from tests.contracts.phone.leg_contract import LegContract, World
from tests.fakes.phone.asterisk import asterisk_call

pytestmark = pytest.mark.integration


@pytest.fixture
async def world() -> AsyncIterator[World]:
    line = AudioSocketLine("127.0.0.1", 0, lambda host: host == "127.0.0.1")
    refusals: list[str] = []
    exchange = AudioSocketExchange(line, refusals.append)
    await exchange.start()
    yield World(exchange, lambda says=b"": asterisk_call(exchange.port, says), Line.AUDIOSOCKET)
    await exchange.close()


class TestAudioSocket(LegContract):
    """By a client that speaks as Asterisk does."""
