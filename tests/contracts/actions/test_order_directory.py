"""What every order directory must do, shown on the fake and on crm_adapter's client over gRPC."""

from collections.abc import AsyncIterator

import grpc
import pytest
from prometheus_client import CollectorRegistry
from switchyard_actions.adapters.crm.order_directory import CrmOrderDirectory
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.orders import OrderState
from switchyard_actions.metrics import ActionsMetrics
from switchyard_actions.service.ports import OrderDirectory, OrdersUnavailable
from switchyard_common.grpc_channel import open_channel

from tests.fakes.actions.crm import FakeCrm, serving
from tests.fakes.actions.orders import LAST4, NUMBER, FakeOrderDirectory, shipped_order

pytestmark = pytest.mark.integration


class Case:
    """A directory that knows one shipped order, and a way to take it down."""

    def __init__(self, directory: OrderDirectory, fake: FakeOrderDirectory | FakeCrm) -> None:
        self.directory = directory
        self._fake = fake

    def take_down(self) -> None:
        if isinstance(self._fake, FakeCrm):
            self._fake.fail_with = grpc.StatusCode.UNAVAILABLE
        else:
            self._fake.available = False


def client(channel: grpc.aio.Channel, timeout_seconds: float = 5.0) -> CrmOrderDirectory:
    metrics = ActionsMetrics(CollectorRegistry())
    return CrmOrderDirectory(channel, "demo", timeout_seconds, metrics)


@pytest.fixture(params=["fake", "crm"])
async def case(request: pytest.FixtureRequest) -> AsyncIterator[Case]:
    if request.param == "fake":
        fake = FakeOrderDirectory([(shipped_order(), LAST4)])
        yield Case(fake, fake)
        return
    crm = FakeCrm()
    crm.add(NUMBER, LAST4)
    async with serving(crm) as address, open_channel(address) as channel:
        yield Case(client(channel), crm)


async def test_finds_the_order_of_who_knows_both(case: Case) -> None:
    found = await case.directory.find_order(NUMBER, LAST4, Language.ENGLISH)
    assert found == shipped_order()


@pytest.mark.parametrize(
    ("number", "last4"), [(NUMBER, "0000"), ("SY20260000", LAST4), ("SY20260000", "0000")]
)
async def test_finds_nothing_for_anybody_else(case: Case, number: str, last4: str) -> None:
    assert await case.directory.find_order(number, last4, Language.ENGLISH) is None


async def test_says_when_it_cannot_answer(case: Case) -> None:
    case.take_down()
    with pytest.raises(OrdersUnavailable):
        await case.directory.find_order(NUMBER, LAST4, Language.ENGLISH)


async def test_crm_is_asked_for_names_in_the_customers_language() -> None:
    crm = FakeCrm()
    crm.add(NUMBER, LAST4)
    async with serving(crm) as address, open_channel(address) as channel:
        order = await client(channel).find_order(NUMBER, LAST4, Language.CHINESE)
    assert order is not None
    assert [item.name for item in order.items] == ["台灯", "手机壳"]
    assert crm.requests[0].parent == "tenants/demo"


async def test_slow_crm_counts_as_unavailable_after_the_deadline() -> None:
    crm = FakeCrm(delay_seconds=30)
    async with serving(crm) as address, open_channel(address) as channel:
        with pytest.raises(OrdersUnavailable):
            await client(channel, timeout_seconds=0.2).find_order(NUMBER, LAST4, Language.ENGLISH)


async def test_missing_crm_counts_as_unavailable() -> None:
    async with open_channel("127.0.0.1:1") as channel:
        with pytest.raises(OrdersUnavailable):
            await client(channel).find_order(NUMBER, LAST4, Language.ENGLISH)


async def test_state_that_was_added_later_is_told_as_in_progress() -> None:
    crm = FakeCrm()
    crm.add(NUMBER, LAST4, state="teleported")
    async with serving(crm) as address, open_channel(address) as channel:
        order = await client(channel).find_order(NUMBER, LAST4, Language.ENGLISH)
    assert order is not None
    assert order.state is OrderState.OTHER
