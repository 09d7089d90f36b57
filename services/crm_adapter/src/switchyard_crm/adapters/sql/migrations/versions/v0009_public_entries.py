"""Which entries of a case customers may read."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# Who wrote what is not known of older entries: only the first one, with which a case was opened, is
# the customer's matter.
_FIRST = sa.text(
    "UPDATE case_entries SET public = :yes WHERE position IN "
    "(SELECT MIN(position) FROM case_entries GROUP BY tenant, record_id, number)"
).bindparams(sa.bindparam("yes", value=True, type_=sa.Boolean()))


def upgrade() -> None:
    """Make the column."""
    public: sa.Column[bool] = sa.Column(
        "public", sa.Boolean(), nullable=False, server_default=sa.false()
    )
    op.add_column("case_entries", public)
    op.execute(_FIRST)


def downgrade() -> None:
    """Drop it."""
    op.drop_column("case_entries", "public")
