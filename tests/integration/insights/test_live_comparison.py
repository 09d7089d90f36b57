"""A comparison as it is lived: a router deals arms, the history keeps them, reports tell."""

import asyncio
import json
from typing import Any

import pytest
from switchyard.router.v1 import queue_pb2
from switchyard_common.lifecycle import Lifecycle
from switchyard_demo.floor.call import CallScript, Fate
from switchyard_insights.main import serving
from switchyard_router.ab_command import app
from typer.testing import CliRunner

from tests.fakes.demo.floor import SmallFloor, floor
from tests.fakes.insights.histories import contents, opened
from tests.fakes.insights.logs import until
from tests.fakes.insights.service import settings
from tests.fakes.router.clients import Centre, centre
from tests.fakes.router.process import router_process

pytestmark = pytest.mark.integration

AGENTS = ("ann", "bob", "cid", "dan")
ARMS = [queue_pb2.PolicyArm(name=name, policy="longest_idle", share=0.5) for name in ("old", "new")]
CALLS = 150
"""So many that an arm with fewer than 50 of them is one accident in 30,000."""
TURN_MS = 300
_PATIENCE_SECONDS = 60.0
NAMES = ("--control", "old", "--treatment", "new", "--metric", "abandoned")


async def dial(made: SmallFloor, queue: str, number: int) -> str:
    """A caller of a queue who is served; the contact's name."""
    caller = CallScript(
        external_id=f"{queue}-{number}",
        queue=queue,
        patience_seconds=600.0,
        talk_seconds=0.01,
        agent_hangs_up=False,
    )
    outcome = await made.exchange.dial(caller)
    assert outcome.fate is Fate.SERVED
    return outcome.contact


async def by_contact(made: SmallFloor) -> None:
    """As many callers at once as there are agents."""
    lines = asyncio.Semaphore(len(AGENTS))

    async def one(number: int) -> None:
        async with lines:
            await dial(made, "fair", number)

    await asyncio.gather(*map(one, range(CALLS)))


async def by_turns(made: SmallFloor, clients: Centre) -> int:
    """Callers one after the other until both arms have had a turn; how many that took."""
    arms: list[str] = []
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while len(set(arms)) < len(ARMS):
            contact = await dial(made, "turns", len(arms))
            arms.append((await clients.contact(contact)).traffic_arm)
    return len(arms)


async def live(clients: Centre) -> int:
    """Two queues with the same arms; how many contacts there were."""
    for queue, fields in (("fair", {}), ("turns", {"arm_period_ms": TURN_MS})):
        await clients.queue(queue, wrap_up_ms=1, arms=ARMS, **fields)
    for agent in AGENTS:
        await clients.agent(agent, queues=("fair", "turns"))
    async with floor(clients.channel, AGENTS) as made:
        await by_contact(made)
        return CALLS + await by_turns(made, clients)


async def told(url: str, *arguments: str) -> dict[str, Any]:
    """What `switchyard ab` answers on a history."""
    asked = [*arguments, "--history", url, "--json"]
    result = await asyncio.to_thread(CliRunner().invoke, app, asked)
    assert result.exit_code == 0, result.output
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


async def test_what_a_router_deals_is_what_the_reports_tell(
    redis_url: str, sqlite_database: str
) -> None:
    async def whole() -> bool:
        legs = (await contents(database, "demo"))["contact_legs"]
        answered = [leg for leg in legs if leg["outcome"] == "ANSWERED"]
        return len(answered) == contacts

    async with (
        opened(sqlite_database) as database,
        serving(settings(redis_url, sqlite_database), Lifecycle()),
        router_process(redis_url) as (target, _),
        centre(target) as clients,
    ):
        contacts = await live(clients)
        await until(whole)
        found = await contents(database, "demo")
    legs = [leg for leg in found["contact_legs"] if leg["queue"] == "fair"]
    dealt = [sum(leg["arm"] == arm.name for leg in legs) for arm in ARMS]
    assert sum(dealt) == CALLS
    assert {row["propensity"] for row in found["decisions"] if row["arm"]} == {0.5}

    report = await told(sqlite_database, "report", "--queue", "fair", *NAMES)
    assert report["contacts"] == dealt
    assert (report["unit"], report["share"]) == ("contact", 0.5)
    assert report["verdict"] == "no_difference_yet"
    assert not any(guard["broken"] for guard in report["guards"])

    estimate = await told(
        sqlite_database, "estimate", "--queue", "fair", "--otherwise", "new", "--metric", "wait"
    )
    assert (estimate["contacts"], estimate["matched"]) == (CALLS, dealt[1])
    assert estimate["effective_sample"] == pytest.approx(dealt[1])

    turns = await told(sqlite_database, "report", "--queue", "turns", *NAMES)
    assert (turns["unit"], turns["turn_minutes"]) == ("turn", TURN_MS / 60_000)
    assert turns["verdict"] == "too_few"
