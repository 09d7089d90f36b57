"""The unified customer as readers of the store show it: by the rules of survivors and tiers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from switchyard_crm.domain.customer import Customer
from switchyard_crm.domain.names import CustomerName
from switchyard_crm.domain.records import Profile
from switchyard_crm.domain.survivors import SurvivorRules, survivors
from switchyard_crm.domain.tiers import COMPUTED_SOURCE, Purchases, TierRules, customer_tier


@dataclass(frozen=True, slots=True)
class View:
    """Rules; without those of tiers the tier is what the sources say."""

    survivor_rules: SurvivorRules
    tier_rules: TierRules | None = None

    def customer(self, name: CustomerName, profiles: Sequence[Profile]) -> Customer:
        """One customer of the records of one person."""
        found = survivors(profiles, self.survivor_rules)
        return Customer(
            name=name,
            display_name=found.display_name,
            language=found.language,
            tier=found.tier,
            birth_date=found.birth_date,
            address=found.address,
            phones=found.phones,
            emails=found.emails,
            handles=found.handles,
            since_time=found.since_time,
        )

    def orders_since(self, now: datetime) -> datetime | None:
        """From when on orders matter to the tier; None if they do not."""
        if self.tier_rules is None:
            return None
        return now - timedelta(days=self.tier_rules.window_days)

    def with_tier(self, customer: Customer, bought: Purchases, now: datetime) -> Customer:
        """The customer with the tier that counts."""
        if self.tier_rules is None:
            return customer
        its_id = customer.name.customer
        tier = customer_tier(customer.tier, bought, self.tier_rules, its_id, now)
        return replace(customer, tier=tier)

    def freshened(self, shown: Customer, profiles: Sequence[Profile]) -> Customer:
        """The view of newer profiles; of the view shown only a computed tier stays."""
        found = self.customer(shown.name, profiles)
        tier = shown.tier
        computed = tier is not None and tier.provenance.source == COMPUTED_SOURCE
        return replace(found, tier=tier) if computed else found
