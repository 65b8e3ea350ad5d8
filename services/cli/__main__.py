"""`python -m services.cli` is `throughline`."""

from services.cli.main import app

app()
