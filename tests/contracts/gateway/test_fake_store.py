"""The store in memory keeps the contract, so that tests on it mean something."""

import pytest
from switchyard_common.clock import FakeClock

from tests.contracts.gateway.secrecy_contract import SecrecyContract
from tests.contracts.gateway.store_contract import AnyStore, StoreContract
from tests.contracts.gateway.watching_contract import WatchingContract
from tests.fakes.gateway.store import FakeStore

pytestmark = pytest.mark.unit


class TestFakeStore(StoreContract, SecrecyContract, WatchingContract):
    @pytest.fixture
    def store(self) -> AnyStore:
        return FakeStore(FakeClock())
