"""The one definition of the history's tables, for SQLite and PostgreSQL alike.

Times are milliseconds since 1970 by the store's clock, and durations are milliseconds; NULL: it has
not happened, or nobody knows. Texts are '' where there is nothing to say. No table holds a name, a
number or what was said: customers appear by keyed hash.

`merging` says how rows that arrive in any order, in parts and repeatedly become one; the columns
that end in `position` exist for that: places in the event log, see `positions`.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Computed,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    false,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _key(name: str, length: int = 128) -> Column[str]:
    return Column(name, String(length), primary_key=True)


def _text(name: str, length: int = 128) -> Column[str]:
    return Column(name, String(length), nullable=False, server_default="")


def _ms(name: str) -> Column[int]:
    return Column(name, BigInteger)


def _position(name: str = "position") -> Column[int]:
    return Column(name, BigInteger)


def _count(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default="0")


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False, server_default=false())


contact_legs = Table(
    "contact_legs",
    metadata,
    _key("tenant", 64),
    _key("contact"),
    _text("origin", 64),  # '' lived through here; else the import it came with
    # As of the newest event.
    _position(),
    _text("state", 32),
    _text("reason", 64),
    _text("queue"),  # the last one it was in
    _text("channel", 32),
    _text("language", 35),
    _text("customer_key"),
    _text("node"),
    _count("priority"),
    _text("arm", 64),
    _ms("arm_period_ms"),  # a turn's length, where arms take turns; else NULL
    _text("plan"),
    _count("step"),
    _text("preferred_agent"),
    Column("needs", JSON),  # [{skill, min_level, …}] beyond the plan; NULL: none
    _count("overtaken"),
    _count("attempts"),  # calls back that did not reach the customer
    _text("sent_to", 256),
    _text("disposition"),
    _text("initial_contact"),
    _text("previous_contact"),
    _text("related_contact"),
    _flag("erased"),  # who it was and what belonged to it has been forgotten
    # As of the first event.
    _position("first_position"),
    _text("first_queue"),
    _ms("arrived_ms"),  # reached the centre; before queued_ms where a machine served first
    _ms("queued_ms"),
    _ms("callback_requested_ms"),
    # The last agent who accepted and who conversed.
    _position("accepted_position"),
    _ms("ring_ms"),  # from the offer to its acceptance
    _position("served_position"),
    _text("agent"),
    _text("answered_queue"),
    _ms("answered_ms"),  # the first time somebody conversed
    _ms("conversation_ms"),  # talk and hold, of all agents
    _ms("hold_ms"),
    # The end.
    _position("ended_position"),
    _ms("ended_ms"),  # wrap-up included
    _text("outcome", 32),  # ANSWERED, ABANDONED, CANCELLED, EXPIRED; '' while it lives
    _ms("wrap_up_ms"),
    Column(
        "wait_ms",  # in line until answered or gone
        BigInteger,
        Computed("coalesce(answered_ms, ended_ms) - queued_ms", persisted=True),
    ),
    Index(None, "tenant", "queued_ms"),
    Index(None, "tenant", "customer_key"),
    Index(None, "tenant", "ended_ms"),
)
"""One row for each contact, and for each leg of a journey that was transferred."""

holds = Table(
    "holds",
    metadata,
    _key("tenant", 64),
    _key("contact"),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    _ms("until_ms"),
    _ms("held_ms"),
)
"""Each time a customer was put on hold, when that ended."""

offers = Table(
    "offers",
    metadata,
    _key("tenant", 64),
    _key("offer"),
    _position("first_position"),
    _text("contact"),
    _text("agent"),
    _text("queue"),
    _text("channel", 32),
    _ms("created_ms"),
    _text("decision"),
    _ms("expire_ms"),
    _ms("ringing_ms"),
    _position(),
    _text("state", 32),  # PENDING, ACCEPTED, DECLINED, TIMED_OUT, RESCINDED, FAILED
    _text("reason", 64),
    _ms("ended_ms"),
    Index(None, "tenant", "contact"),
    Index(None, "tenant", "created_ms"),
)
"""One row for each time a contact was offered to an agent."""

decisions = Table(
    "decisions",
    metadata,
    _key("tenant", 64),
    _key("decision"),
    # 2 as the event log tells it, with the wait when it was committed; 1 as the decision log does.
    Column("source_rank", Integer),
    _ms("time_ms"),
    _text("contact"),
    _text("agent"),
    _text("policy", 64),
    _text("model_version"),
    _text("arm", 64),
    _flag("degraded"),
    Column("propensity", Float),
    _ms("predicted_ms"),
    _ms("waited_ms"),
    _count("step"),
    Column("plan_version", BigInteger),
    _count("eligible_count"),
    Column("rejected_counts", JSON),
    # From the decision log alone.
    Column("kept", Integer),
    _text("queue"),
    _text("seed", 20),  # 64 bits without sign, as digits
    _count("overtaken"),
    _text("offer"),
    _flag("advice"),
    _text("formula", 16),
    Column("weights", JSON),
    Index(None, "tenant", "time_ms"),
    Index(None, "tenant", "contact"),
)
"""One row for each choice; `kept` is 1 where its candidates are known."""

decision_candidates = Table(
    "decision_candidates",
    metadata,
    _key("tenant", 64),
    _key("decision"),
    _key("agent"),
    Column("place", Integer),  # from 0 in the order kept: the chosen one, then the best
    _flag("chosen"),
    Column("score", Float),
    Column("terms", JSON),  # name to seconds-equivalents
    Column("propensity", Float),
    _ms("predicted_ms"),
    _text("rejected", 64),  # why this one could not be chosen; '': could have been
    _ms("time_ms"),
)
"""Everybody a decision was computed for, with terms by the router's own formula."""

