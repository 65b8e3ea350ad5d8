"""What measures need: traits of people, and when rows and people changed"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def _text(name: str, *, nullable: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=nullable)


def upgrade() -> None:
    now = sa.text("now()")
    op.create_table(
        "traits",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column(
            "number",
            sa.Integer(),
            nullable=False,
            comment="which of the things the fact says",
        ),
        _text("kind"),
        _text("subject", nullable=True),
        _text("source"),
        _text("thread"),
        sa.Column("version", sa.Text(collation="C"), nullable=False),
        sa.Column("recorded", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "said",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="streams.traits.trait, by kind",
        ),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False, server_default=now),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("event_id", "number", name=op.f("traits_pkey")),
        comment="What facts say that measures need, beside stays and referrals;"
        " the greatest version of a thread holds.",
    )
    op.create_index("traits_by_time", "traits", ["known_at"], unique=False)
    op.create_index("traits_by_subject", "traits", ["subject"], unique=False)
    op.create_index("traits_by_thread", "traits", ["thread", "version"], unique=False)
    op.create_index(
        "traits_withdrawn",
        "traits",
        ["withdrawn_at"],
        unique=False,
        postgresql_where=sa.text("withdrawn_at is not null"),
    )
    op.create_index("stays_by_time", "stays", ["known_at"], unique=False)
    op.create_index("referrals_by_time", "referrals", ["known_at"], unique=False)
    op.add_column(
        "identities",
        sa.Column(
            "changed_at",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=now,
            comment="since when it belongs to this person",
        ),
    )
    op.create_index("identities_by_change", "identities", ["changed_at"], unique=False)


def downgrade() -> None:
    op.drop_index("identities_by_change", table_name="identities")
    op.drop_column("identities", "changed_at")
    op.drop_index("referrals_by_time", table_name="referrals")
    op.drop_index("stays_by_time", table_name="stays")
    op.drop_table("traits")
