"""What has changed since: facts by time, and what was withdrawn from timelines"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "facts_by_time",
        "facts",
        ["known_at"],
        unique=False,
        postgresql_using="brin",
        postgresql_with={"pages_per_range": 32, "autosummarize": "on"},
    )
    op.create_index(
        "timeline_withdrawn",
        "timeline",
        ["withdrawn_at"],
        unique=False,
        postgresql_where=sa.text("withdrawn_at is not null"),
    )


def downgrade() -> None:
    op.drop_index("timeline_withdrawn", table_name="timeline")
    op.drop_index("facts_by_time", table_name="facts")
