"""Decisions in the store: found by an index, newest first, within bounds."""

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
from switchyard_common.errors import DomainError
from switchyard_router.adapters.redis.client import open_writer
from switchyard_router.adapters.redis.decisions import RedisDecisions
from switchyard_router.adapters.redis.keys import DAY_SECONDS, Keys
from switchyard_router.adapters.redis.link import Link
from switchyard_router.adapters.redis.scripts import Scripts
from switchyard_router.domain.decision_search import DecisionFilter, DecisionRow, parse_filter
from switchyard_router.domain.names import Tenant
from switchyard_router.service.decisions import FindDecisions, OfferEnd

pytestmark = pytest.mark.integration

NOW_MS = 1_800_000_000_000
KEYS = Keys("test")


class Kept:
    """The adapter with a bound of 300, and the store's clock."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.scripts = Scripts(link, KEYS, 1000)
        self.scripts.now_ms = NOW_MS
        self.decisions = RedisDecisions(link, KEYS, self.scripts, most=300)
        self.find = FindDecisions(self.decisions, self._open)

    def _open(self, data: bytes, wanted: DecisionFilter) -> tuple[str, int] | None:
        text = data.decode()
        fits = wanted.equal.get("policy") in (None, text.rpartition("/")[2])
        return (text.partition("/")[0], 10_000) if fits else None

    async def add(self, number: int, policy: str = "p", time_ms: int = NOW_MS, **by: str) -> None:
        """Keep decision d{number} of contact c, agent a, queue q unless `by` says otherwise."""
        values = {"contact": "c", "agent": "a", "queue": "q", "arm": ""} | by
        degraded = values.pop("degraded", "") == "yes"
        data = f"d{number:04}/{policy}".encode()
        row = DecisionRow(f"d{number:04}", time_ms, data, degraded=degraded, **values)
        await self.decisions.put([row])

    async def ids(self, text: str, size: int = 0, token: str = "") -> tuple[list[str], str]:
        """Ids and the next token of a page."""
        wanted = parse_filter(text, Tenant("test"))
        page = await self.find.execute(wanted, text, size, token)
        return page.decisions, page.next_token

    async def call(self, *command: str | int) -> int:
        """A command of the store that answers with a number."""
        return int(await self.link.call(*command))


@pytest_asyncio.fixture
async def kept(redis_url: str) -> AsyncGenerator[Kept]:
    link = Link(open_writer(redis_url, 5.0), 5.0)
    yield Kept(link)
    await link.aclose()


async def test_each_index_finds_its_own_newest_first(kept: Kept) -> None:
    await kept.add(1, agent="ann", time_ms=NOW_MS - 3)
    await kept.add(2, agent="bob", queue="sales", time_ms=NOW_MS - 2)
    await kept.add(3, agent="ann", contact="c2", arm="B", degraded="yes", time_ms=NOW_MS - 1)
    assert await kept.ids("") == (["d0003", "d0002", "d0001"], "")
    assert await kept.ids("agent = ann") == (["d0003", "d0001"], "")
    assert await kept.ids("contact = c") == (["d0002", "d0001"], "")
    assert await kept.ids("queue = sales") == (["d0002"], "")
    assert await kept.ids("arm = B") == (["d0003"], "")
    assert await kept.ids("degraded = true") == (["d0003"], "")
    assert await kept.ids("agent = nobody") == ([], "")


async def test_times_bound_what_is_found(kept: Kept) -> None:
    for number in range(4):
        await kept.add(number, time_ms=NOW_MS + number * 1000)
    zone = '"2027-01-15T08:00:0{}Z"'
    text = f"time >= {zone.format(1)} AND time < {zone.format(3)}"
    assert await kept.ids(text) == (["d0002", "d0001"], "")
    assert await kept.ids(f"queue = q AND time > {zone.format(2)}") == (["d0003"], "")


async def test_pages_follow_each_other_without_gap_or_repetition(kept: Kept) -> None:
    for number in range(25):
        await kept.add(number, policy="even" if number % 2 == 0 else "odd")
    seen: list[str] = []
    token = ""
    for pages in range(1, 10):
        found, token = await kept.ids("policy = even", 4, token)
        seen += found
        if not token:
            break
        await kept.add(100 + pages, time_ms=NOW_MS + 5)  # newer ones do not move the place
    assert seen == [f"d{number:04}" for number in range(24, -1, -2)]
    assert pages == 4


async def test_a_page_ends_when_it_is_big_and_the_next_goes_on(kept: Kept) -> None:
    """10,000 bytes each: 2 MiB are 210 decisions."""
    for start in range(0, 250, 50):
        rows = [
            DecisionRow(f"d{number:04}", NOW_MS, f"d{number:04}/p".encode(), "c", "a", "q")
            for number in range(start, start + 50)
        ]
        await kept.decisions.put(rows)
    found, token = await kept.ids("", 1000)
    rest, end = await kept.ids("", 1000, token)
    assert (len(found), len(rest), end) == (210, 40, "")


async def test_tokens_belong_to_their_filter(kept: Kept) -> None:
    for number in range(3):
        await kept.add(number)
    _, token = await kept.ids("queue = q", 1)
    for text, wrong, fix in (
        ("agent = a", token, "belongs to another filter"),
        ("queue = q", "x", "give the token of the last page"),
    ):
        with pytest.raises(DomainError, match=fix):
            await kept.ids(text, 1, wrong)
    with pytest.raises(DomainError, match="1 to 1000"):
        await kept.ids("", 1001)


async def test_the_oldest_make_room(kept: Kept) -> None:
    for number in range(310):
        await kept.add(
            number, contact=f"c{number}", agent=f"a{number % 2}", time_ms=NOW_MS + number
        )
    assert await kept.decisions.get("d0009") is None
    assert await kept.decisions.get("d0010") == b"d0010/p"
    assert await kept.call("ZCARD", KEYS.of("decisions_by", "all:")) == 300
    assert await kept.call("ZCARD", KEYS.of("decisions_by", "queue:q")) == 300
    assert await kept.call("ZCARD", KEYS.of("decisions_by", "agent:a1")) == 150
    assert await kept.ids("contact = c3") == ([], ""), "its record is gone"


async def test_a_contact_keeps_its_newest_200(kept: Kept) -> None:
    for number in range(205):
        await kept.add(number)
    assert await kept.call("ZCARD", KEYS.of("decisions_by", "contact:c")) == 200


async def test_everything_expires_within_a_day(kept: Kept) -> None:
    await kept.add(1, arm="A", degraded="yes")
    await kept.add(2, time_ms=NOW_MS - DAY_SECONDS * 1000 - 1)
    keys = await kept.link.call("KEYS", KEYS.prefix + "decision*")
    for key in keys:
        assert 0 < await kept.call("PTTL", key.decode()) <= DAY_SECONDS * 1000
    assert await kept.ids("") == (["d0001"], ""), "older than a day is not found"


async def test_what_became_of_offers(kept: Kept) -> None:
    await kept.link.call(
        *("HSET", KEYS.of("offer", "o1"), "state", "DECLINED"),
        *("reason", "DECLINED_BY_AGENT", "end_ms", 17),
    )
    await kept.link.call("HSET", KEYS.of("offer", "o2"), "state", "PENDING")
    assert await kept.decisions.offers(["o1", "gone", "o2"]) == [
        OfferEnd("DECLINED", "DECLINED_BY_AGENT", 17),
        None,
        OfferEnd("PENDING", "", 0),
    ]