agent_intervals = Table(
    "agent_intervals",
    metadata,
    _key("tenant", 64),
    _key("agent"),
    Column("from_ms", BigInteger, primary_key=True, autoincrement=False),
    _key("presence", 32),
    _ms("until_ms"),
    _position(),
    _text("reason", 64),
    Index(None, "tenant", "from_ms"),
)
"""How long each agent was in which presence; until_ms NULL: still is."""

bot_turns = Table(
    "bot_turns",
    metadata,
    _key("tenant", 64),
    _key("conversation"),
    Column("turn", Integer, primary_key=True, autoincrement=False),
    _position(),
    _ms("time_ms"),
    _text("intent"),
    Column("confidence", Float),
    _ms("latency_ms"),
    _text("language", 35),
    _text("verification_level", 32),
    _text("outcome", 32),
    _text("flow"),
    _text("step"),
    Column("sentiment", Float),
    _text("channel", 32),
    Index(None, "tenant", "time_ms"),
)
"""One row for each answer of the bot; no texts."""

bot_conversations = Table(
    "bot_conversations",
    metadata,
    _key("tenant", 64),
    _key("conversation"),
    _ms("first_ms"),
    _position("hand_over_position"),
    _text("contact"),
    _text("hand_over_reason", 64),
    _ms("handed_over_ms"),
    _position("ended_position"),
    _ms("ended_ms"),
    _text("outcome", 32),
    _count("turns"),
    _ms("duration_ms"),
    _text("language", 35),
    _text("channel", 32),
    Column("flows", JSON),
    Index(None, "tenant", "first_ms"),
    Index(None, "tenant", "contact"),
)
"""One row for each conversation with the bot."""

surveys = Table(
    "surveys",
    metadata,
    _key("tenant", 64),
    _key("conversation"),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    _ms("time_ms"),
    _text("contact"),
    _text("agent"),
    Column("csat", Integer),  # 1 to 5; NULL: not given
    Column("resolved", Boolean),  # NULL: not given
    Index(None, "tenant", "time_ms"),
    Index(None, "tenant", "contact"),
)
"""One row for each answered survey."""

readings = Table(
    "readings",
    metadata,
    _key("tenant", 64),
    _key("source", 64),
    Column("position", BigInteger, nullable=False),  # the newest place that is stored
    _ms("time_ms"),
)
"""How far each log has been read; for looking, and for finding what was trimmed unread."""

tombstones = Table(
    "tombstones",
    metadata,
    _key("tenant", 64),
    _key("customer_key"),
    _ms("erased_ms"),
)
"""Customers who were forgotten: what is read again later does not bring them back."""

floors = Table(
    "floors",
    metadata,
    _key("tenant", 64),
    Column("before_ms", BigInteger, nullable=False),
)
"""What is older has been pruned: what is read again later does not bring it back."""

imports = Table(
    "imports",
    metadata,
    _key("tenant", 64),
    _key("origin", 64),
    _ms("imported_ms"),
    _text("file", 256),
    _text("digest", 128),
    _count("rows_read"),
    _count("rows_kept"),
    Column("dropped", JSON),  # reason to number of rows
    _ms("from_ms"),
    _ms("until_ms"),
)
"""What came in by `switchyard history import`."""

refused_events = Table(
    "refused_events",
    metadata,
    _key("tenant", 64),
    _key("source", 64),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    _ms("time_ms"),
    _text("type", 64),
    _text("problem", 256),  # names fields, never their values
)
"""Events that could not be understood; they stop nobody."""
