"""What the gateway counts."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_REASONS = (
    *("asked", "fallback", "verification_failed", "tries", "unavailable", "not_possible"),
    *("complaint", "sentiment", "abuse", "file", "bot_failed"),
)
_CHANNELS = ("chat", "phone", "webhook", "wechat")
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
        self._handover_reasons = Counter(
            "switchyard_gateway_handover_reasons_total",
            "Persons asked for, by why.",
            ("reason",),
            registry=registry,
        )
        self._ended = Counter(
            "switchyard_gateway_conversations_ended_total",
            "Conversations that are over, by what came of them.",
            ("outcome", "channel"),
            registry=registry,
        )
        self._fallbacks = Counter(
            "switchyard_gateway_fallbacks_total",
            "Messages that the bot did not understand.",
            ("language",),
            registry=registry,
        )
        self._surveys = Counter(
            "switchyard_gateway_surveys_total",
            "Surveys answered, by whether with a rating.",
            ("rated",),
            registry=registry,
        )
        self._active = Gauge(
            "switchyard_gateway_active_conversations",
            "Conversations that are not closed, over all processes.",
            registry=registry,
        )
        self._turns_waiting_for_bot = Gauge(
            "switchyard_gateway_turns_waiting_for_bot",
            "Turns that wait for a bot that is away, outside of the places of requests.",
            registry=registry,
        )
        self._bot_retries = Counter(
            "switchyard_gateway_bot_retries_total",
            "Questions asked again because the bot was away or slow.",
            ("cause",),
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
        self._pin_resets = Counter(
            "switchyard_gateway_pin_resets_total",
            "New PINs asked for with a link, by what came of it.",
            ("outcome",),
            registry=registry,
        )
        self._channel_messages = Counter(
            "switchyard_gateway_channel_messages_total",
            "Messages of channels, in and out, by what came of them.",
            ("channel", "direction", "outcome"),
            registry=registry,
        )
        self._channel_rejections = Counter(
            "switchyard_gateway_channel_rejections_total",
            "Requests of channels that were refused before they were messages.",
            ("channel", "reason"),
            registry=registry,
        )
        self._channel_followers = Gauge(
            "switchyard_gateway_channel_followers",
            "Customers of channels whom this process delivers to.",
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

    def channel_message(self, channel: str, direction: str, outcome: str) -> None:
        """A message of a channel came in or went out."""
        self._channel_messages.labels(channel, direction, outcome).inc()

    def channel_rejected(self, channel: str, reason: str) -> None:
        """A channel's request was refused."""
        self._channel_rejections.labels(channel, reason).inc()

    def followers(self, count: int) -> None:
        """So many customers of channels are delivered to."""
        self._channel_followers.set(count)

    def pin_reset(self, outcome: str) -> None:
        """Somebody tried to set a new PIN with a link."""
        self._pin_resets.labels(outcome).inc()

    def turn(self, outcome: str, seconds: float) -> None:
        """The bot's turn ended."""
        self._turns.labels(outcome).observe(seconds)

    def bot_error(self, cause: str) -> None:
        """The bot failed."""
        self._bot_errors.labels(cause).inc()

    def waiting_for_bot(self, turns: int) -> None:
        """So many turns wait for the bot to come back."""
        self._turns_waiting_for_bot.set(turns)

    def bot_retry(self, cause: str) -> None:
        """The bot was away, and is waited for."""
        self._bot_retries.labels(cause).inc()

    def fallback(self, language: str) -> None:
        """The bot did not understand a message."""
        self._fallbacks.labels(language).inc()

    def handover_reason(self, reason: str) -> None:
        """A person was asked for."""
        known = reason if reason in _REASONS else "other"
        self._handover_reasons.labels(known).inc()

    def survey(self, csat: int) -> None:
        """A survey was answered. The rating itself is the history's."""
        self._surveys.labels("yes" if csat else "no").inc()

    def ended(self, outcome: str, channel: str) -> None:
        """A conversation is over."""
        known = channel if channel in _CHANNELS else "other"
        self._ended.labels(outcome, known).inc()

    def active(self, conversations: int) -> None:
        """So many conversations are open, over all processes."""
        self._active.set(conversations)

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
