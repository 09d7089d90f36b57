"""The rules file: what comes with the package, what a file of one's own changes, what is wrong."""

from pathlib import Path

import pytest
from switchyard_common.errors import StartError
from switchyard_crm.adapters.rules import load_rules
from switchyard_crm.domain.survivors import FieldRule, ScalarField, SurvivorRule
from switchyard_crm.domain.tiers import TierLevel, TierWinner

pytestmark = pytest.mark.unit


def written(folder: Path, text: str) -> Path:
    file = folder / "rules.yaml"
    file.write_text(text)
    return file


def test_the_package_has_a_rule_for_every_field_and_levels() -> None:
    rules = load_rules(None)
    assert rules.survivors.keys() == set(ScalarField)
    assert [level.tier for level in rules.tiers.levels] == ["platinum", "gold", "silver"]


def test_a_section_of_ones_own_takes_the_place_of_the_packages(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        """
        survivors:
          display_name: {rule: SOURCE_PRIORITY, sources: [erp, local]}
        """,
    )
    rules = load_rules(file)
    assert rules.survivors == {
        ScalarField.DISPLAY_NAME: FieldRule(SurvivorRule.SOURCE_PRIORITY, ("erp", "local"))
    }
    assert rules.tiers == load_rules(None).tiers


def test_levels_of_ones_own(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        """
        tiers:
          wins: computed
          window_days: 730
          levels: [{tier: vip, within_days: 30, orders: 2, spent: {JPY: 90000}}]
        """,
    )
    tiers = load_rules(file).tiers
    assert (tiers.wins, tiers.window_days) == (TierWinner.COMPUTED, 730)
    assert tiers.levels == (TierLevel("vip", 30, 2, {"JPY": 90_000}),)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("survivors: {nickname: {rule: MOST_RECENT}}", "survivors.nickname"),
        ("survivors: {language: {rule: NEWEST}}", "survivors.language.rule"),
        (
            "survivors: {language: {rule: SOURCE_PRIORITY}}",
            "survivors.language: SOURCE_PRIORITY needs sources",
        ),
        (
            "survivors: {language: {rule: MOST_RECENT, sources: [erp]}}",
            "survivors.language: sources mean nothing to MOST_RECENT",
        ),
        ("tiers: {wins: source, window_days: 0, levels: []}", "tiers.window_days"),
        (
            "tiers: {wins: source, window_days: 9, levels: [{tier: vip}]}",
            "tiers.levels[0]: everybody would be this",
        ),
        (
            "tiers: {wins: source, window_days: 9, levels: [{tier: vip, spent: {yuan: 1}}]}",
            "tiers.levels[0].spent.yuan",
        ),
        (
            "tiers: {wins: source, window_days: 9, levels: [{tier: vip, within_days: 10}]}",
            "vip: within_days is more than window_days",
        ),
        ("colours: {}", "colours: there is no such field"),
        ("- a list", "holds no fields"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(StartError) as refused:
        load_rules(written(tmp_path, text))
    assert "rules.yaml" in str(refused.value)
    assert says.lower() in str(refused.value).lower()


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="nowhere"):
        load_rules(tmp_path / "nowhere.yaml")
