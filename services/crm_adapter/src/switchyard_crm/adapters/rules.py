"""The rules file (CRM_RULES_FILE): whose value of a field survives, and what makes a tier.

survivors:
  display_name:
    rule: SOURCE_PRIORITY         # or MOST_RECENT, MOST_FREQUENT
    sources: [salesforce, local]  # first wins; for SOURCE_PRIORITY only
tiers:
  wins: source                    # or computed: which counts when there are both
  window_days: 365                # older orders count for nothing
  levels:                         # best first; the first that fits is the tier
    - tier: gold
      within_days: 90             # the last order is not older; optional
      orders: 5                   # at least; optional
      spent: {CNY: 500000}        # at least, in the smallest unit of any one of these; optional

A section that is left out is the one that comes with the package.
"""

from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator
from pydantic import model_validator as validates_model

from switchyard_crm.adapters.connectors.mapping import read_yaml, validated
from switchyard_crm.domain.survivors import (
    FieldRule,
    ScalarField,
    SurvivorRule,
    SurvivorRules,
)
from switchyard_crm.domain.tiers import TierLevel, TierRules, TierWinner

_OWN = "rules.yaml"

type Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
type Days = Annotated[int, Field(ge=1, le=36_500)]


@dataclass(frozen=True, slots=True)
class Rules:
    """What the view of a customer is made by."""

    survivors: SurvivorRules
    tiers: TierRules


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Survivor(_Section):
    rule: SurvivorRule
    sources: tuple[str, ...] = ()

    @validates_model(mode="after")
    def _sources_fit(self) -> Self:
        by_source = self.rule is SurvivorRule.SOURCE_PRIORITY
        if by_source and not self.sources:
            raise ValueError("SOURCE_PRIORITY needs sources, first wins")
        if not by_source and self.sources:
            raise ValueError(f"sources mean nothing to {self.rule.value}; leave them out")
        if len(set(self.sources)) < len(self.sources):
            raise ValueError("sources name one twice")
        return self


class _Level(_Section):
    tier: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
    within_days: Days | None = None
    orders: Annotated[int, Field(ge=1)] | None = None
    spent: dict[Currency, Annotated[int, Field(ge=1)]] = Field(default_factory=dict)

    @validates_model(mode="after")
    def _asks_for_something(self) -> Self:
        if self.within_days is None and self.orders is None and not self.spent:
            raise ValueError("everybody would be this; give within_days, orders or spent")
        return self


class _Tiers(_Section):
    wins: TierWinner
    window_days: Days
    levels: tuple[_Level, ...]

    @field_validator("levels")
    @classmethod
    def _are_different(cls, levels: tuple[_Level, ...]) -> tuple[_Level, ...]:
        if len({level.tier for level in levels}) < len(levels):
            raise ValueError("name one tier twice")
        return levels

    @validates_model(mode="after")
    def _fit_the_window(self) -> Self:
        for level in self.levels:
            if level.within_days is not None and level.within_days > self.window_days:
                raise ValueError(f"{level.tier}: within_days is more than window_days")
        return self


class _File(_Section):
    survivors: dict[ScalarField, _Survivor]
    tiers: _Tiers


def load_rules(file: Path | None) -> Rules:
    """The rules of a file, or those that come with the package. Raises BadFile."""
    own = files(__package__) / _OWN
    document = read_yaml(own)
    shown: Traversable | Path = own
    if file is not None:
        document, shown = {**document, **read_yaml(file)}, file
    read = validated(_File, document, str(shown))
    return Rules(_survivors(read), _tiers(read.tiers))


def _survivors(read: _File) -> SurvivorRules:
    return {field: FieldRule(each.rule, each.sources) for field, each in read.survivors.items()}


def _tiers(read: _Tiers) -> TierRules:
    levels = tuple(
        TierLevel(each.tier, each.within_days, each.orders or 0, each.spent) for each in read.levels
    )
    return TierRules(read.wins, read.window_days, levels)
