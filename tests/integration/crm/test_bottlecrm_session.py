"""Sessions with BottleCRM: whose refresh token is valid once."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from switchyard_common.clock import SystemClock
from switchyard_crm.adapters.connectors.bottlecrm_access import FixedToken, Session
from switchyard_crm.adapters.connectors.http import HttpLimits, JsonHttp
from switchyard_crm.service.connectors import Invalid, Unauthorized, Unavailable

from tests.fakes.crm.faults import Canned, FaultyCrm, faulty
from tests.fakes.crm.vendors.scripted import Scripted
from tests.fakes.crm.vendors.serving import Asked, Reply, serving

pytestmark = pytest.mark.integration


def access_token(number: int, seconds: float) -> str:
    ends = datetime.now(UTC) + timedelta(seconds=seconds)
    claims = json.dumps({"n": number, "exp": ends.timestamp()}).encode()
    return f"h.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.s"


class Rotating:
    """Gives a new pair for the last refresh token, and for no other."""

    def __init__(self, seconds: float = 3600.0) -> None:
        self.valid = "first"
        self.given = 0
        self._seconds = seconds

    def __call__(self, asked: Asked) -> Reply:
        if asked.json != {"refresh": self.valid}:
            return Reply(401, {"error": "Invalid or expired token"})
        self.given += 1
        self.valid = f"refresh-{self.given}"
        access = access_token(self.given, self._seconds)
        return Reply(200, {"access": access, "refresh": self.valid})


@asynccontextmanager
async def session_with(
    crm: Rotating, state: Path, first: str = "first"
) -> AsyncIterator[tuple[Session, FaultyCrm]]:
    async with serving(Scripted(crm)) as port, faulty("127.0.0.1", port) as proxy:
        clock = SystemClock()
        http = JsonHttp(f"{proxy.url}api/", HttpLimits(timeout_seconds=5), clock)
        session = Session(http, clock, first, state)
        try:
            yield session, proxy
        finally:
            await session.close()
            await http.close()


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "session.json"


async def test_many_calls_refresh_once(state: Path) -> None:
    crm = Rotating()
    async with session_with(crm, state) as (session, _):
        tokens = await asyncio.gather(*(session.token() for _ in range(5)))
        assert len({*tokens, await session.token()}) == crm.given == 1


async def test_a_token_that_is_about_to_end_is_replaced(state: Path) -> None:
    crm = Rotating(seconds=30)
    async with session_with(crm, state) as (session, _):
        assert await session.token() != await session.token()
        assert crm.given == 2


async def test_a_refused_token_is_replaced(state: Path) -> None:
    crm = Rotating()
    async with session_with(crm, state) as (session, _):
        refused = await session.token()
        assert await session.token(refused) != refused
        assert await session.token(refused) == await session.token()
        assert crm.given == 2


async def test_a_refresh_outlives_the_call_that_needed_it(state: Path) -> None:
    crm = Rotating()
    async with session_with(crm, state) as (session, _):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await session.token()
        await session.token()
        assert crm.given == 1
    async with session_with(crm, state) as (again, _):
        await again.token()
        assert crm.given == 2


async def test_a_refresh_that_is_not_answered_is_tried_again(state: Path) -> None:
    crm = Rotating()
    async with session_with(crm, state) as (session, proxy):
        proxy.answer(Canned(503))
        with pytest.raises(Unavailable):
            await session.token()
        proxy.heal()
        assert await session.token()


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"access": 1, "refresh": "x"}'])
async def test_an_answer_without_tokens_is_no_session(state: Path, body: bytes) -> None:
    async with session_with(Rotating(), state) as (session, proxy):
        proxy.answer(Canned(200, body))
        with pytest.raises(Invalid):
            await session.token()
    async with session_with(Rotating(), state) as (session, _):
        assert await session.token()


async def test_a_new_sign_in_wins_over_what_is_kept_of_the_old_one(state: Path) -> None:
    crm = Rotating()
    async with session_with(crm, state) as (session, _):
        await session.token()
    crm.valid = "signed in anew"
    async with session_with(crm, state, "signed in anew") as (session, _):
        assert await session.token()


@pytest.mark.parametrize("text", ["", "[]", "nonsense", "null"])
async def test_a_state_file_that_cannot_be_read_is_told(state: Path, text: str) -> None:
    await asyncio.to_thread(state.write_text, text)
    async with session_with(Rotating(), state) as (session, _):
        with pytest.raises(Unauthorized, match="state file"):
            await session.token()


async def test_a_state_file_that_cannot_be_written_is_told_and_the_session_goes_on(
    tmp_path: Path,
) -> None:
    crm = Rotating(seconds=30)
    async with session_with(crm, tmp_path / "no folder" / "session.json") as (session, _):
        for _ in range(2):
            with pytest.raises(Unauthorized, match="cannot be written"):
                await session.token()
        assert crm.given == 2


async def test_a_fixed_token_has_no_other() -> None:
    access = FixedToken("t")
    assert await access.token() == "t"
    with pytest.raises(Unauthorized):
        await access.token(refused="t")
