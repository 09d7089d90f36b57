"""The list of features is what the functions make, and stamps tell what changed."""

import numpy as np
import pytest
from switchyard_router.domain.agent_features import AgentFeatures
from switchyard_router.domain.handle_time_features import (
    FEATURES,
    NAMES,
    ContactFacts,
    Moment,
    Scope,
    columns,
    contact_features,
    names_hash,
)

pytestmark = pytest.mark.unit

SALES, HELP = ("sales", "VOICE"), ("help", "CHAT")


def facts(**changes: object) -> ContactFacts:
    usual = {"type_log_seconds": 5.0, "channel": "VOICE", "waited_seconds": 0.0, "queue_length": 0}
    return ContactFacts(**(usual | changes))  # type: ignore[arg-type]


def test_scopes_lie_one_behind_the_other_and_every_feature_says_what_it_is() -> None:
    parts = [NAMES[columns(scope)] for scope in Scope]
    assert tuple(name for part in parts for name in part) == NAMES
    assert len(set(NAMES)) == len(NAMES)
    assert all(feature.unit and feature.source for feature in FEATURES)


def test_each_scope_is_as_wide_as_the_list_says() -> None:
    features = AgentFeatures()
    slots = np.arange(3)

    def width(scope: Scope) -> int:
        return len(NAMES[columns(scope)])

    assert len(contact_features(facts(), Moment(9, 0))) == width(Scope.CONTACT)
    assert features.of_agents(slots).shape == (3, width(Scope.AGENT))
    assert features.of_pairs(SALES, slots).shape == (3, width(Scope.PAIR))


def test_features_of_a_contact_by_hand() -> None:
    found = contact_features(
        facts(channel="CHAT", waited_seconds=75.0, queue_length=3), Moment(hour=17, weekday=6)
    )
    assert found == (5.0, 1.0, 17.0, 6.0, 3.0, 2.0, 0.0, 0.0, 15.0)


def test_a_wait_in_the_future_is_none_and_an_unknown_channel_is_one_more() -> None:
    found = contact_features(facts(channel="FAX", waited_seconds=-5.0), Moment(0, 0))
    assert found[1] == 6.0
    assert found[4] == 0.0


def test_another_order_is_another_hash() -> None:
    assert names_hash(NAMES) != names_hash(NAMES[::-1])
    assert names_hash(("a", "b")) != names_hash(("ab",))


def test_features_of_agents_by_hand() -> None:
    features = AgentFeatures()
    level = features.table.level(SALES)
    features.observe(1, SALES, float(np.exp(level + 0.4)))
    features.set_occupancy(1, 0.521)
    handled, effect, recent, short, _, occupancy = features.of_agents(np.array([1]))[0]
    assert handled == 1.0
    assert effect == pytest.approx(features.table.effects(np.array([1]))[0])
    assert recent == pytest.approx(0.05 * 0.4)
    assert 0 < short < 0.03
    assert occupancy == 0.5
    pair = features.of_pairs(SALES, np.array([1]))[0]
    assert pair[0] == 1.0
    assert pair[2] == pytest.approx(level + effect + pair[1])
    assert features.of_pairs(HELP, np.array([1]))[0][0] == 0.0


def test_only_the_agent_who_changed_gets_another_stamp() -> None:
    features, slots = AgentFeatures(), np.arange(3)
    before = features.stamps(slots)
    features.observe(1, SALES, 100.0)
    after = features.stamps(slots)
    assert list(after == before) == [True, False, True]
    features.set_occupancy(2, 0.5)
    assert list(features.stamps(slots) == after) == [True, True, False]


def test_a_small_change_of_occupancy_is_none() -> None:
    features = AgentFeatures()
    features.set_occupancy(0, 0.50)
    before = features.stamps(np.array([0]))
    features.set_occupancy(0, 0.51)
    assert features.stamps(np.array([0])) == before


def test_a_fit_and_another_table_change_everybodys_stamp_for_good() -> None:
    features, slots = AgentFeatures(), np.arange(3)
    seen = {tuple(features.stamps(slots))}
    while not features.table.fits:
        features.observe(0, SALES, 100.0)
    fitted = features.stamps(slots)
    assert len(set(fitted)) == 1
    seen.add(tuple(fitted))
    features.start(AgentFeatures().table)
    seen.add(tuple(features.stamps(slots)))
    assert len(seen) == 3


def test_new_agents_find_room() -> None:
    features = AgentFeatures()
    features.reserve(1000)
    features.observe(999, SALES, 100.0)
    assert features.of_agents(np.array([999, 998]))[:, 0].tolist() == [1.0, 0.0]
