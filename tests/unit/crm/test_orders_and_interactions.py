"""Looking an order up, and logging an interaction."""

from dataclasses import replace

import pytest
from switchyard_common.clock import FakeClock
from switchyard_common.ids import IdFactory
from switchyard_crm.domain.customer import OrderItem, Words
from switchyard_crm.domain.errors import CustomerNotFound, RequestIdReused, StoreUnavailable
from switchyard_crm.domain.names import CustomerId, CustomerName
from switchyard_crm.service.interactions import LogInteraction, NewInteraction
from switchyard_crm.service.orders import LookupOrder
from switchyard_crm.service.requests import WriteRequest

from tests.fakes.crm.people import DEMO, NOW, customer, order, phone, shown, wang
from tests.fakes.crm.store import FakeStore

pytestmark = pytest.mark.unit

WANG = CustomerName(DEMO, CustomerId("c-1"))


@pytest.fixture
async def store() -> FakeStore:
    store = FakeStore()
    await store.replace([wang()])
    return store


def log_on(store: FakeStore, clock: FakeClock) -> LogInteraction:
    return LogInteraction(store, IdFactory(clock), clock)


def request(request_id: str, digest: str = "d") -> WriteRequest:
    return WriteRequest(DEMO, request_id, "LogInteraction", digest)


async def test_gives_the_order_to_who_knows_number_and_phone(store: FakeStore) -> None:
    held = await LookupOrder(store).run(DEMO, "SY10240001", "1234")
    assert held is not None
    assert held.order == wang().orders[0]


@pytest.mark.parametrize(("key", "digits"), [("SY10240001", "9999"), ("SY10249999", "1234")])
async def test_gives_nothing_to_others(store: FakeStore, key: str, digits: str) -> None:
    assert await LookupOrder(store).run(DEMO, key, digits) is None


async def test_any_phone_of_the_customer_will_do(store: FakeStore) -> None:
    record = customer("c-2", phone("+8619900005678"), phone("+12065550142"))
    await store.replace([replace(record, orders=(order("B1"),))])
    for digits in ("5678", "0142"):
        assert await LookupOrder(store).run(DEMO, "B1", digits) is not None


async def test_of_two_sources_with_one_number_the_phone_says_which_order(store: FakeStore) -> None:
    ours = replace(customer("c-2", phone("+8619900005678")), orders=(order("B1"),))
    theirs = replace(customer("c-3", phone("+12065550142"), source="erp"), orders=(order("b-1"),))
    await store.replace([ours, theirs])
    for digits, number in (("5678", "B1"), ("0142", "b-1")):
        held = await LookupOrder(store).run(DEMO, "B1", digits)
        assert held is not None
        assert held.order.number == number
    assert await LookupOrder(store).run(DEMO, "B1", "9999") is None


async def test_without_a_phone_no_digits_match(store: FakeStore) -> None:
    await store.replace([replace(customer("c-2"), orders=(order("B1"),))])
    assert await LookupOrder(store).run(DEMO, "B1", "0000") is None


async def test_says_that_the_store_is_down(store: FakeStore) -> None:
    store.faults.down = True
    with pytest.raises(StoreUnavailable):
        await LookupOrder(store).run(DEMO, "SY10240001", "1234")


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("zh-CN", "手机壳"),
        ("yue", "手机壳"),
        ("zh", "手机壳"),
        ("en-GB", "Phone case"),
        ("fr", "Phone case"),
        ("", "Phone case"),
    ],
)
def test_items_are_named_in_the_language(language: str, name: str) -> None:
    item = OrderItem(Words("手机壳", "Phone case"), 1)
    assert item.name.in_language(language) == name


def test_a_name_in_one_language_serves_all() -> None:
    assert Words(zh="手机壳").in_language("en") == "手机壳"
    assert Words(en="Phone case").in_language("zh") == "Phone case"


async def test_a_repeated_request_is_the_same_delivery(store: FakeStore) -> None:
    clock = FakeClock(NOW)
    log, entry = log_on(store, clock), NewInteraction(channel="VOICE", summary="x")
    first = await log.run(WANG, entry, request("r-1"))
    clock.advance(60)
    again = await log.run(WANG, entry, request("r-1"))
    assert first.new
    assert not again.new
    assert again.answer == first.answer
    assert (await log.run(WANG, entry, request("r-2"))).answer != first.answer


async def test_a_request_id_with_another_content_is_refused(store: FakeStore) -> None:
    log = log_on(store, FakeClock(NOW))
    await log.run(WANG, NewInteraction(channel="VOICE"), request("r-1"))
    with pytest.raises(RequestIdReused):
        await log.run(WANG, NewInteraction(channel="CHAT"), request("r-1", "other"))


async def test_logging_for_nobody_is_refused(store: FakeStore) -> None:
    log = log_on(store, FakeClock(NOW))
    nobody = CustomerName(DEMO, CustomerId("no"))
    with pytest.raises(CustomerNotFound):
        await log.run(nobody, NewInteraction("VOICE"), request("r-1"))


def test_the_etag_changes_with_the_view() -> None:
    known = shown(wang())
    assert known.etag == shown(wang()).etag
    for other in (
        replace(known, display_name=None),
        replace(known, tier=known.language),
        replace(known, phones=()),
    ):
        assert other.etag != known.etag
