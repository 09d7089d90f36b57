"""Everything the history began with."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "agent_intervals",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("agent", sa.String(length=128), nullable=False),
        sa.Column("from_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("presence", sa.String(length=32), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(length=64), server_default="", nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant", "agent", "from_ms", "presence", name=op.f("pk_agent_intervals")
        ),
    )
    op.create_index(
        op.f("ix_agent_intervals_tenant_from_ms"),
        "agent_intervals",
        ["tenant", "from_ms"],
        unique=False,
    )
    op.create_table(
        "bot_conversations",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("conversation", sa.String(length=128), nullable=False),
        sa.Column("first_ms", sa.BigInteger(), nullable=True),
        sa.Column("hand_over_position", sa.BigInteger(), nullable=True),
        sa.Column("contact", sa.String(length=128), server_default="", nullable=False),
        sa.Column("hand_over_reason", sa.String(length=64), server_default="", nullable=False),
        sa.Column("handed_over_ms", sa.BigInteger(), nullable=True),
        sa.Column("ended_position", sa.BigInteger(), nullable=True),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(length=32), server_default="", nullable=False),
        sa.Column("turns", sa.Integer(), server_default="0", nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), nullable=True),
        sa.Column("language", sa.String(length=35), server_default="", nullable=False),
        sa.Column("channel", sa.String(length=32), server_default="", nullable=False),
        sa.Column("flows", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "conversation", name=op.f("pk_bot_conversations")),
    )
    op.create_index(
        op.f("ix_bot_conversations_tenant_contact"),
        "bot_conversations",
        ["tenant", "contact"],
        unique=False,
    )
    op.create_index(
        op.f("ix_bot_conversations_tenant_first_ms"),
        "bot_conversations",
        ["tenant", "first_ms"],
        unique=False,
    )
    op.create_table(
        "bot_turns",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("conversation", sa.String(length=128), nullable=False),
        sa.Column("turn", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("time_ms", sa.BigInteger(), nullable=True),
        sa.Column("intent", sa.String(length=128), server_default="", nullable=False),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("latency_ms", sa.BigInteger(), nullable=True),
        sa.Column("language", sa.String(length=35), server_default="", nullable=False),
        sa.Column("verification_level", sa.String(length=32), server_default="", nullable=False),
        sa.Column("outcome", sa.String(length=32), server_default="", nullable=False),
        sa.Column("flow", sa.String(length=128), server_default="", nullable=False),
        sa.Column("step", sa.String(length=128), server_default="", nullable=False),
        sa.Column("sentiment", sa.Float(), nullable=True),
        sa.Column("channel", sa.String(length=32), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("tenant", "conversation", "turn", name=op.f("pk_bot_turns")),
    )
    op.create_index(
        op.f("ix_bot_turns_tenant_time_ms"), "bot_turns", ["tenant", "time_ms"], unique=False
    )
    op.create_table(
        "contact_legs",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("contact", sa.String(length=128), nullable=False),
        sa.Column("origin", sa.String(length=64), server_default="", nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(length=32), server_default="", nullable=False),
        sa.Column("reason", sa.String(length=64), server_default="", nullable=False),
        sa.Column("queue", sa.String(length=128), server_default="", nullable=False),
        sa.Column("channel", sa.String(length=32), server_default="", nullable=False),
        sa.Column("language", sa.String(length=35), server_default="", nullable=False),
        sa.Column("customer_key", sa.String(length=128), server_default="", nullable=False),
        sa.Column("node", sa.String(length=128), server_default="", nullable=False),
        sa.Column("priority", sa.Integer(), server_default="0", nullable=False),
        sa.Column("arm", sa.String(length=64), server_default="", nullable=False),
        sa.Column("plan", sa.String(length=128), server_default="", nullable=False),
        sa.Column("step", sa.Integer(), server_default="0", nullable=False),
        sa.Column("preferred_agent", sa.String(length=128), server_default="", nullable=False),
        sa.Column("needs", sa.JSON(), nullable=True),
        sa.Column("overtaken", sa.Integer(), server_default="0", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("sent_to", sa.String(length=256), server_default="", nullable=False),
        sa.Column("disposition", sa.String(length=128), server_default="", nullable=False),
        sa.Column("initial_contact", sa.String(length=128), server_default="", nullable=False),
        sa.Column("previous_contact", sa.String(length=128), server_default="", nullable=False),
        sa.Column("related_contact", sa.String(length=128), server_default="", nullable=False),
        sa.Column("erased", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("first_position", sa.BigInteger(), nullable=True),
        sa.Column("first_queue", sa.String(length=128), server_default="", nullable=False),
        sa.Column("arrived_ms", sa.BigInteger(), nullable=True),
        sa.Column("queued_ms", sa.BigInteger(), nullable=True),
        sa.Column("callback_requested_ms", sa.BigInteger(), nullable=True),
        sa.Column("accepted_position", sa.BigInteger(), nullable=True),
        sa.Column("ring_ms", sa.BigInteger(), nullable=True),
        sa.Column("served_position", sa.BigInteger(), nullable=True),
        sa.Column("agent", sa.String(length=128), server_default="", nullable=False),
        sa.Column("answered_queue", sa.String(length=128), server_default="", nullable=False),
        sa.Column("answered_ms", sa.BigInteger(), nullable=True),
        sa.Column("conversation_ms", sa.BigInteger(), nullable=True),
        sa.Column("hold_ms", sa.BigInteger(), nullable=True),
        sa.Column("ended_position", sa.BigInteger(), nullable=True),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(length=32), server_default="", nullable=False),
        sa.Column("wrap_up_ms", sa.BigInteger(), nullable=True),
        sa.Column(
            "wait_ms",
            sa.BigInteger(),
            sa.Computed("coalesce(answered_ms, ended_ms) - queued_ms", persisted=True),
            nullable=True,
        ),
        sa.PrimaryKeyConstraint("tenant", "contact", name=op.f("pk_contact_legs")),
    )
    op.create_index(
        op.f("ix_contact_legs_tenant_customer_key"),
        "contact_legs",
        ["tenant", "customer_key"],
        unique=False,
    )
    op.create_index(
        op.f("ix_contact_legs_tenant_ended_ms"),
        "contact_legs",
        ["tenant", "ended_ms"],
        unique=False,
    )
    op.create_index(
        op.f("ix_contact_legs_tenant_queued_ms"),
        "contact_legs",
        ["tenant", "queued_ms"],
        unique=False,
    )
    op.create_table(
        "decision_candidates",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("decision", sa.String(length=128), nullable=False),
        sa.Column("agent", sa.String(length=128), nullable=False),
        sa.Column("place", sa.Integer(), nullable=True),
        sa.Column("chosen", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("terms", sa.JSON(), nullable=True),
        sa.Column("propensity", sa.Float(), nullable=True),
        sa.Column("predicted_ms", sa.BigInteger(), nullable=True),
        sa.Column("rejected", sa.String(length=64), server_default="", nullable=False),
        sa.Column("time_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "decision", "agent", name=op.f("pk_decision_candidates")),
    )
    op.create_table(
        "decisions",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("decision", sa.String(length=128), nullable=False),
        sa.Column("source_rank", sa.Integer(), nullable=True),
        sa.Column("time_ms", sa.BigInteger(), nullable=True),
        sa.Column("contact", sa.String(length=128), server_default="", nullable=False),
        sa.Column("agent", sa.String(length=128), server_default="", nullable=False),
        sa.Column("policy", sa.String(length=64), server_default="", nullable=False),
        sa.Column("model_version", sa.String(length=128), server_default="", nullable=False),
        sa.Column("arm", sa.String(length=64), server_default="", nullable=False),
        sa.Column("degraded", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("propensity", sa.Float(), nullable=True),
        sa.Column("predicted_ms", sa.BigInteger(), nullable=True),
        sa.Column("waited_ms", sa.BigInteger(), nullable=True),
        sa.Column("step", sa.Integer(), server_default="0", nullable=False),
        sa.Column("plan_version", sa.BigInteger(), nullable=True),
        sa.Column("eligible_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rejected_counts", sa.JSON(), nullable=True),
        sa.Column("kept", sa.Integer(), nullable=True),
        sa.Column("queue", sa.String(length=128), server_default="", nullable=False),
        sa.Column("seed", sa.String(length=20), server_default="", nullable=False),
        sa.Column("overtaken", sa.Integer(), server_default="0", nullable=False),
        sa.Column("offer", sa.String(length=128), server_default="", nullable=False),
        sa.Column("advice", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("formula", sa.String(length=16), server_default="", nullable=False),
        sa.Column("weights", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "decision", name=op.f("pk_decisions")),
    )
    op.create_index(
        op.f("ix_decisions_tenant_contact"), "decisions", ["tenant", "contact"], unique=False
    )
    op.create_index(
        op.f("ix_decisions_tenant_time_ms"), "decisions", ["tenant", "time_ms"], unique=False
    )
    op.create_table(
        "floors",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("before_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", name=op.f("pk_floors")),
    )
    op.create_table(
        "holds",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("contact", sa.String(length=128), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=True),
        sa.Column("held_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "contact", "position", name=op.f("pk_holds")),
    )
    op.create_table(
        "imports",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("origin", sa.String(length=64), nullable=False),
        sa.Column("imported_ms", sa.BigInteger(), nullable=True),
        sa.Column("file", sa.String(length=256), server_default="", nullable=False),
        sa.Column("digest", sa.String(length=128), server_default="", nullable=False),
        sa.Column("rows_read", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rows_kept", sa.Integer(), server_default="0", nullable=False),
        sa.Column("dropped", sa.JSON(), nullable=True),
        sa.Column("from_ms", sa.BigInteger(), nullable=True),
        sa.Column("until_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "origin", name=op.f("pk_imports")),
    )
    op.create_table(
        "offers",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("offer", sa.String(length=128), nullable=False),
        sa.Column("first_position", sa.BigInteger(), nullable=True),
        sa.Column("contact", sa.String(length=128), server_default="", nullable=False),
        sa.Column("agent", sa.String(length=128), server_default="", nullable=False),
        sa.Column("queue", sa.String(length=128), server_default="", nullable=False),
        sa.Column("channel", sa.String(length=32), server_default="", nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=True),
        sa.Column("decision", sa.String(length=128), server_default="", nullable=False),
        sa.Column("expire_ms", sa.BigInteger(), nullable=True),
        sa.Column("ringing_ms", sa.BigInteger(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(length=32), server_default="", nullable=False),
        sa.Column("reason", sa.String(length=64), server_default="", nullable=False),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "offer", name=op.f("pk_offers")),
    )
    op.create_index(op.f("ix_offers_tenant_contact"), "offers", ["tenant", "contact"], unique=False)
    op.create_index(
        op.f("ix_offers_tenant_created_ms"), "offers", ["tenant", "created_ms"], unique=False
    )
    op.create_table(
        "readings",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("time_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "source", name=op.f("pk_readings")),
    )
    op.create_table(
        "refused_events",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("time_ms", sa.BigInteger(), nullable=True),
        sa.Column("type", sa.String(length=64), server_default="", nullable=False),
        sa.Column("problem", sa.String(length=256), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("tenant", "source", "position", name=op.f("pk_refused_events")),
    )
    op.create_table(
        "surveys",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("conversation", sa.String(length=128), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("time_ms", sa.BigInteger(), nullable=True),
        sa.Column("contact", sa.String(length=128), server_default="", nullable=False),
        sa.Column("agent", sa.String(length=128), server_default="", nullable=False),
        sa.Column("csat", sa.Integer(), nullable=True),
        sa.Column("resolved", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "conversation", "position", name=op.f("pk_surveys")),
    )
    op.create_index(
        op.f("ix_surveys_tenant_contact"), "surveys", ["tenant", "contact"], unique=False
    )
    op.create_index(
        op.f("ix_surveys_tenant_time_ms"), "surveys", ["tenant", "time_ms"], unique=False
    )
    op.create_table(
        "tombstones",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("customer_key", sa.String(length=128), nullable=False),
        sa.Column("erased_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "customer_key", name=op.f("pk_tombstones")),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("tombstones")
    op.drop_index(op.f("ix_surveys_tenant_time_ms"), table_name="surveys")
    op.drop_index(op.f("ix_surveys_tenant_contact"), table_name="surveys")
    op.drop_table("surveys")
    op.drop_table("refused_events")
    op.drop_table("readings")
    op.drop_index(op.f("ix_offers_tenant_created_ms"), table_name="offers")
    op.drop_index(op.f("ix_offers_tenant_contact"), table_name="offers")
    op.drop_table("offers")
    op.drop_table("imports")
    op.drop_table("holds")
    op.drop_table("floors")
    op.drop_index(op.f("ix_decisions_tenant_time_ms"), table_name="decisions")
    op.drop_index(op.f("ix_decisions_tenant_contact"), table_name="decisions")
    op.drop_table("decisions")
    op.drop_table("decision_candidates")
    op.drop_index(op.f("ix_contact_legs_tenant_queued_ms"), table_name="contact_legs")
    op.drop_index(op.f("ix_contact_legs_tenant_ended_ms"), table_name="contact_legs")
    op.drop_index(op.f("ix_contact_legs_tenant_customer_key"), table_name="contact_legs")
    op.drop_table("contact_legs")
    op.drop_index(op.f("ix_bot_turns_tenant_time_ms"), table_name="bot_turns")
    op.drop_table("bot_turns")
    op.drop_index(op.f("ix_bot_conversations_tenant_first_ms"), table_name="bot_conversations")
    op.drop_index(op.f("ix_bot_conversations_tenant_contact"), table_name="bot_conversations")
    op.drop_table("bot_conversations")
    op.drop_index(op.f("ix_agent_intervals_tenant_from_ms"), table_name="agent_intervals")
    op.drop_table("agent_intervals")
