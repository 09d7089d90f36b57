"""The router's own metrics."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from switchyard_router.adapters.queue_metrics import QueueMetrics

_PREFIX = "switchyard_router"
_WAIT_SECONDS = (0.01, 0.05, 0.1, 0.5, 1, 5, 10, 20, 30, 60, 120, 300, 600)
_PASS_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1)
_LOOKUP_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25)


class RouterMetrics:
    """Counts what the router does. Queue ids (few) are labels; contacts and agents never are."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.queues = QueueMetrics(registry)
        self._wait = Histogram(
            f"{_PREFIX}_offer_wait_seconds",
            "Waiting time of contacts when they are offered.",
            ("queue",),
            registry=registry,
            buckets=_WAIT_SECONDS,
        )
        self._conflicts = Counter(
            f"{_PREFIX}_reservation_conflicts_total",
            "Reservations that failed because the state had changed, by reason.",
            ("reason",),
            registry=registry,
        )
        self._pass = Histogram(
            f"{_PREFIX}_dispatch_pass_seconds",
            "Time of one pass over the waiting contacts, reservations included.",
            registry=registry,
            buckets=_PASS_SECONDS,
        )
        self._lookups = Histogram(
            f"{_PREFIX}_context_lookup_seconds",
            "Customer look-ups by outcome: found, unknown, failed, skipped.",
            ("outcome",),
            registry=registry,
            buckets=_LOOKUP_SECONDS,
        )
        self._moves = Counter(
            f"{_PREFIX}_step_moves_total",
            "Waiting contacts moved to another step, queue or address outside, by reason.",
            ("reason",),
            registry=registry,
        )
        self._refused_moves = Counter(
            f"{_PREFIX}_step_moves_refused_total",
            "Moves that the store refused, by code; CONTACT_... only says who was faster.",
            ("code",),
            registry=registry,
        )
        self._expressions = Counter(
            f"{_PREFIX}_expression_failures_total",
            "Expressions that gave no answer for some facts and counted as false, by plan.",
            ("plan",),
            registry=registry,
        )
        self._doubles = Counter(
            f"{_PREFIX}_double_assignments_total",
            "Contacts accepted twice at once. Must stay 0.",
            registry=registry,
        )
        self._forbidden = Counter(
            f"{_PREFIX}_forbidden_transitions_total",
            "Transitions outside the table. Must stay 0.",
            registry=registry,
        )
        self._orphans = Gauge(
            f"{_PREFIX}_orphan_contacts",
            "Contacts bound to an agent who does not hold them, for over 20 s. Must stay 0.",
            registry=registry,
        )
        self._stuck = Gauge(
            f"{_PREFIX}_stuck_agents",
            "Agents holding contacts that are not theirs, for over 20 s. Must stay 0.",
            registry=registry,
        )
        self._waiting = Gauge(
            f"{_PREFIX}_waiting_contacts", "Contacts waiting now.", ("queue",), registry=registry
        )
        self._longest = Gauge(
            f"{_PREFIX}_longest_wait_seconds",
            "Longest present wait.",
            ("queue",),
            registry=registry,
        )
        self._agents = Gauge(
            f"{_PREFIX}_agents", "Agents by presence.", ("presence",), registry=registry
        )
        self._streams = Gauge(
            f"{_PREFIX}_subscriptions",
            "Streams served here, by kind.",
            ("kind",),
            registry=registry,
        )
        self._slow = Counter(
            f"{_PREFIX}_slow_consumers_total",
            "Streams closed because their client did not read.",
            ("kind",),
            registry=registry,
        )
        self._dropped = Counter(
            f"{_PREFIX}_decisions_dropped_total",
            "Decision records dropped because the store was too slow.",
            registry=registry,
        )
        self._store_up = Gauge(
            f"{_PREFIX}_store_up", "1 while the event log can be followed.", registry=registry
        )
        self._put_back = Counter(
            f"{_PREFIX}_config_put_back_total",
            "Times the store came back without configuration, and this router put it back.",
            registry=registry,
        )
        self._event_lag = Gauge(
            f"{_PREFIX}_event_lag_seconds",
            "Largest age of events when this router saw them, since the last look 2 s before.",
            registry=registry,
        )

    def reserved(self, queue: str, waited_seconds: float) -> None:
        """A reservation succeeded."""
        self._wait.labels(queue).observe(waited_seconds)

    def conflicted(self, code: str) -> None:
        """A reservation failed."""
        self._conflicts.labels(code).inc()

    def passed(self, seconds: float, waiting: int) -> None:
        """A pass ended."""
        self._pass.observe(seconds)

    def looked_up(self, outcome: str, seconds: float) -> None:
        """A customer look-up ended."""
        self._lookups.labels(outcome).observe(seconds)

    def moved(self, reason: str) -> None:
        """A waiting contact moved."""
        self._moves.labels(reason).inc()

    def move_refused(self, code: str) -> None:
        """A waiting contact that should have moved did not."""
        self._refused_moves.labels(code).inc()

    def expression_failed(self, plan: str) -> None:
        """An expression of a plan gave no answer."""
        self._expressions.labels(plan).inc()

    def double_assignment(self) -> None:
        """An invariant is broken."""
        self._doubles.inc()

    def forbidden_transition(self) -> None:
        """An invariant is broken."""
        self._forbidden.inc()

    def inconsistent(self, orphan_contacts: int, stuck_agents: int) -> None:
        """Present numbers of broken invariants."""
        self._orphans.set(orphan_contacts)
        self._stuck.set(stuck_agents)

    def queue(self, queue: str, waiting: int, longest_wait_seconds: float) -> None:
        """Present figures of a queue."""
        self._waiting.labels(queue).set(waiting)
        self._longest.labels(queue).set(longest_wait_seconds)

    def agents(self, by_presence: dict[str, int]) -> None:
        """Present numbers of agents."""
        for presence, number in by_presence.items():
            self._agents.labels(presence).set(number)

    def subscribed(self, kind: str, change: int) -> None:
        """A stream began (1) or ended (-1)."""
        self._streams.labels(kind).inc(change)

    def slow_consumer(self, kind: str) -> None:
        """A stream was closed because its client did not read."""
        self._slow.labels(kind).inc()

    def decision_dropped(self) -> None:
        """A decision record was dropped."""
        self._dropped.inc()

    def store_up(self, up: bool) -> None:
        """Whether the event log can be followed."""
        self._store_up.set(int(up))

    def config_put_back(self) -> None:
        """The store came back without configuration, and was given it."""
        self._put_back.inc()

    def event_lag(self, seconds: float) -> None:
        """So old were events, at most, when they were seen."""
        self._event_lag.set(seconds)
