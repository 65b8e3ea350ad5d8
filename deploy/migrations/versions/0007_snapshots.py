"""Snapshots of figures, and what restated them"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def _moment(name: str, **more: Any) -> "sa.Column[Any]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False, **more)


def _value(name: str) -> "sa.Column[float]":
    return sa.Column(name, sa.Double(), nullable=False)


def upgrade() -> None:
    op.create_table(
        "snapshots",
        _moment("at", comment="08:00 or midnight in London"),
        _moment("taken_at"),
        _moment("checked_at", comment="when it was last held against what is known"),
        sa.PrimaryKeyConstraint("at", name=op.f("snapshots_pkey")),
        comment="The moments whose figures were kept as they were known then.",
    )
    op.create_table(
        "snapshot_figures",
        _moment("at"),
        sa.Column("figure", sa.Text(), nullable=False, comment="measure and dimensions"),
        _value("value"),
        sa.PrimaryKeyConstraint("at", "figure", name=op.f("snapshot_figures_pkey")),
        comment="What was told of each figure at a snapshot's moment; never changed.",
    )
    op.create_table(
        "restatements",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        _moment("at"),
        sa.Column("figure", sa.Text(), nullable=False),
        _value("was"),
        _value("value"),
        _moment("known_at", server_default=sa.text("now()")),
        sa.Column(
            "why",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="services.figures.reasons.Reason",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("restatements_pkey")),
        comment="Each later difference of a snapshot's figure; the last one is what is so now.",
    )
    op.create_index("restatements_by_figure", "restatements", ["at", "figure"], unique=False)


def downgrade() -> None:
    op.drop_table("restatements")
    op.drop_table("snapshot_figures")
    op.drop_table("snapshots")
