"""What is said of who is one person"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Each link as the statement of the fact that made it; `throughline rebuild record` adds the rest.
_TAKE_OVER = """
insert into identity_statements
  (event_id, number, one, other, kind, source, thread, version, said_at, known_at)
select l.event_id, row_number() over (partition by l.event_id order by l.one, l.other) - 1,
  l.one, l.other, 'same', f.source,
  case when f.kind = 'Patient' then f.thread else 'proof|' || f.source || '|' || l.one end,
  f.version, f.recorded, l.known_at
from identity_links l join facts f using (event_id)
where l.other like 'nhs/%/%'
"""
_GIVE_BACK = """
insert into identity_links (one, other, event_id, known_at)
select distinct on (one, other) one, other, event_id, known_at from identity_statements
where kind in ('same', 'merged', 'linked') and one <> other and who is null
  and withdrawn_at is null
order by one, other, known_at
"""


def upgrade() -> None:
    op.add_column(
        "identities",
        sa.Column(
            "number",
            sa.Text(),
            nullable=True,
            comment="the NHS number that it is, with a date of birth or without",
        ),
    )
    op.execute("update identities set number = substring(key from '^nhs/([0-9]{10})')")
    op.create_index("identities_by_own_id", "identities", ["own_id"], unique=True)
    op.create_index(
        "identities_by_number",
        "identities",
        ["number"],
        unique=False,
        postgresql_where=sa.text("number is not null"),
    )
    op.create_table(
        "identity_statements",
        sa.Column(
            "event_id",
            sa.Uuid(),
            nullable=False,
            comment="the fact that says so; staff: its own id",
        ),
        sa.Column(
            "number",
            sa.SmallInteger(),
            nullable=False,
            comment="which of the things the fact says",
        ),
        sa.Column("one", sa.Text(), nullable=False),
        sa.Column("other", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column(
            "thread",
            sa.Text(),
            nullable=True,
            comment="its greatest version holds; null: stands for itself",
        ),
        sa.Column("version", sa.Text(collation="C"), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "who",
            sa.Text(),
            nullable=True,
            comment="the member of staff who says so; null: a fact does",
        ),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column(
            "known_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("event_id", "number"),
        comment="What facts and staff say of who is one person; rows are added, or withdrawn.",
    )
    op.create_index("identity_statements_by_one", "identity_statements", ["one"], unique=False)
    op.create_index("identity_statements_by_other", "identity_statements", ["other"], unique=False)
    op.create_index(
        "identity_statements_by_thread",
        "identity_statements",
        ["thread", "version", "event_id"],
        unique=False,
        postgresql_where=sa.text("thread is not null"),
    )
    op.create_table(
        "identity_reviews",
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "keys",
            postgresql.ARRAY(sa.Text()),
            nullable=False,
            comment="the identities that it is about",
        ),
        sa.Column(
            "pairs", sa.JSON(), nullable=False, comment="[[one, other], ...] that are in doubt"
        ),
        sa.Column(
            "known_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("review_id"),
        comment="What is in doubt about who is one person, as the statements have it now.",
    )
    op.create_index(
        "identity_reviews_by_key",
        "identity_reviews",
        ["keys"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "identity_reviews_by_time", "identity_reviews", ["known_at", "review_id"], unique=False
    )
    op.create_table(
        "review_dismissals",
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "known_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("review_id"),
        comment="Reviews that somebody looked at and left as they are.",
    )
    op.execute(_TAKE_OVER)
    op.drop_index("identity_links_by_other", table_name="identity_links")
    op.drop_table("identity_links")


def downgrade() -> None:
    op.create_table(
        "identity_links",
        sa.Column("one", sa.Text(), nullable=False),
        sa.Column("other", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False, comment="the fact that says so"),
        sa.Column(
            "known_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("one", "other"),
        comment="Reversible statements that two source identities are one person.",
    )
    op.create_index("identity_links_by_other", "identity_links", ["other"], unique=False)
    op.execute(_GIVE_BACK)
    op.drop_table("review_dismissals")
    op.drop_index("identity_reviews_by_time", table_name="identity_reviews")
    op.drop_index("identity_reviews_by_key", table_name="identity_reviews", postgresql_using="gin")
    op.drop_table("identity_reviews")
    op.drop_index(
        "identity_statements_by_thread",
        table_name="identity_statements",
        postgresql_where=sa.text("thread is not null"),
    )
    op.drop_index("identity_statements_by_other", table_name="identity_statements")
    op.drop_index("identity_statements_by_one", table_name="identity_statements")
    op.drop_table("identity_statements")
    op.drop_index(
        "identities_by_number",
        table_name="identities",
        postgresql_where=sa.text("number is not null"),
    )
    op.drop_index("identities_by_own_id", table_name="identities")
    op.drop_column("identities", "number")
