"""The audit under seal: what a look needs to be told of, the chain, and no way to change either"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_THIS_TRANSACTION = "(pg_current_xact_id()::text)::bigint"
# Whoever owns a table can take this away again; the seals tell that it was.
_REFUSE = """
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'the audit is added to, and never changed'
    using errcode = 'insufficient_privilege';
end $$
"""
_KEPT = ("access_log", "audit_seals", "audit_checks")


def _moment(name: str) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def upgrade() -> None:
    _tell_more_of_a_look()
    _find_looks()
    op.create_table(
        "audit_seals",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "form", sa.SmallInteger(), nullable=False, comment="services.access.seals.COLUMNS"
        ),
        sa.Column("until_xid", sa.BigInteger(), nullable=False),
        sa.Column(
            "until_id",
            sa.BigInteger(),
            nullable=False,
            comment="the last line that is sealed by it",
        ),
        sa.Column("lines", sa.Integer(), nullable=False, comment="how many lines it seals"),
        sa.Column(
            "leaves",
            sa.LargeBinary(),
            nullable=False,
            comment="of each line its id and its digest",
        ),
        sa.Column(
            "previous",
            sa.LargeBinary(),
            nullable=False,
            comment="the digest of the seal before",
        ),
        _moment("sealed_at"),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column(
            "mac",
            sa.LargeBinary(),
            nullable=True,
            comment="of the digest, with a key that is not in the database",
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("audit_seals_pkey")),
        comment="The chain over the audit: what is changed behind a seal is found by it.",
    )
    op.create_table(
        "audit_checks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        _moment("checked_at"),
        sa.Column("seals", sa.BigInteger(), nullable=False, comment="how many seals there were"),
        sa.Column(
            "faults",
            sa.Integer(),
            nullable=False,
            comment="lines and seals that were not as sealed",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("audit_checks_pkey")),
        comment="When the audit was last held against its seals.",
    )
    _refuse_changes()


def _tell_more_of_a_look() -> None:
    """Earlier looks are of transaction 0, which has ended: the table is not written anew."""
    for name, comment in (
        ("name", "what the viewer was called"),
        ("because", "codes of what allowed it, blanks between"),
        ("request", "the id of the request: what one page asks has one"),
        ("address", "where in the network the request came from"),
    ):
        op.add_column("access_log", sa.Column(name, sa.Text(), nullable=True, comment=comment))
    op.add_column(
        "access_log",
        sa.Column(
            "xid",
            sa.BigInteger(),
            nullable=False,
            server_default=sa.text("0"),
            comment="the transaction that looked: once all before it have ended, none can be added",
        ),
    )
    op.alter_column("access_log", "xid", server_default=sa.text(_THIS_TRANSACTION))


def _find_looks() -> None:
    op.create_index("access_log_by_viewer", "access_log", ["viewer", "id"], unique=False)
    op.create_index("access_log_by_transaction", "access_log", ["xid", "id"], unique=False)
    op.create_index(
        "access_log_by_time",
        "access_log",
        ["known_at"],
        unique=False,
        postgresql_using="brin",
        postgresql_with={"autosummarize": "true"},
    )
    for name, of in (
        ("access_log_denied", "not allowed"),
        ("access_log_glass", "because = 'break-glass'"),
    ):
        op.create_index(name, "access_log", ["id"], unique=False, postgresql_where=sa.text(of))


def _refuse_changes() -> None:
    op.execute(_REFUSE)
    for table in _KEPT:
        op.execute(
            f"create trigger {table}_kept before update or delete or truncate on {table}"
            " for each statement execute function refuse_change()"
        )


def downgrade() -> None:
    op.execute("drop trigger access_log_kept on access_log")
    op.drop_table("audit_checks")
    op.drop_table("audit_seals")
    op.execute("drop function refuse_change()")
    for name in ("glass", "denied", "by_time", "by_transaction", "by_viewer"):
        op.drop_index(f"access_log_{name}", table_name="access_log")
    for name in ("xid", "address", "request", "because", "name"):
        op.drop_column("access_log", name)
