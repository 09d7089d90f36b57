"""The contract of a telephone line on SIP, with Debian's baresip as the caller."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import pytest
from switchyard_phone.domain.calls import Line

from tests.contracts.phone.leg_contract import Caller, LegContract, World
from tests.fakes.phone.sip_line import sip_line
from tests.fakes.phone.softphone import softphone

pytestmark = pytest.mark.integration


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    numbers = count()
    async with sip_line() as exchange:

        @asynccontextmanager
        async def calling(says: bytes = b"") -> AsyncIterator[Caller]:
            async with softphone(tmp_path / str(next(numbers)), says) as phone:
                await phone.dial(f"sip:2000@127.0.0.1:{exchange.port}")
                yield phone

        yield World(exchange, calling, Line.SIP)


class TestSip(LegContract):
    """By a telephone of another make."""
