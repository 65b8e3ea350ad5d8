"""The pages, wired: one call adds all of them to the application."""

from fastapi import FastAPI

from services.pages import (
    assets,
    behind,
    catalogue,
    errors,
    find,
    home,
    measure,
    operations,
    person,
    sign_in,
    stay,
)
from services.pages.lag import Watch
from services.pages.live import changes_of
from services.pages.shared import Shared

ROUTERS = (
    assets.router,
    home.router,
    sign_in.router,
    operations.router,
    catalogue.router,
    behind.router,
    measure.router,
    stay.router,
    find.router,
    person.router,
)


def add_pages(app: FastAPI) -> None:
    """Every page, and what pages are made of."""
    app.state.lag = Watch(app.state.progress.reached)
    app.state.changes = changes_of(app.state.database, app.state.lag)
    app.state.boards = Shared()
    for router in ROUTERS:
        app.include_router(router)
    errors.install(app)
