"""What a customer is worth, by the orders and the rules."""

from datetime import UTC, datetime, timedelta

import pytest
from switchyard_crm.domain.customer import Money, Provenance, SourcedText
from switchyard_crm.domain.names import CustomerId
from switchyard_crm.domain.tiers import (
    COMPUTED_SOURCE,
    Purchases,
    TierLevel,
    TierRules,
    TierWinner,
    computed_tier,
    customer_tier,
    purchases,
)

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
WHO = CustomerId("c-1")
GIVEN = SourcedText("vip", Provenance("local", "c-1", NOW))
RULES = TierRules(
    wins=TierWinner.SOURCE,
    window_days=365,
    levels=(
        TierLevel("gold", within_days=90, orders=5, spent={"CNY": 500_000, "USD": 70_000}),
        TierLevel("silver", within_days=180, orders=2),
        TierLevel("bronze", orders=1),
    ),
)


def bought(days_ago: int, orders: int, **spent: int) -> Purchases:
    return Purchases(NOW - timedelta(days=days_ago), orders, spent)


@pytest.mark.parametrize(
    ("measures", "tier"),
    [
        (bought(10, 5, CNY=500_000), "gold"),
        (bought(10, 5, CNY=1, USD=70_000), "gold"),
        (bought(90, 5, CNY=500_000), "gold"),
        (bought(91, 5, CNY=500_000), "silver"),
        (bought(10, 4, CNY=900_000), "silver"),
        (bought(10, 5, CNY=400_000, USD=60_000), "silver"),
        (bought(10, 5, JPY=900_000_000), "silver"),
        (bought(300, 9, CNY=900_000), "bronze"),
        (Purchases(), ""),
    ],
)
def test_the_first_level_that_fits_is_the_tier(measures: Purchases, tier: str) -> None:
    assert computed_tier(measures, RULES, NOW) == tier


def test_a_level_that_asks_for_a_recent_order_needs_one() -> None:
    rules = TierRules(TierWinner.COMPUTED, 365, (TierLevel("new", within_days=30),))
    assert computed_tier(Purchases(), rules, NOW) == ""


def test_money_is_added_up_per_currency_and_only_what_was_kept() -> None:
    day = timedelta(days=1)
    orders = [
        (NOW - day, "shipped", Money("CNY", 100)),
        (NOW - 2 * day, "delivered", Money("CNY", 50)),
        (NOW - 3 * day, "placed", Money("USD", 7)),
        (NOW, "cancelled", Money("CNY", 1000)),
        (NOW, "returned", Money("USD", 1000)),
        (NOW - 400 * day, "delivered", Money("CNY", 1000)),
    ]
    found = purchases(orders, NOW - 365 * day)
    assert found == Purchases(NOW - day, 3, {"CNY": 150, "USD": 7})


def test_the_rules_say_whether_a_given_tier_or_a_computed_one_counts() -> None:
    measures = bought(10, 2)
    computed = TierRules(TierWinner.COMPUTED, RULES.window_days, RULES.levels)
    assert customer_tier(GIVEN, measures, RULES, WHO, NOW) == GIVEN
    assert customer_tier(GIVEN, measures, computed, WHO, NOW) == SourcedText(
        "silver", Provenance(COMPUTED_SOURCE, "c-1", NOW - timedelta(days=10))
    )


def test_where_only_one_of_the_two_is_there_it_counts() -> None:
    computed = TierRules(TierWinner.COMPUTED, RULES.window_days, RULES.levels)
    assert customer_tier(GIVEN, Purchases(), computed, WHO, NOW) == GIVEN
    only = customer_tier(None, bought(10, 2), RULES, WHO, NOW)
    assert only is not None
    assert only.value == "silver"
    assert customer_tier(None, Purchases(), RULES, WHO, NOW) is None
