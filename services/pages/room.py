"""The pages, wired: one call adds all of them to the application."""

from fastapi import FastAPI

from services.access.provider import make_provider
from services.pages import (
    assets,
    behind,
    caseload,
    catalogue,
    errors,
    find,
    glass,
    home,
    measure,
    operations,
    person,
    privacy,
    privacy_search,
    sign_in,
    stay,
    take_away,
    who_looked,
)
from services.pages.lag import Watch
from services.pages.live import changes_of
from services.pages.parts import NO_NAMES, Names
from services.pages.shared import Shared

ROUTERS = (
    assets.router,
    home.router,
    sign_in.router,
    caseload.router,
    operations.router,
    catalogue.router,
    behind.router,
    measure.router,
    stay.router,
    find.router,
    person.router,
    glass.router,
    take_away.router,
    who_looked.router,
    privacy.router,
    privacy_search.router,
)


def add_pages(app: FastAPI, names: Names = NO_NAMES) -> None:
    """Every page, and what pages are made of; `names`: what codes are called on them."""
    app.state.lag = Watch(app.state.progress.reached)
    app.state.changes = changes_of(app.state.database, app.state.lag)
    app.state.boards, app.state.names = Shared(), names
    app.state.provider = make_provider(app.state.settings, app.state.keys)
    for router in ROUTERS:
        app.include_router(router)
    errors.install(app)
