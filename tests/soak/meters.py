"""What processes say of themselves in their metrics."""

import httpx
from prometheus_client.parser import text_string_to_metric_families

_ANSWER_SECONDS = 3.0
MUST_STAY_0 = (
    "switchyard_router_double_assignments_total",
    "switchyard_router_forbidden_transitions_total",
    "switchyard_router_orphan_contacts",
    "switchyard_router_stuck_agents",
)
"""Of every router: its invariants. The last two are gauges, and count at the end."""
EVENT_LAG = "switchyard_router_event_lag_seconds"
WAITING = "switchyard_router_waiting_contacts"


async def scrape(client: httpx.AsyncClient, target: str) -> dict[str, float] | None:
    """The sums of all samples by name; None if the process does not answer."""
    try:
        answer = await client.get(f"http://{target}/metrics", timeout=_ANSWER_SECONDS)
    except httpx.TransportError:
        return None
    sums: dict[str, float] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            sums[sample.name] = sums.get(sample.name, 0.0) + sample.value
    return sums
