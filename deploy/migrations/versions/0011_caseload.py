"""From an organisation or a team to its people: whom teams name, and indexes that lead there"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from schemas.events import decode
from streams.story.involved import everybody_named

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_TEAMS = sa.text(
    "select event_id, event from facts where kind in ('CareTeam', 'EpisodeOfCare')"
    " and involved is null"
)
_NAME = sa.text("update facts set involved = :involved where event_id = :event_id").bindparams(
    sa.bindparam("involved", type_=postgresql.ARRAY(sa.Text()))
)


def upgrade() -> None:
    op.add_column(
        "facts",
        sa.Column(
            "involved",
            postgresql.ARRAY(sa.Text()),
            nullable=True,
            comment="codes of whomever a care team or an episode names; null: of no such fact",
        ),
    )
    _name_what_is_held()
    op.create_index(
        "facts_by_involved",
        "facts",
        ["involved"],
        unique=False,
        postgresql_using="gin",
        postgresql_where=sa.text("involved is not null"),
    )
    op.create_index(
        "facts_of_teams_unread",
        "facts",
        ["subject"],
        unique=False,
        postgresql_where=sa.text("kind in ('CareTeam', 'EpisodeOfCare') and involved is null"),
    )
    op.create_index(
        "traits_by_practice",
        "traits",
        [sa.text("(said ->> 'practice')")],
        unique=False,
        postgresql_where=sa.text("kind = 'person'"),
    )
    op.create_index("stays_of_provider", "stays", ["provider", "discharged_at"], unique=False)
    op.create_index("stays_of_source", "stays", ["source", "discharged_at"], unique=False)
    op.create_index(
        "referrals_of_receiver",
        "referrals",
        ["receiver"],
        unique=False,
        postgresql_where=sa.text("closed_at is null"),
    )


def _name_what_is_held() -> None:
    """Teams and episodes are few among facts: each is read again."""
    connection = op.get_bind()
    for row in connection.execute(_TEAMS).all():
        named = everybody_named(decode(row.event)) or []
        connection.execute(_NAME, {"event_id": row.event_id, "involved": named})


def downgrade() -> None:
    op.drop_index("referrals_of_receiver", table_name="referrals")
    op.drop_index("stays_of_source", table_name="stays")
    op.drop_index("stays_of_provider", table_name="stays")
    op.drop_index("traits_by_practice", table_name="traits")
    op.drop_index("facts_of_teams_unread", table_name="facts")
    op.drop_index("facts_by_involved", table_name="facts")
    op.drop_column("facts", "involved")
