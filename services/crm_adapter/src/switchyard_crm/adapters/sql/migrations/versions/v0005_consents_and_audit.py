"""What customers allow; who read or changed what; whose data was erased."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    _consents()
    _do_not_call()


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("do_not_call")
    op.drop_table("consents")


def _text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False)


def _time(name: str) -> sa.Column[object]:
    return sa.Column(name, _TIME, nullable=False)


def _consents() -> None:
    rising = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "consents",
        sa.Column("position", rising, nullable=False, autoincrement=True),
        _text("tenant", 64),
        _text("record_id", 64),
        _text("named_record_id", 64),
        _text("channel", 32),
        _text("purpose", 16),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("evidence", sa.LargeBinary(), nullable=False),
        _time("time"),
        sa.PrimaryKeyConstraint("position", name="pk_consents"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_consents_tenant_record_id_purpose", "consents", ["tenant", "record_id", "purpose"]
    )


def _do_not_call() -> None:
    op.create_table(
        "do_not_call",
        _text("tenant", 64),
        _text("kind", 16),
        _text("namespace", 64),
        _text("index", 32),
        _time("time"),
        sa.PrimaryKeyConstraint("tenant", "kind", "namespace", "index", name="pk_do_not_call"),
        sqlite_with_rowid=False,
    )
