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
        self.crm_call_seconds = Histogram(
            "switchyard_actions_crm_call_seconds",
            "Time crm_adapter took, by call and outcome (ok, declined, unavailable).",
            ["call", "outcome"],
            buckets=_BUCKETS,
            registry=registry,
        )
        self.crm_incomplete = Counter(
            "switchyard_actions_crm_incomplete_total",
            "Answers of crm_adapter that lacked parts because a source failed.",
            ["call"],
            registry=registry,
        )
        self.router_call_seconds = Histogram(
            "switchyard_actions_router_call_seconds",
            "Time the router took, by call and outcome (ok, declined, unavailable).",
            ["call", "outcome"],
            buckets=_BUCKETS,
            registry=registry,
        )
        self.turns = Counter(
            "switchyard_actions_turns_total",
            "Turns by flow and outcome (answered, fallback, handed_over, error).",
            ["flow", "outcome"],
            registry=registry,
        )
        self.finished = Counter(
            "switchyard_actions_flows_finished_total",
            "Flows that were brought to their end.",
            ["flow"],
            registry=registry,
        )
        self.lost = Counter(
            "switchyard_actions_dialogues_lost_total",
            "Dialogues of an older version that could not be gone on with (flow: that one thing, "
            "state: all of it).",
            ["what"],
            registry=registry,
        )
        self.handovers = Counter(
            "switchyard_actions_handovers_total",
            "Conversations given to a person.",
            ["reason"],
            registry=registry,
        )
