"""Identifiers come into one comparable form, or are refused with the field and the fix."""

import pytest
from switchyard_common.errors import ErrorKind
from switchyard_crm.domain.errors import InvalidField
from switchyard_crm.domain.identifiers import (
    GivenIdentifier,
    Identifier,
    IdentifierKind,
    Normaliser,
    last4,
    order_key,
)
from switchyard_crm.domain.names import parse_customer, parse_parent

from tests.fakes.crm.people import DEMO

pytestmark = pytest.mark.unit


def normalise(kind: IdentifierKind, value: str, namespace: str = "") -> Identifier | None:
    return Normaliser("CN").normalise(GivenIdentifier(kind, value, namespace), DEMO, "who")


def test_normalises_each_kind() -> None:
    kind = IdentifierKind
    assert normalise(kind.PHONE, "0086 199 0000 1234") == Identifier(kind.PHONE, "+8619900001234")
    assert normalise(kind.EMAIL, " Fang.Wang＠Example.COM ") == Identifier(
        kind.EMAIL, "fang.wang@example.com"
    )
    assert normalise(kind.HANDLE, " oX3aBc ", "WeChat") == Identifier(
        kind.HANDLE, "oX3aBc", "wechat"
    )
    assert normalise(kind.SOURCE_RECORD, "10017", "erp") == Identifier(
        kind.SOURCE_RECORD, "10017", "erp"
    )
    assert normalise(kind.ORDER_NUMBER, "#sy-1024 0001") == Identifier(
        kind.ORDER_NUMBER, "SY10240001"
    )
    assert normalise(kind.CUSTOMER_ID, "c-1") == Identifier(kind.CUSTOMER_ID, "c-1")
    assert normalise(kind.CUSTOMER_ID, "tenants/demo/customers/c-1") == Identifier(
        kind.CUSTOMER_ID, "c-1"
    )


def test_service_numbers_are_no_identities() -> None:
    assert normalise(IdentifierKind.PHONE, "95588") is None


@pytest.mark.parametrize(
    ("kind", "value", "namespace", "field", "says"),
    [
        (IdentifierKind.PHONE, "", "", "who.value", "leave the identifier out"),
        (IdentifierKind.PHONE, "anonymous", "", "who.value", "withheld"),
        (IdentifierKind.PHONE, "1" * 257, "", "who.value", "256 characters"),
        (IdentifierKind.EMAIL, "wang", "", "who.value", "name@example.com"),
        (IdentifierKind.EMAIL, "a@b@c.com", "", "who.value", "name@example.com"),
        (IdentifierKind.EMAIL, "a@b..com", "", "who.value", "name@example.com"),
        (IdentifierKind.HANDLE, "oX3", "", "who.namespace", "for instance wechat"),
        (IdentifierKind.ORDER_NUMBER, "—", "", "who.value", "printed on the order"),
        (IdentifierKind.ORDER_NUMBER, "1" * 65, "", "who.value", "printed on the order"),
        (IdentifierKind.CUSTOMER_ID, "c 1", "", "who.value", "letters"),
        (IdentifierKind.CUSTOMER_ID, "tenants/x/customers/c", "", "who.value", "another tenant"),
        (IdentifierKind.CUSTOMER_ID, "tenants/demo/agents/c", "", "who.value", "must be tenants/"),
    ],
)
def test_refuses_what_is_wrong_with_field_and_fix(
    kind: IdentifierKind, value: str, namespace: str, field: str, says: str
) -> None:
    with pytest.raises(InvalidField) as caught:
        normalise(kind, value, namespace)
    violation = caught.value.violations[0]
    assert caught.value.kind is ErrorKind.INVALID
    assert violation.field == field
    assert says in violation.description


def test_refusals_do_not_repeat_the_value() -> None:
    for kind in (IdentifierKind.PHONE, IdentifierKind.EMAIL, IdentifierKind.CUSTOMER_ID):
        with pytest.raises(InvalidField) as caught:
            normalise(kind, "Wang Fang 199%")
        assert "Wang" not in caught.value.message


@pytest.mark.parametrize(
    "text", ["SY-1024-0001", "sy10240001", " SY 1024 0001 ", "订单号：SY１０２４０００１"]
)
def test_order_numbers_compare_without_decoration(text: str) -> None:
    assert order_key(text, "order_number") == "SY10240001"


def test_last_digits_may_be_full_width() -> None:
    assert last4(" １２３４ ", "phone_last4") == "1234"


@pytest.mark.parametrize("text", ["", "123", "12345", "12a4", "一二三四", "①②③x"])
def test_last_digits_are_four_digits(text: str) -> None:
    with pytest.raises(InvalidField, match="last four digits"):
        last4(text, "phone_last4")


def test_reads_resource_names() -> None:
    assert parse_parent("tenants/demo", "parent") == "demo"
    assert str(parse_customer("tenants/demo/customers/c-1", "customer")) == (
        "tenants/demo/customers/c-1"
    )


@pytest.mark.parametrize(
    "text", ["", "demo", "tenants/", "tenants/a/b", "tenants/a\n", "tenants/.a"]
)
def test_refuses_other_names(text: str) -> None:
    with pytest.raises(InvalidField, match=r"tenants/\{tenant\}"):
        parse_parent(text, "parent")
    with pytest.raises(InvalidField, match=r"customers/\{customer\}"):
        parse_customer(text, "customer")
