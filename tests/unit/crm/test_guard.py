"""Whether two records that have something in common are of one person."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_crm.domain.customer import Provenance
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.domain.matching.births import Births, compare_births, known_birth
from switchyard_crm.domain.matching.blocked import (
    BLOCKED_BY_DEFAULT,
    BlockedValues,
    blocked_values,
)
from switchyard_crm.domain.matching.guard import OF_ONE_NAME, Verdict, VerdictKind, judge_pair
from switchyard_crm.domain.matching.limits import MAX_NAMES, is_of_one_name, is_shared
from switchyard_crm.domain.records import Profile

pytestmark = pytest.mark.unit

PHONE = Identifier(IdentifierKind.PHONE, "+8619900001234")
EMAIL = Identifier(IdentifierKind.EMAIL, "fang.wang@example.com")
WECHAT = Identifier(IdentifierKind.HANDLE, "oX3aBc", "wechat.shop")
BORN = date(1988, 3, 1)
LINK, REVIEW, APART = VerdictKind.LINK, VerdictKind.REVIEW, VerdictKind.APART


def record(name: str, *identifiers: Identifier, born: date | None = None) -> Profile:
    observed = Provenance("shop", "r-1", datetime(2026, 1, 1, tzinfo=UTC))
    return Profile(observed, display_name=name, birth_date=born, identifiers=identifiers)


def judged(
    a: str,
    b: str,
    *common: Identifier,
    born: tuple[date | None, date | None] = (None, None),
    shared: tuple[Identifier, ...] = (),
    own: tuple[Identifier, ...] = (),
) -> Verdict:
    one, other = record(a, *common, born=born[0]), record(b, *common, born=born[1])
    found = judge_pair(one, other, common, frozenset(shared), frozenset(own))
    assert found == judge_pair(other, one, common, frozenset(shared), frozenset(own))
    return found


def test_a_number_and_the_name_make_one_person() -> None:
    found = judged("王芳", "Fang WANG", PHONE)
    assert found.kind is LINK
    assert found.evidence[:2] == ("phone equal", "names equal in another notation")


def test_a_number_alone_makes_nobody_one_person() -> None:
    assert judged("王芳", "李强", PHONE).kind is APART
    assert judged("王芳", "王丽", PHONE).kind is APART
    assert judged("王芳", "", PHONE).kind is REVIEW
    assert judged("王芳", "王女士", PHONE).kind is REVIEW
    assert judged("", "", PHONE).kind is REVIEW


def test_a_second_kind_of_identifier_or_the_birth_date_confirms() -> None:
    assert judged("王芳", "王女士", PHONE, EMAIL).kind is LINK
    assert judged("王芳", "", PHONE, born=(BORN, BORN)).kind is LINK
    assert judged("王芳", "汪方", PHONE).kind is REVIEW
    assert judged("王芳", "汪方", PHONE, born=(BORN, BORN)).kind is LINK


def test_a_slip_is_forgiven_but_a_sister_is_no_slip() -> None:
    assert judged("Margaret Smith", "Margarret Smith", PHONE).kind is LINK
    assert judged("Joan Smith", "John Smith", PHONE).kind is APART


def test_two_numbers_are_one_kind() -> None:
    second = Identifier(IdentifierKind.PHONE, "+8619900005678")
    assert judged("王芳", "", PHONE, second).kind is REVIEW


def test_a_nameless_record_goes_with_the_only_name_of_a_number() -> None:
    assert judged("王芳", "", PHONE, own=(PHONE,)).kind is LINK
    assert judged("王芳", "晴天", PHONE, own=(PHONE,)).kind is LINK
    assert judged("王芳", "李先生", PHONE, own=(PHONE,)).kind is APART
    assert OF_ONE_NAME in judged("王芳", "", PHONE, own=(PHONE,)).evidence
    assert OF_ONE_NAME not in judged("王芳", "王芳", PHONE, own=(PHONE,)).evidence


def test_an_account_may_have_a_nickname_but_no_other_name() -> None:
    assert judged("王芳", "Sunny", WECHAT).kind is LINK
    assert judged("王芳", "李强", WECHAT).kind is REVIEW


def test_different_birth_dates_are_a_veto_whatever_is_equal() -> None:
    found = judged("王芳", "王芳", PHONE, EMAIL, WECHAT, born=(BORN, date(1961, 12, 9)))
    assert found.kind is APART
    assert found.veto
    assert "birth dates differ" in found.evidence


@pytest.mark.parametrize("other", [date(1988, 1, 3), date(1978, 3, 1), date(1988, 1, 1)])
def test_a_slip_in_the_birth_date_is_for_people_to_judge(other: date) -> None:
    found = judged("王芳", "王芳", PHONE, born=(BORN, other))
    assert found.kind is REVIEW
    assert not found.veto


def test_twins_are_not_linked() -> None:
    found = judged("王建国", "王建军", PHONE, EMAIL, born=(BORN, BORN))
    assert found.kind is REVIEW


def test_a_placeholder_is_no_birth_date() -> None:
    assert known_birth(date(1970, 1, 1)) is None
    assert judged("王芳", "王芳", PHONE, born=(BORN, date(1970, 1, 1))).kind is LINK


def test_shared_and_blocked_values_prove_nothing() -> None:
    placeholder = Identifier(IdentifierKind.PHONE, "+8613800138000")
    assert judged("王芳", "王芳", PHONE, shared=(PHONE,)).kind is APART
    assert judged("王芳", "王芳", placeholder).kind is APART
    assert judged("王芳", "王芳", placeholder, EMAIL).kind is LINK
    assert judged("王芳", "王芳").kind is APART


def test_values_of_an_operator_are_blocked_too() -> None:
    one = record("王芳", PHONE)
    blocked = BlockedValues(frozenset((PHONE.value, "@shop.example")))
    assert judge_pair(one, one, [PHONE], set(), set(), blocked).kind is APART
    assert blocked.holds(Identifier(IdentifierKind.EMAIL, "wang@shop.example"))


def test_more_numbers_than_one_person_has_are_for_people_to_judge() -> None:
    many = [Identifier(IdentifierKind.PHONE, f"+86199000012{n:02}") for n in range(5)]
    others = [Identifier(IdentifierKind.PHONE, f"+86199000034{n:02}") for n in range(5)]
    found = judge_pair(record("王芳", EMAIL, *many), record("王芳", EMAIL, *others), [EMAIL], set())
    assert found.kind is REVIEW
    assert found.evidence[-1] == "too many identifiers for one person"


def test_an_operator_lists_values_with_commas() -> None:
    blocked = blocked_values(" +8619900001234, Desk@Example.com,, @shop.example ")
    assert blocked.holds(PHONE)
    assert blocked.holds(Identifier(IdentifierKind.EMAIL, "desk@example.com"))
    assert blocked.holds(Identifier(IdentifierKind.EMAIL, "wang@shop.example"))
    assert not blocked.holds(EMAIL)
    assert blocked_values("") == BLOCKED_BY_DEFAULT


@pytest.mark.parametrize(
    "value",
    ["+8613800138000", "+8613800000000", "+8618888888888", "+8613912345678", "+861087654321"],
)
def test_placeholder_numbers_are_blocked(value: str) -> None:
    assert BLOCKED_BY_DEFAULT.holds(Identifier(IdentifierKind.PHONE, value))


@pytest.mark.parametrize(
    "value",
    [
        "test@example.com",
        "no@email.com",
        "noemail@a.cn",
        "info@firm.example",
        "x@test.com",
        "aaa@b.cn",
    ],
)
def test_placeholder_addresses_are_blocked(value: str) -> None:
    assert BLOCKED_BY_DEFAULT.holds(Identifier(IdentifierKind.EMAIL, value))


def test_ordinary_values_are_not_blocked() -> None:
    assert BLOCKED_BY_DEFAULT.among((PHONE, EMAIL, WECHAT)) == frozenset()
    assert BLOCKED_BY_DEFAULT.holds(Identifier(IdentifierKind.HANDLE, "null", "wechat"))


def test_more_than_five_names_share_a_value() -> None:
    assert not is_shared(MAX_NAMES)
    assert is_shared(MAX_NAMES + 1)
    assert is_shared(1, 51)
    assert is_of_one_name(1)
    assert not is_of_one_name(2)


@given(st.dates(), st.dates())
def test_birth_dates_compare_alike_in_both_directions(a: date, b: date) -> None:
    found = compare_births(a, b)
    assert found is compare_births(b, a)
    assert (found is Births.SAME) == (a == b)


NAMES = st.sampled_from(
    ["王芳", "Wang Fang", "王女士", "李强", "", "测试", "晴天", "John Smith", "J Smith"]
)
BIRTHS = st.sampled_from([None, BORN, date(1988, 1, 3), date(1961, 12, 9)])


@given(
    NAMES,
    NAMES,
    BIRTHS,
    BIRTHS,
    st.sets(st.sampled_from([PHONE, EMAIL, WECHAT])),
    st.sets(st.sampled_from([PHONE, EMAIL, WECHAT])),
)
def test_every_verdict_is_careful(
    a: str,
    b: str,
    born_a: date | None,
    born_b: date | None,
    common: set[Identifier],
    shared: set[Identifier],
) -> None:
    found = judged(a, b, *sorted(common), born=(born_a, born_b), shared=tuple(shared))
    if not common - shared:
        assert found.kind is APART
    if compare_births(born_a, born_b) is not Births.SAME and born_a and born_b:
        assert found.kind is not LINK
    written = " ".join(found.evidence)
    assert not any(value.value in written for value in common)
    assert not any(name and name in written for name in (a, b))
