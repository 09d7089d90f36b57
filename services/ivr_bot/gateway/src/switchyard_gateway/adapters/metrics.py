"""What the gateway counts."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_TURN_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class GatewayMetrics:
    """The port Observer, and what the websocket and the router's line count themselves."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.open_conversations = Gauge(
            "switchyard_gateway_open_conversations",
            "Conversations somebody follows through this process.",
            registry=registry,
        )
        self._sockets = Gauge(
            "switchyard_gateway_open_websockets", "Chat pages connected now.", registry=registry
        )
        self._turns = Histogram(
            "switchyard_gateway_turn_latency_seconds",
            "From taking up a customer's message to storing the bot's answer.",
            ("outcome",),
            registry=registry,
            buckets=_TURN_SECONDS,
        )
        self._handovers = Counter(
            "switchyard_gateway_handovers_total",
            "Steps of hand-overs: asked, queued, joined, ended, left, or why not.",
            ("outcome",),
            registry=registry,
        )
        self._bot_errors = Counter(
            "switchyard_gateway_bot_errors_total",
            "Turns without an answer of the bot.",
            ("cause",),
            registry=registry,
        )
        self._rejected = Counter(
            "switchyard_gateway_websocket_rejections_total",
            "Connections and frames refused.",
            ("reason",),
            registry=registry,
        )
        self._messages = Counter(
            "switchyard_gateway_messages_total", "Messages stored.", ("role",), registry=registry
        )
        self._attached = Gauge(
            "switchyard_gateway_router_attached",
            "1 while the line to the router is up.",
            registry=registry,
        )

    def turn(self, outcome: str, seconds: float) -> None:
        """The bot's turn ended."""
        self._turns.labels(outcome).observe(seconds)

    def bot_error(self, cause: str) -> None:
        """The bot failed."""
        self._bot_errors.labels(cause).inc()

    def handover(self, outcome: str) -> None:
        """A hand-over went on."""
        self._handovers.labels(outcome).inc()

    def message(self, role: str) -> None:
        """A message was stored."""
        self._messages.labels(role).inc()

    def socket_opened(self) -> None:
        """A chat page connected."""
        self._sockets.inc()

    def socket_closed(self) -> None:
        """A chat page disconnected."""
        self._sockets.dec()

    def rejected(self, reason: str) -> None:
        """A connection or a frame was refused."""
        self._rejected.labels(reason).inc()

    def attached(self, up: bool) -> None:
        """The line to the router came up or went down."""
        self._attached.set(1 if up else 0)
