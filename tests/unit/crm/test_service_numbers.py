"""Numbers that tell what kind of caller it is, and never who."""

import pytest
from switchyard.crm.v1 import crm_service_pb2 as crm
from switchyard.crm.v1 import customer_pb2 as model
from switchyard_crm.domain.identifiers import GivenIdentifier, IdentifierKind, Normaliser
from switchyard_crm.domain.names import TenantId
from switchyard_crm.domain.phones import NotAPhoneNumber, caller_type, to_e164
from switchyard_crm.domain.service_numbers import CallerType
from switchyard_crm.entrypoints.requests import Requests

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("110", CallerType.EMERGENCY),
        ("021-110", CallerType.EMERGENCY),
        ("10086", CallerType.CARRIER),
        ("+86 10010", CallerType.CARRIER),
        ("12345", CallerType.PUBLIC),
        ("021 12345", CallerType.PUBLIC),
        ("+86 10 12345", CallerType.PUBLIC),
        ("95588", CallerType.COMPANY),
        ("+8695588", CallerType.COMPANY),
        ("0086 95588", CallerType.COMPANY),
        ("86 95588", CallerType.COMPANY),
        ("02195588", CallerType.COMPANY),
        ("+862195588", CallerType.COMPANY),
        ("９５５８８", CallerType.COMPANY),
        ("9511234", CallerType.COMPANY),
        ("0571 96345", CallerType.COMPANY),
        ("400-820-8820", CallerType.COMPANY),
        ("400-820-8820转1", CallerType.COMPANY),
        ("+86 400 820 8820", CallerType.COMPANY),
        ("8008203800", CallerType.COMPANY),
        ("1010 1010", CallerType.COMPANY),
        ("+1 800 555 0199", CallerType.COMPANY),
        ("10690000123456", CallerType.MESSAGING),
    ],
)
def test_service_numbers_are_caller_types_and_nobody(text: str, expected: CallerType) -> None:
    assert caller_type(text, "CN") is expected
    assert to_e164(text, "CN") is None


@pytest.mark.parametrize(
    ("text", "e164"),
    [
        ("010-65529988", "+861065529988"),
        ("+86 10 6552 9988", "+861065529988"),
        ("0571-8765 4321", "+8657187654321"),
        ("19900001234", "+8619900001234"),
        ("17951 199 0000 1234", "+8619900001234"),
        ("+1 202 555 0143", "+12025550143"),
    ],
)
def test_people_have_no_caller_type(text: str, e164: str) -> None:
    assert caller_type(text, "CN") is None
    assert to_e164(text, "CN") == e164


def test_elsewhere_other_numbers_are_for_emergencies() -> None:
    assert caller_type("999", "GB") is CallerType.EMERGENCY
    assert caller_type("95588", "GB") is None


def test_what_is_no_number_has_no_caller_type() -> None:
    with pytest.raises(NotAPhoneNumber):
        caller_type("anonymous", "CN")


def test_the_normaliser_tells_the_caller_type_of_what_it_makes_nobody() -> None:
    normaliser = Normaliser("CN")
    given = GivenIdentifier(IdentifierKind.PHONE, "95588")
    assert normaliser.normalise(given, TenantId("demo"), "who") is None
    assert normaliser.caller_type(given) is CallerType.COMPANY
    assert normaliser.caller_type(GivenIdentifier(IdentifierKind.PHONE, "anonymous")) is None
    assert normaliser.caller_type(GivenIdentifier(IdentifierKind.EMAIL, "95588@bank.cn")) is None


def test_resolving_tells_the_caller_type_of_the_first_service_number() -> None:
    reads = Requests(Normaliser("CN"))
    values = ["19900001234", "95588", "12345"]
    asked = crm.ResolveRequest(
        parent="tenants/demo",
        identifiers=[model.Identifier(kind=model.PHONE, value=value) for value in values],
    )
    assert reads.caller_type(asked) == "company hotline"
    del asked.identifiers[1:]
    assert reads.caller_type(asked) == ""
    assert [each.value for each in reads.resolve(asked)[1]] == ["+8619900001234"]
