"""Referrals"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "referral_strands",
        sa.Column("name", sa.Text(), nullable=False, comment="the smallest of its names"),
        sa.Column(
            "subjects",
            postgresql.ARRAY(sa.Text()),
            nullable=False,
            comment="whom any fact was ever about",
        ),
        sa.Column(
            "facts",
            sa.JSON(),
            nullable=False,
            comment="streams.referrals.facts.ReferralFact, all",
        ),
        sa.Column(
            "known_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("name"),
        comment="Facts that names connect, of one referral or of several that share a visit.",
    )
    op.create_index(
        "referral_strands_by_subject",
        "referral_strands",
        ["subjects"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_table(
        "referral_names",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("strand", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        comment="Every name that a referral's facts know, and the strand that they are in.",
    )
    op.create_index("referral_names_by_strand", "referral_names", ["strand"], unique=False)
    op.create_table(
        "referrals",
        sa.Column("name", sa.Text(), nullable=False, comment="the first thread of its request"),
        sa.Column("strand", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=True),
        sa.Column(
            "owner", sa.Text(), nullable=True, comment="who has it now; null once it is closed"
        ),
        sa.Column("receiver", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer_due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_contact_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "referral",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="streams.referrals.referral.Referral",
        ),
        sa.Column(
            "known_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("name"),
        comment="One referral each, as its strand's facts describe it.",
    )
    op.create_index("referrals_by_subject", "referrals", ["subject"], unique=False)
    op.create_index("referrals_by_strand", "referrals", ["strand"], unique=False)
    op.create_index(
        "referrals_unanswered",
        "referrals",
        ["answer_due"],
        unique=False,
        postgresql_where=sa.text("status in ('sent', 'received')"),
    )


def downgrade() -> None:
    op.drop_table("referrals")
    op.drop_table("referral_names")
    op.drop_table("referral_strands")
