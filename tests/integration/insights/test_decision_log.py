"""Decisions are kept with everybody they were computed for, terms and all."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from switchyard_insights.adapters.redis.decision_log import RedisDecisionLog
from switchyard_insights.adapters.sql.history import SqlHistory
from switchyard_insights.domain.events import LoggedEvent
from switchyard_insights.service.backing_off import BackOff
from switchyard_insights.service.decision_log import OVERLAP_MS, FollowDecisions
from switchyard_router.adapters.decision_sink import encode
from switchyard_router.adapters.redis.keys import Keys
from switchyard_router.domain.names import Tenant
from switchyard_scoring.decision import Decision, Inputs
from switchyard_scoring.scoring import FORMULA, replay

from tests.fakes.insights.histories import contents, facts_of, opened
from tests.fakes.insights.logs import Counted

pytestmark = pytest.mark.integration

NOW_MS = 1_750_000_000_000
INPUTS = Inputs(
    formula=FORMULA,
    agents=("li", "wang", "zhao"),
    columns=("handle_ms", "idle_ms"),
    values=(90_000, 5_000, 60_000, 1_000, 200_000, 90_000),
    weights={"handle": 1.0, "idle": 0.5, "urgency": 1.0},
    contact={"waited_ms": 4_000, "target_ms": 20_000},
)


def decision(number: int, time_ms: int, inputs: Inputs = INPUTS) -> Decision:
    chosen = replay(INPUTS, seed=7).chosen
    return Decision(
        id=f"d{number}",
        contact=f"c{number}",
        agent=chosen,
        queue="billing",
        policy="predictive",
        plan_version=3,
        step=1,
        time_ms=time_ms,
        waited_ms=4_000,
        eligible_count=3,
        rejected_counts={"SKILL_LEVEL": 4},
        inputs=inputs,
        model_version="m1",
        arm="a",
        seed=7,
        propensity=0.5,
        offer=f"o{number}",
    )


async def keep(redis: Redis, *decisions: Decision) -> None:
    """As the router keeps them."""
    keys = Keys("demo")
    for each in decisions:
        await redis.set(keys.of("decision", each.id), encode(each, Tenant("demo")))
        member = f"{each.time_ms:012x}:{each.id}"
        await redis.zadd(keys.of("decisions_by", "all:"), {member: 0})


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = Redis.from_url(redis_url)
    yield client
    await client.aclose()


def followed(redis: Redis, history: SqlHistory, meter: Counted, batch: int = 2) -> FollowDecisions:
    log = RedisDecisionLog(redis, "demo", batch)
    return FollowDecisions(log, history, "demo", meter, BackOff("test", 0.05))


async def test_every_candidate_is_kept_with_its_terms(redis: Redis, database_url: str) -> None:
    await keep(redis, decision(1, NOW_MS))
    async with opened(database_url) as database:
        assert await followed(redis, SqlHistory(database), Counted()).look() == 1
        found = await contents(database, "demo")
    [row] = found["decisions"]
    assert (row["queue"], row["arm"], row["propensity"]) == ("billing", "a", 0.5)
    again = replay(INPUTS, seed=7, propensity=0.5)
    stored = {each["agent"]: each for each in found["decision_candidates"]}
    assert set(stored) == set(INPUTS.agents)
    for candidate in again.candidates:
        kept = stored[candidate.agent]
        assert kept["terms"] == dict(candidate.terms)
        assert kept["score"] == candidate.score
        assert kept["propensity"] == candidate.propensity
        assert kept["chosen"] is (candidate.agent == again.chosen)


async def test_scores_of_an_unknown_formula_are_kept_as_they_were(
    redis: Redis, sqlite_database: str
) -> None:
    other = Inputs(formula="next", agents=("li", "wang"), scores=(1.5, -2.0))
    await keep(redis, decision(1, NOW_MS, other))
    async with opened(sqlite_database) as database:
        await followed(redis, SqlHistory(database), Counted()).look()
        rows = (await contents(database, "demo"))["decision_candidates"]
    assert [(row["agent"], row["score"], row["terms"]) for row in rows] == [
        ("li", 1.5, {}),
        ("wang", -2.0, {}),
    ]


async def test_a_decision_written_late_is_found_by_the_next_look(
    redis: Redis, sqlite_database: str
) -> None:
    meter = Counted()
    await keep(redis, *(decision(number, NOW_MS + number * 1000) for number in range(5)))
    async with opened(sqlite_database) as database:
        following = followed(redis, SqlHistory(database), meter)
        assert await following.look() == 5
        await keep(redis, decision(9, NOW_MS - OVERLAP_MS // 2))
        assert await following.look() == 1
        assert await following.look() == 0
        assert len((await contents(database, "demo"))["decisions"]) == 6
    assert meter.kept == 6


async def test_after_a_restart_only_what_may_be_new_is_looked_at(
    redis: Redis, sqlite_database: str
) -> None:
    last_ms = NOW_MS + 10 * OVERLAP_MS
    await keep(redis, decision(1, NOW_MS), decision(2, last_ms))
    async with opened(sqlite_database) as database:
        history = SqlHistory(database)
        assert await followed(redis, history, Counted()).look() == 2
        await keep(redis, decision(3, last_ms + 5))
        meter = Counted()
        assert await followed(redis, history, meter).look() == 2  # the new one, and the overlap
        assert (meter.kept, meter.pruned) == (2, 0)
        assert len((await contents(database, "demo"))["decisions"]) == 3


@pytest.mark.parametrize("event_first", [True, False])
async def test_event_and_log_make_one_row_whichever_comes_first(
    redis: Redis, sqlite_database: str, event_first: bool
) -> None:
    decided = {"decision": "d1", "contact": "c1", "agent": "wang", "waited_ms": 4_010, "step": 1}
    facts = facts_of("demo", [LoggedEvent(5, "route.decided", "c1", NOW_MS + 9, decided)])
    await keep(redis, decision(1, NOW_MS))
    async with opened(sqlite_database) as database:
        history = SqlHistory(database)
        if event_first:
            await history.store(facts)
        await followed(redis, history, Counted()).look()
        await history.store(facts)
        [row] = (await contents(database, "demo"))["decisions"]
    assert (row["waited_ms"], row["time_ms"]) == (4_010, NOW_MS + 9)
    assert (row["seed"], row["kept"], row["offer"]) == ("7", 1, "o1")
