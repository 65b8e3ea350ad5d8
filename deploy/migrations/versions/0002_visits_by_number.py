"""Numbers of visits, and message keys"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "visit_numbers",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column(
            "visit",
            sa.Text(),
            nullable=False,
            comment="the visit that has this number, it is said",
        ),
        sa.Column(
            "known_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("source", "number", "visit"),
        comment="Other numbers of visits: streams.flow.numbers.",
    )
    op.create_index("visit_numbers_by_visit", "visit_numbers", ["source", "visit"], unique=False)
    op.create_table(
        "message_keys",
        sa.Column("projection", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="MSH-3, MSH-4, MSH-10"),
        sa.Column("rank", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "content",
            sa.Text(collation="C"),
            nullable=False,
            comment="whose content holds the key",
        ),
        sa.Column(
            "places", sa.JSON(), nullable=False, comment="where the projection holds that content"
        ),
        sa.PrimaryKeyConstraint("projection", "source", "key"),
        comment="Which content of an HL7 v2 message key counts: streams.runtime.message_keys.",
    )
    op.add_column(
        "stays", sa.Column("expected_discharge", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "stays",
        sa.Column(
            "former_subjects",
            postgresql.ARRAY(sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="whom its facts named, apart from whom they name now",
        ),
    )
    op.create_index(
        "stays_by_former_subject",
        "stays",
        ["former_subjects"],
        unique=False,
        postgresql_using="gin",
        postgresql_where=sa.text("former_subjects <> '{}'"),
    )


def downgrade() -> None:
    op.drop_index("stays_by_former_subject", table_name="stays")
    op.drop_column("stays", "former_subjects")
    op.drop_column("stays", "expected_discharge")
    op.drop_table("message_keys")
    op.drop_index("visit_numbers_by_visit", table_name="visit_numbers")
    op.drop_table("visit_numbers")
