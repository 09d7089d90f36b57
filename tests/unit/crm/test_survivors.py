"""Which values of several records make the view of one customer."""

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_crm.domain.customer import Provenance, SourcedText
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.domain.records import Profile
from switchyard_crm.domain.survivors import (
    MANUAL_SOURCE,
    FieldRule,
    ScalarField,
    SurvivorRule,
    surviving,
    survivors,
)

pytestmark = pytest.mark.unit

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PRIORITY = FieldRule(SurvivorRule.SOURCE_PRIORITY, ("salesforce", "local"))
RECENT = FieldRule(SurvivorRule.MOST_RECENT)
FREQUENT = FieldRule(SurvivorRule.MOST_FREQUENT)


def at(source: str, hours_ago: int = 0, source_id: str = "1") -> Provenance:
    return Provenance(source, source_id, NOON - timedelta(hours=hours_ago))


def said(value: str, source: str, hours_ago: int = 0, source_id: str = "1") -> SourcedText:
    return SourcedText(value, at(source, hours_ago, source_id))


def text(found: SourcedText | None) -> str | None:
    return None if found is None else found.value


def test_the_source_that_comes_first_in_the_rule_survives() -> None:
    values = [said("A", "hubspot"), said("B", "local", 5), said("C", "salesforce", 9)]
    assert text(surviving(values, PRIORITY)) == "C"
    assert text(surviving(values[:2], PRIORITY)) == "B"
    assert text(surviving(values[:1], PRIORITY)) == "A"


def test_an_empty_value_of_the_first_source_is_ignored() -> None:
    assert text(surviving([said(" ", "salesforce"), said("B", "local")], PRIORITY)) == "B"


def test_the_value_observed_last_survives() -> None:
    values = [said("old", "local", 5), said("new", "tryton", 1), said("", "odoo")]
    assert surviving(values, RECENT) == said("new", "tryton", 1)


def test_the_value_most_records_have_survives_with_its_last_observation() -> None:
    values = [said("A", "local", 5), said("B", "odoo"), said("A", "tryton", 2)]
    assert surviving(values, FREQUENT) == said("A", "tryton", 2)


def test_nobody_has_a_value_where_all_are_empty() -> None:
    for rule in (PRIORITY, RECENT, FREQUENT):
        assert surviving([said("", "local"), said("  ", "odoo")], rule) is None


sourced = st.builds(
    said,
    st.sampled_from(["", "A", "B", "C"]),
    st.sampled_from(["local", "odoo", "salesforce"]),
    st.integers(0, 2),
    st.sampled_from(["1", "2"]),
)


@given(
    st.lists(sourced, max_size=8),
    st.sampled_from([PRIORITY, RECENT, FREQUENT]),
    st.randoms(use_true_random=False),
)
def test_the_survivor_does_not_depend_on_the_order(
    values: list[SourcedText], rule: FieldRule, random: Random
) -> None:
    shuffled = list(values)
    random.shuffle(shuffled)
    assert surviving(shuffled, rule) == surviving(values, rule)


def phone(number: str) -> Identifier:
    return Identifier(IdentifierKind.PHONE, number)


def test_every_scalar_keeps_where_it_comes_from() -> None:
    profiles = [
        Profile(at("local", 2), "王芳", language="zh-CN", birth_date=date(1988, 3, 1)),
        Profile(at("tryton", 1), "Wang Fang", tier="gold", address="上海市徐汇区云杉路18号"),
    ]
    rules = {ScalarField.DISPLAY_NAME: FieldRule(SurvivorRule.SOURCE_PRIORITY, ("local",))}
    found = survivors(profiles, rules)
    assert found.display_name == said("王芳", "local", 2)
    assert found.language == said("zh-CN", "local", 2)
    assert found.birth_date == said("1988-03-01", "local", 2)
    assert found.tier == said("gold", "tryton", 1)
    assert found.address == said("上海市徐汇区云杉路18号", "tryton", 1)


def test_identifiers_are_sets_and_the_last_observation_of_each_counts() -> None:
    handle = Identifier(IdentifierKind.HANDLE, "oX3aBc", "wechat")
    profiles = [
        Profile(at("local", 5), identifiers=(phone("+8619900001234"), handle)),
        Profile(at("odoo", 1), identifiers=(phone("+8619900001234"),)),
        Profile(at("tryton", 3), identifiers=(phone("+8619900005678"),)),
    ]
    found = survivors(profiles, {})
    assert found.phones == (
        said("+8619900001234", "odoo", 1),
        said("+8619900005678", "tryton", 3),
    )
    assert found.handles == (said("wechat:oX3aBc", "local", 5),)
    assert found.emails == ()


def test_what_people_tied_adds_identifiers_and_nothing_else() -> None:
    profiles = [
        Profile(at("local", 5), "王芳"),
        Profile(at(MANUAL_SOURCE), "王芳 (old name)", identifiers=(phone("+8619900001234"),)),
    ]
    found = survivors(profiles, {})
    assert found.display_name == said("王芳", "local", 5)
    assert found.phones == (said("+8619900001234", MANUAL_SOURCE),)


def test_a_customer_is_one_since_the_first_record_says_so() -> None:
    early, late = NOON - timedelta(days=900), NOON - timedelta(days=9)
    profiles = [
        Profile(at("local"), since_time=late),
        Profile(at("odoo"), since_time=early),
        Profile(at("tryton")),
    ]
    assert survivors(profiles, {}).since_time == early
    assert survivors([], {}).since_time is None
