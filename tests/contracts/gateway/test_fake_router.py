"""The router in memory keeps the contract, so that tests on it mean something."""

import pytest
from switchyard_gateway.service.router import Router

from tests.contracts.gateway.router_contract import RouterContract
from tests.fakes.gateway.router import FakeRouter

pytestmark = pytest.mark.unit


class TestFakeRouter(RouterContract):
    @pytest.fixture
    def router(self) -> Router:
        return FakeRouter()
