"""Alembic migrations of the tables, run by `throughline migrate`."""
