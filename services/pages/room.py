"""The pages, wired: one call adds all of them to the application."""

from fastapi import FastAPI

from services.pages import assets, behind, catalogue, errors, home, operations, sign_in
from services.pages.live import changes_of
from services.pages.shared import Shared

ROUTERS = (
    assets.router,
    home.router,
    sign_in.router,
    operations.router,
    catalogue.router,
    behind.router,
)


def add_pages(app: FastAPI) -> None:
    """Every page, and what pages are made of."""
    app.state.changes, app.state.boards = changes_of(app.state.database), Shared()
    for router in ROUTERS:
        app.include_router(router)
    errors.install(app)
