"""Development tokens for the command line."""

import os

import typer

from deploy.embedded.development_key import development_key
from schemas.settings import Settings
from services.access.tokens import NotInDevelopment, issue
from services.access.viewer import Role, Viewer


def development_token(
    role: str, org: str, *, team: str | None = None, user: str = "developer"
) -> str:
    """A token that a stack in development mode believes. Ends the command where that is off."""
    try:
        viewer = Viewer(
            user=user, name=user, role=Role(role), org=org, teams=(team,) if team else ()
        )
        return issue(_settings(), viewer)
    except NotInDevelopment as refusal:
        raise typer.BadParameter(str(refusal)) from None
    except ValueError:
        known = ", ".join(Role)
        raise typer.BadParameter(f"no role is called that; there are {known}") from None


def _settings() -> Settings:
    """Settings of a machine that develops, unless the environment says that it serves people."""
    in_production = bool(os.environ.get("THROUGHLINE_OIDC_ISSUER"))
    off = os.environ.get("THROUGHLINE_DEVELOPMENT", "true").lower() in {"0", "false", "no", "off"}
    development = not (in_production or off)
    return Settings(
        kafka="",
        database="",
        development=development,
        development_key=development_key() if development else None,
    )
