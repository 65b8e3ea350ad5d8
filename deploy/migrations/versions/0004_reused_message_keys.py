"""Reused message keys, and accounts that move"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("timeline", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "facts_by_message_key",
        "facts",
        ["source", "message_id"],
        unique=False,
        postgresql_where=sa.text("kind like '%^%'"),
    )
    op.create_table(
        "visit_accounts",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("visit", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", "account", "visit"),
        comment="Which visits an account (PID-18) has.",
    )
    op.create_table(
        "account_moves",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("change", sa.JSON(), nullable=False, comment="streams.flow.facts.Change"),
        sa.PrimaryKeyConstraint("source", "account", "event_id"),
        comment="Accounts that were given to another person with all their visits (A44).",
    )


def downgrade() -> None:
    op.drop_table("account_moves")
    op.drop_table("visit_accounts")
    op.drop_index("facts_by_message_key", table_name="facts")
    op.drop_column("timeline", "withdrawn_at")
