"""CheckContactable when it cannot look: the answer is no, in time, and no error."""

import pytest
from switchyard_crm.domain.consents import Purpose, Refusal
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.service.bounded import Bounded
from switchyard_crm.service.consents import CheckContactable, ContactQuestion
from switchyard_crm.service.resolve import Resolve

from tests.fakes.crm.people import DEMO, WANG_PHONE, phone
from tests.fakes.crm.store import FakeStore
from tests.fakes.crm.writes import fake_writes

pytestmark = pytest.mark.unit
SUBJECTS = [phone(WANG_PHONE), Identifier(IdentifierKind.CUSTOMER_ID, "c-1")]


async def asked(store: FakeStore, subject: Identifier, caller_seconds: float | None) -> object:
    bounded = Bounded()
    check = CheckContactable(fake_writes(store).consents, Resolve(store), bounded, seconds=0.01)
    try:
        question = ContactQuestion(DEMO, subject, "VOICE", Purpose.SERVICE)
        return await check.run(question, caller_seconds)
    finally:
        await bounded.close()


@pytest.mark.parametrize("subject", SUBJECTS)
async def test_a_store_that_is_down_means_no(subject: Identifier) -> None:
    store = FakeStore()
    store.faults.down = True
    assert await asked(store, subject, 5.0) is Refusal.STORE_UNAVAILABLE


@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize("caller_seconds", [None, 0.0, -1.0])
async def test_a_store_that_hangs_means_no(
    subject: Identifier, caller_seconds: float | None
) -> None:
    store = FakeStore()
    store.faults.hang = True
    assert await asked(store, subject, caller_seconds) is Refusal.STORE_UNAVAILABLE
