"""Who read what of whom, and whose data was erased."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "audit",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("time", _TIME, nullable=False),
        sa.Column("actor", sa.String(160), nullable=False),
        sa.Column("rpc", sa.String(32), nullable=False),
        sa.Column("customer_id", sa.String(64), nullable=False),
        sa.Column("detail", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_audit"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_audit_tenant_customer_id_time", "audit", ["tenant", "customer_id", "time"])
    op.create_index("ix_audit_time", "audit", ["time"])
    op.create_table(
        "erasures",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("source_index", sa.String(32), nullable=False),
        sa.Column("record_id", sa.String(64), nullable=False),
        sa.Column("customer_id", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("source_id", sa.String(256), nullable=False),
        sa.Column("actor", sa.String(160), nullable=False),
        sa.Column("time", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "source", "source_index", name="pk_erasures"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_erasures_tenant_record_id", "erasures", ["tenant", "record_id"])
    op.create_index("ix_erasures_tenant_customer_id", "erasures", ["tenant", "customer_id"])
    op.create_index("ix_erasures_state_time", "erasures", ["state", "time"])


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("erasures")
    op.drop_table("audit")
