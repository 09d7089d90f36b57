"""What ties records to each other and keeps them apart, and suspected duplicates."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _edges()
    _reviews()
    _unlinked()


def downgrade() -> None:
    """Drop the tables."""
    for table in ("unlinked", "reviews", "edges"):
        op.drop_table(table)


def _text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False)


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def _edges() -> None:
    op.create_table(
        "edges",
        _text("tenant", 64),
        _text("id", 64),
        _text("record_a", 64),
        _text("record_b", 64),
        _text("bearing", 16),
        _text("reason", 16),
        sa.Column("evidence", sa.Text(), nullable=False),
        _text("actor", 160),
        _time("time"),
        sa.Column("answers", sa.String(64)),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_edges"),
        sa.UniqueConstraint("tenant", "answers", name="uq_edges_tenant_answers"),
        sqlite_with_rowid=False,
    )
    _index("edges", "tenant", "record_a")
    _index("edges", "tenant", "record_b")


def _reviews() -> None:
    op.create_table(
        "reviews",
        _text("tenant", 64),
        _text("id", 64),
        _text("record_a", 64),
        _text("record_b", 64),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        _time("create_time"),
        _text("state", 16),
        _text("actor", 160),
        _time("decide_time", nullable=True),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_reviews"),
        sa.UniqueConstraint(
            "tenant", "record_a", "record_b", name="uq_reviews_tenant_record_a_record_b"
        ),
        sqlite_with_rowid=False,
    )
    _index("reviews", "tenant", "record_b")
    _index("reviews", "tenant", "state", "id")


def _unlinked() -> None:
    op.create_table(
        "unlinked",
        _text("tenant", 64),
        _text("record_id", 64),
        _text("kind", 16),
        _text("namespace", 64),
        _text("value_index", 32),
        _text("actor", 160),
        _time("time"),
        sa.PrimaryKeyConstraint(
            "tenant", "record_id", "kind", "namespace", "value_index", name="pk_unlinked"
        ),
        sqlite_with_rowid=False,
    )
