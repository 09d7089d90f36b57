"""The router's own counters of broken invariants, scraped from its /metrics."""

import asyncio
import urllib.request

from prometheus_client.parser import text_string_to_metric_families

MUST_BE_ZERO = (
    "switchyard_router_double_assignments_total",
    "switchyard_router_forbidden_transitions_total",
    "switchyard_router_orphan_contacts",
    "switchyard_router_stuck_agents",
)
_SECONDS = 5.0


async def scrape(url: str) -> dict[str, float]:
    """The counters by name. Raises OSError when nobody answers, KeyError when one is missing."""
    text = await asyncio.to_thread(_get, url)
    found = {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name in MUST_BE_ZERO
    }
    return {name: found[name] for name in MUST_BE_ZERO}


def _get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=_SECONDS) as answer:
        body: bytes = answer.read()
    return body.decode()
