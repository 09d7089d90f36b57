"""How much one caller may ask for, and whose names it may use."""

import pytest
from google.protobuf.struct_pb2 import Struct
from hypothesis import given
from hypothesis import strategies as st
from switchyard.router.v1 import agent_pb2, config_service_pb2, contact_pb2, contact_service_pb2
from switchyard_common.errors import DomainError
from switchyard_common.limits import CallRates, OpenStreams
from switchyard_common.request_check import check_request

pytestmark = pytest.mark.unit


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def limited(rates: CallRates, caller: str) -> float | None:
    try:
        rates.take(caller)
    except DomainError as error:
        return error.retry_after_seconds if error.reason == "RATE_LIMITED" else -1.0
    return None


def test_a_burst_passes_and_then_the_rate_holds() -> None:
    time = Time()
    rates = CallRates(2.0, 3, time)
    assert [limited(rates, "a") for _ in range(4)] == [None, None, None, 0.5]
    assert limited(rates, "b") is None, "another caller is not disturbed"
    time.now = 0.25
    assert limited(rates, "a") == 0.25
    time.now = 0.5
    assert limited(rates, "a") is None
    time.now = 100.0
    assert [limited(rates, "a") for _ in range(4)] == [None, None, None, 0.5]


@given(st.lists(st.floats(0, 5), max_size=60))
def test_no_caller_gets_more_than_burst_and_rate_allow(pauses: list[float]) -> None:
    time = Time()
    rates = CallRates(3.0, 5, time)
    passed = 0
    for pause in pauses:
        time.now += pause
        passed += limited(rates, "a") is None
    assert passed <= 5 + 3.0 * time.now + 1e-6


def test_the_wait_that_is_told_is_long_enough() -> None:
    time = Time()
    rates = CallRates(7.0, 1, time)
    rates.take("a")
    wait = limited(rates, "a")
    assert wait is not None
    time.now += wait + 1e-9
    assert limited(rates, "a") is None


def test_only_so_many_callers_are_remembered() -> None:
    rates = CallRates(1.0, 1, Time())
    for number in range(10_001):
        rates.take(str(number))
    assert limited(rates, "0") is None, "forgotten: full again"
    assert limited(rates, "10000") is not None


def test_streams_are_counted_by_caller_and_in_all() -> None:
    streams = OpenStreams(3)
    with streams.hold("a", 2), streams.hold("a", 2):
        with pytest.raises(DomainError, match="this caller has 2 streams open") as own:
            streams.hold("a", 2).__enter__()
        assert (own.value.reason, own.value.retry_after_seconds) == ("RATE_LIMITED", 5.0)
        with streams.hold("b", 2), pytest.raises(DomainError, match="3 streams are open here"):
            streams.hold("c", 2).__enter__()
        assert streams.total == 2
    assert streams.total == 0
    with streams.hold("a", 1):
        assert streams.total == 1


def test_names_of_the_callers_tenant_pass() -> None:
    contact = contact_pb2.Contact(
        queue="tenants/demo/queues/q",
        customer="tenants/demo/customers/1",
        external_id="tenants of the house",
        attributes=Struct(),
    )
    contact.attributes["note"] = "tenants/other/queues/q"  # free text, not a name
    check_request(
        contact_service_pb2.CreateContactRequest(parent="tenants/demo", contact=contact), "demo"
    )


@pytest.mark.parametrize(
    ("message", "field"),
    [
        (contact_service_pb2.GetContactRequest(name="tenants/other/contacts/1"), "name"),
        (contact_service_pb2.CreateContactRequest(parent="tenants/demo2"), "parent"),
        (
            contact_service_pb2.CreateContactRequest(
                contact=contact_pb2.Contact(customer="tenants/other/customers/1")
            ),
            "contact.customer",
        ),
        (
            config_service_pb2.UpsertAgentRequest(
                agent=agent_pb2.Agent(queues=["tenants/demo/queues/q", "tenants/x/queues/q"])
            ),
            "agent.queues",
        ),
        (contact_service_pb2.PbxHello(live_contacts=["tenants/"]), "live_contacts"),
    ],
)
def test_a_name_of_another_tenant_is_found_wherever_it_stands(message: object, field: str) -> None:
    with pytest.raises(DomainError) as refused:
        check_request(message, "demo")  # type: ignore[arg-type]
    assert refused.value.reason == "TENANT_MISMATCH"
    assert refused.value.metadata == {"field": field}


@pytest.mark.parametrize(
    ("seconds", "nanos", "fine"),
    [
        (0, 0, True),
        (-5, -1, True),
        (315_576_000_000, 999_999_999, True),
        (315_576_000_001, 0, False),
        (1, -1, False),
        (0, 1_000_000_000, False),
    ],
)
def test_a_duration_must_be_one(seconds: int, nanos: int, fine: bool) -> None:
    request = contact_service_pb2.CreateContactRequest()
    request.contact.age_credit.seconds, request.contact.age_credit.nanos = seconds, nanos
    if fine:
        check_request(request, "demo")
        return
    with pytest.raises(DomainError) as refused:
        check_request(request, "demo")
    assert refused.value.violations[0].field == "contact.age_credit"


@pytest.mark.parametrize(
    ("seconds", "nanos"), [(-62_135_596_801, 0), (253_402_300_800, 0), (0, -1)]
)
def test_a_time_must_exist(seconds: int, nanos: int) -> None:
    request = contact_service_pb2.ReportCallEventRequest()
    request.event_time.seconds, request.event_time.nanos = seconds, nanos
    with pytest.raises(DomainError, match="event_time is no time"):
        check_request(request, "demo")
