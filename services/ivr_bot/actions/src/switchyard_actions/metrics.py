"""What the action server reports to Prometheus. No ids and no texts in labels."""

from prometheus_client import CollectorRegistry, Counter, Histogram

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class ActionsMetrics:
    """Counters and histograms of one action server."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.action_seconds = Histogram(
            "switchyard_actions_action_seconds",
            "Time an action took, by outcome (ok, error).",
            ["action", "outcome"],
            buckets=_BUCKETS,
            registry=registry,
        )
        self.order_lookup_seconds = Histogram(
            "switchyard_actions_order_lookup_seconds",
            "Time crm_adapter took to find an order, by outcome (found, no_match, unavailable).",
            ["outcome"],
            buckets=_BUCKETS,
            registry=registry,
        )
        self.findings = Counter(
            "switchyard_actions_findings_total",
            "Turns of the order form, by what came of them.",
            ["finding"],
            registry=registry,
        )
        self.handovers = Counter(
            "switchyard_actions_handovers_total",
            "Conversations given to a person.",
            ["reason"],
            registry=registry,
        )
