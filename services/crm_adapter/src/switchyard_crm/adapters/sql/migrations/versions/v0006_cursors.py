"""How far each source has been read, and which of its records it has removed."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "sync_cursors",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("position", sa.Text(), nullable=False),
        sa.Column("caught_up_time", _TIME, nullable=True),
        sa.Column("holder", sa.String(64), nullable=False),
        sa.Column("held_until_time", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "source", name="pk_sync_cursors"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "removed_records",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("source_id", sa.String(256), nullable=False),
        sa.Column("time", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "source", "source_id", name="pk_removed_records"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("removed_records")
    op.drop_table("sync_cursors")
