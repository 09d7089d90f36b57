"""What the bot reports to Prometheus. No ids and no text in labels."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_TURN_BUCKETS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class BotMetrics:
    """Counters and histograms of one bot process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Registers everything on the given registry."""
        self.turn_seconds = Histogram(
            "switchyard_bot_turn_seconds",
            "From a message's arrival to its answer, by outcome.",
            ["outcome"],
            buckets=_TURN_BUCKETS,
            registry=registry,
        )
        self.intents = Counter(
            "switchyard_bot_intents_total",
            "Messages by recognised intent.",
            ["intent", "language"],
            registry=registry,
        )
        self.fallbacks = Counter(
            "switchyard_bot_fallbacks_total",
            "Messages that were not understood.",
            ["language"],
            registry=registry,
        )
        self.handovers = Counter(
            "switchyard_bot_handovers_total",
            "Conversations given to a person.",
            ["reason"],
            registry=registry,
        )
        self.store_failures = Counter(
            "switchyard_bot_store_failures_total",
            "Messages that could not be handled because Redis did not answer.",
            registry=registry,
        )
        self.store_up = Gauge(
            "switchyard_bot_store_up",
            "Whether Redis answered when readiness was last asked for (1 or 0).",
            registry=registry,
        )
        self.duplicates = Counter(
            "switchyard_bot_duplicate_messages_total",
            "Messages that arrived again.",
            registry=registry,
        )
