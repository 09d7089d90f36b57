"""The router in memory keeps the contract, so that tests on it mean something."""

import pytest
from switchyard_gateway.domain.contacts import bridged, hung_up
from switchyard_gateway.service.router import Router

from tests.contracts.gateway.router_contract import RouterContract, request
from tests.fakes.gateway.router import FakeRouter

pytestmark = pytest.mark.unit


class TestFakeRouter(RouterContract):
    @pytest.fixture
    def router(self) -> Router:
        return FakeRouter()


async def test_what_the_line_says_late_or_twice_changes_nothing() -> None:
    router = FakeRouter()
    contact = (await router.create_contact(request())).name
    await router.assign(contact)
    joined = bridged(router.only())
    for report in (joined, hung_up(contact), hung_up(contact), joined):
        await router.report(report)
    assert [view.state for view in (*router.history, router.only())] == [
        "QUEUED",
        "ASSIGNED",
        "CONNECTED",
        "WRAP_UP",
    ]
