"""Marks of what is said"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Those that are there get theirs by `throughline rebuild record`; none is another one.
    op.add_column(
        "identity_statements",
        sa.Column(
            "content",
            sa.Text(),
            nullable=True,
            comment="marks all that the fact says in the thread",
        ),
    )


def downgrade() -> None:
    op.drop_column("identity_statements", "content")
