"""Who is signed in: sessions of the pages"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def _text(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False)


def _moment(name: str, default: "sa.TextClause | None" = None) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False, server_default=default)


def upgrade() -> None:
    op.create_table(
        "sessions",
        sa.Column(
            "session",
            sa.Text(),
            nullable=False,
            comment="digest of the secret that a browser holds",
        ),
        *(_text(name) for name in ("viewer", "name", "role", "org")),
        sa.Column("teams", ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "id_token",
            sa.Text(),
            nullable=False,
            comment="what the provider knows the session by",
        ),
        _moment("known_at", sa.text("now()")),
        _moment("seen"),
        _moment("ends"),
        sa.PrimaryKeyConstraint("session", name=op.f("sessions_pkey")),
        comment="Who is signed in to the pages, until they sign out or it ends.",
    )
    op.create_index("sessions_by_seen", "sessions", ["seen"], unique=False)


def downgrade() -> None:
    op.drop_table("sessions")
