"""Things by the ids that FHIR reads them by, and what is about nobody"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("facts_by_thing", "facts", [sa.text("cast(md5(thread) as uuid)")])
    op.create_index(
        "facts_of_nobody",
        "facts",
        ["kind", "thread", "version"],
        postgresql_where=sa.text("subject is null"),
    )
    visit = sa.text("cast(md5(source || '|Encounter/' || visit) as uuid)")
    op.create_index("stays_by_thing", "stays", [visit])


def downgrade() -> None:
    op.drop_index("stays_by_thing", table_name="stays")
    op.drop_index("facts_of_nobody", table_name="facts")
    op.drop_index("facts_by_thing", table_name="facts")
