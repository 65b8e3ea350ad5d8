"""What is written here: own words that are on their way, and what staff said last"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "own_words_taken",
        sa.Column(
            "subject", sa.Text(), nullable=False, comment="the identity that the words are about"
        ),
        sa.Column(
            "source",
            sa.Text(),
            nullable=False,
            comment="the organisation that they were written at",
        ),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject", "source", name=op.f("own_words_taken_pkey")),
        comment="The last About me that was written here: on its way until it is one of the facts.",
    )
    op.create_index(
        "identity_statements_of_staff",
        "identity_statements",
        ["known_at", "event_id"],
        unique=False,
        postgresql_where=sa.text("who is not null"),
    )


def downgrade() -> None:
    op.drop_index("identity_statements_of_staff", table_name="identity_statements")
    op.drop_table("own_words_taken")
