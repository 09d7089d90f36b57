"""A customer who is erased in the customer adapter is forgotten by the history, too."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from switchyard.crm.v1 import crm_service_pb2 as crm
from switchyard_common.lifecycle import Lifecycle
from switchyard_common.logs import pseudonym
from switchyard_common.redis_clients import open_redis
from switchyard_common.redis_erasures import RedisErasures, erasures_key
from switchyard_insights.main import serving

from tests.fakes.crm.databases import PostgresServer
from tests.fakes.crm.people import WANG_PHONE, customer, phone, wang
from tests.fakes.crm.running import RunningCrm, fill, running_crm
from tests.fakes.insights.histories import contents, opened
from tests.fakes.insights.logs import until
from tests.fakes.insights.service import settings
from tests.fakes.router.clients import centre
from tests.fakes.router.server import router

pytestmark = pytest.mark.integration

PSEUDONYM_KEY = "a key for tests only"
WANG, OTHER = "tenants/demo/customers/c-1", "tenants/demo/customers/c-2"
PATIENT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Stores:
    """Where customers are, and contacts."""

    customers: str
    history: str


@pytest.fixture(params=["sqlite", "postgres"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stores]:
    """Two empty stores of each kind."""
    if request.param == "sqlite":
        files = (tmp_path / f"{name}.sqlite" for name in ("crm", "history"))
        yield Stores(*(f"sqlite+aiosqlite:///{file}" for file in files))
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    names = [server.new_database() for _ in range(2)]
    yield Stores(*map(server.url, names))
    for name in names:
        server.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def customers(stores: Stores, redis_url: str) -> AsyncIterator[RunningCrm]:
    """The customer adapter, which knows two customers."""
    async with knowing(stores.customers, redis_url) as service:
        yield service


@asynccontextmanager
async def knowing(url: Path | str, redis_url: str) -> AsyncIterator[RunningCrm]:
    await fill(url, [wang(), customer("c-2", phone("+8619900005678"))])
    async with running_crm(
        url, history_redis_url=redis_url, pseudonym_key=PSEUDONYM_KEY
    ) as service:
        yield service


async def erase(service: RunningCrm) -> dict[str, str]:
    """What an erasure says of each place."""
    request = crm.EraseSubjectRequest(customer=WANG, actor="data protection", request_id="e-1")
    answer = await service.crm.EraseSubject(request, timeout=PATIENT_SECONDS)
    assert answer.readable_rows == 0
    return dict(answer.results)


async def until_erased(service: RunningCrm) -> None:
    async def erased() -> bool:
        return await erase(service) == {"local": "erased", "history": "erased"}

    await until(erased)


async def call(redis_url: str, target: str) -> None:
    """A known customer calls, and gives up."""
    async with (
        router(redis_url, target, context_seconds=PATIENT_SECONDS) as address,
        centre(address) as small,
    ):
        await small.queue()
        async with small.node() as node:
            contact = await small.create("call-1", caller=WANG_PHONE)

            async def known() -> bool:
                return bool((await small.contact(contact.name)).customer)

            await until(known)
            await node.tell("CALLER_HANGUP", contact.name)
            assert await small.reaches(contact.name, "ABANDONED")


async def test_the_history_forgets_a_customer_who_is_erased(
    customers: RunningCrm, stores: Stores, redis_url: str
) -> None:
    await call(redis_url, customers.target)
    legs: list[dict[str, Any]] = []

    async def known() -> bool:
        nonlocal legs
        legs = (await contents(database, "demo"))["contact_legs"]
        return any(leg["outcome"] for leg in legs)

    async with (
        opened(stores.history) as database,
        serving(settings(redis_url, stores.history), Lifecycle()),
    ):
        await until(known)
        key = pseudonym(PSEUDONYM_KEY.encode(), WANG)
        assert [leg["customer_key"] for leg in legs] == [key]
        await until_erased(customers)
        found = await contents(database, "demo")
    [leg] = found["contact_legs"]
    assert (leg["customer_key"], leg["erased"], leg["outcome"]) == ("", True, "ABANDONED")
    assert [stone["customer_key"] for stone in found["tombstones"]] == [key]


async def test_a_history_that_is_away_is_told_when_it_comes_back(
    customers: RunningCrm, stores: Stores, redis_url: str
) -> None:
    await call(redis_url, customers.target)
    assert await erase(customers) == {"local": "erased", "history": "requested"}
    assert await erase(customers) == {"local": "erased", "history": "requested"}
    async with serving(settings(redis_url, stores.history), Lifecycle()):
        await until_erased(customers)

        async def read() -> bool:
            async with opened(stores.history) as database:
                legs = (await contents(database, "demo"))["contact_legs"]
            return [leg["erased"] for leg in legs if leg["outcome"]] == [True]

        await until(read)


async def test_all_names_that_a_merged_customer_had_are_erased(
    redis_url: str, tmp_path: Path
) -> None:
    async with knowing(tmp_path / "crm.sqlite", redis_url) as service:
        both = crm.MergeRequest(customer=WANG, other=OTHER, actor="ann", request_id="m-1")
        await service.crm.Merge(both, timeout=PATIENT_SECONDS)
        assert (await erase(service))["history"] == "requested"
    async with open_redis(redis_url, PATIENT_SECONDS, erasures_key("demo")) as redis:
        waiting = await RedisErasures(redis, "demo").some(10)
    assert set(waiting) == {pseudonym(PSEUDONYM_KEY.encode(), name) for name in (WANG, OTHER)}


async def test_a_store_that_is_away_holds_up_no_erasure(tmp_path: Path) -> None:
    async with knowing(tmp_path / "crm.sqlite", "redis://127.0.0.1:1") as service:
        assert await erase(service) == {"local": "erased", "history": "requested"}
