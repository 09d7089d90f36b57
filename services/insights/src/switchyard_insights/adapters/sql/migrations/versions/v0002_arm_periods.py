"""How long the turns were in which arms were dealt."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the column."""
    period: sa.Column[int] = sa.Column("arm_period_ms", sa.BigInteger(), nullable=True)
    op.add_column("contact_legs", period)


def downgrade() -> None:
    """Drop it."""
    op.drop_column("contact_legs", "arm_period_ms")
