"""Who may look: which facts are restricted, and who broke the glass"""

import sqlalchemy as sa
from alembic import op

from schemas.events import decode
from schemas.restriction import restriction_of

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_RESTRICTED = sa.text(
    "select event_id, event from facts where position(cast(:mark as bytea) in event) > 0"
)
_MARK = sa.text("update facts set restriction = :restriction where event_id = :event_id")


def _text(name: str, *, nullable: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=nullable)


def _moment(name: str, *, nullable: bool = True) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.add_column(
        "facts",
        sa.Column(
            "restriction",
            sa.Text(),
            nullable=True,
            comment="schemas.restriction; null: all who may look see it",
        ),
    )
    _mark_what_is_held()
    op.create_index(
        "facts_restricted",
        "facts",
        ["subject"],
        unique=False,
        postgresql_where=sa.text("restriction is not null"),
    )
    op.create_index(
        "timeline_of_teams",
        "timeline",
        ["subject"],
        unique=False,
        postgresql_where=sa.text("thread like '%|CareTeam/%' or thread like '%|EpisodeOfCare/%'"),
    )
    op.create_table(
        "break_glass",
        sa.Column("break_glass_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False, comment="any id of the person"),
        *(_text(name) for name in ("viewer", "name", "role", "org", "reason", "words")),
        sa.Column(
            "known_at",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=sa.text("now()"),
        ),
        _moment("until", nullable=False),
        _moment("reviewed_at"),
        *(_text(name, nullable=True) for name in ("reviewed_by", "finding", "review_words")),
        sa.PrimaryKeyConstraint("break_glass_id", name=op.f("break_glass_pkey")),
        comment="Who looked without a relationship, why, for how long, and what was found of it.",
    )
    op.create_index("break_glass_by_person", "break_glass", ["person_id"], unique=False)
    op.create_index(
        "break_glass_to_review",
        "break_glass",
        ["known_at", "break_glass_id"],
        unique=False,
        postgresql_where=sa.text("reviewed_at is null"),
    )


def _mark_what_is_held() -> None:
    """Few facts are restricted: each is read again."""
    connection = op.get_bind()
    for row in connection.execute(_RESTRICTED, {"mark": b'"restricted":true'}).all():
        restriction = restriction_of(decode(row.event))
        connection.execute(_MARK, {"event_id": row.event_id, "restriction": restriction})


def downgrade() -> None:
    op.drop_table("break_glass")
    op.drop_index("timeline_of_teams", table_name="timeline")
    op.drop_index("facts_restricted", table_name="facts")
    op.drop_column("facts", "restriction")
