"""The store in memory keeps the contract, so that tests on it mean something."""

import pytest

from tests.contracts.crm.store_contract import AnyStore, StoreContract
from tests.fakes.crm.store import FakeStore

pytestmark = pytest.mark.unit


class TestFakeStore(StoreContract):
    @pytest.fixture
    def store(self) -> AnyStore:
        return FakeStore()
