"""What the router says of a store that may lose acknowledged writes."""

from dataclasses import replace
from typing import Any, cast

import pytest
from prometheus_client import CollectorRegistry
from switchyard_router.adapters.redis.durability import CODES, DurabilityCheck, Setup, warnings
from switchyard_router.adapters.redis.link import Link, Replicas
from switchyard_router.adapters.store_metrics import StoreMetrics

pytestmark = pytest.mark.unit

SAFE = Setup(
    aof=True,
    fsync="everysec",
    min_replicas=1,
    policy="noeviction",
    memory_bytes=40_000_000,
    memory_limit_bytes=640_000_000,
    replicas=2,
)
UNSAFE: dict[str, dict[str, Any]] = {
    "AOF_OFF": {"aof": False},
    "FSYNC_NO": {"fsync": "no"},
    "FSYNC_EVERYSEC_ALONE": {"replicas": 0},
    "NO_REPLICAS": {"replicas": 0},
    "WRITES_ALONE": {"min_replicas": 0},
    "TOO_FEW_REPLICAS": {"min_replicas": 3},
    "EVICTS_STATE": {"policy": "allkeys-lru"},
    "EVICTS_ENDED": {"policy": "volatile-ttl"},
    "SETTINGS_HIDDEN": {"fsync": None, "min_replicas": None},
}


def codes(setup: Setup, wait: Replicas | None = None) -> set[str]:
    return {code for code, _ in warnings(setup, wait)}


def test_a_safe_store_is_not_warned_of() -> None:
    assert codes(SAFE) == set()
    assert codes(replace(SAFE, policy="allkeys-lru", memory_limit_bytes=0)) == set()


def test_every_code_has_its_case() -> None:
    assert set(UNSAFE) == set(CODES)


@pytest.mark.parametrize("code", UNSAFE)
def test_each_weakness_is_named(code: str) -> None:
    assert code in codes(replace(SAFE, **UNSAFE[code]))


def test_waiting_for_replicas_counts_as_their_minimum() -> None:
    alone = replace(SAFE, min_replicas=0)
    assert codes(alone, Replicas(1, 500)) == set()
    assert codes(alone, Replicas(3, 500)) == {"TOO_FEW_REPLICAS"}


def test_the_metric_shows_what_holds_and_zero_for_the_rest() -> None:
    registry = CollectorRegistry()
    metrics = StoreMetrics(registry)
    metrics.durability({"AOF_OFF"})
    name = "switchyard_router_store_durability_warnings"
    shown = {code: registry.get_sample_value(name, {"warning": code}) for code in CODES}
    assert shown == {code: float(code == "AOF_OFF") for code in CODES}


def test_the_metrics_show_what_the_store_holds_and_what_it_may() -> None:
    registry = CollectorRegistry()
    DurabilityCheck(cast(Link, None), None, StoreMetrics(registry)).tell(SAFE)
    name = "switchyard_router_store_memory"
    assert registry.get_sample_value(f"{name}_bytes") == SAFE.memory_bytes
    assert registry.get_sample_value(f"{name}_limit_bytes") == SAFE.memory_limit_bytes
