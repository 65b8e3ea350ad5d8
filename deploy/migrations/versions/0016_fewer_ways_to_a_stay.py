"""Fewer ways to a stay: each index costs every change of every stay"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Open beds are counted in the columnar copy; nothing has asked for them here since.
    op.drop_index("stays_open_beds", table_name="stays")
    op.drop_index("stays_of_source", table_name="stays")
    op.create_index(
        "stays_of_source",
        "stays",
        ["source", "discharged_at"],
        unique=False,
        postgresql_where=sa.text("source <> provider"),
    )


def downgrade() -> None:
    op.drop_index("stays_of_source", table_name="stays")
    op.create_index("stays_of_source", "stays", ["source", "discharged_at"], unique=False)
    op.create_index(
        "stays_open_beds",
        "stays",
        ["setting", "provider", "site", "ward"],
        unique=False,
        postgresql_where=sa.text("status = 'open'"),
    )
