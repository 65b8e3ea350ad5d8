"""Who is signed in, as it is stored: by the digest of a secret that only their browser holds."""

from datetime import timedelta
from hashlib import sha256
from secrets import token_urlsafe

from sqlalchemy import insert, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from schemas.settings import Settings
from schemas.tables import sessions
from services.access.audit import note
from services.access.provider import SignedIn
from services.access.viewer import Role, Viewer

# A session that is used is written to no more often than this.
SEEN_EVERY = timedelta(minutes=1)

_HELD = text("""
select viewer, name, role, org, teams, seen < now() - cast(:every as interval) as is_old
from sessions
where session = :session and ends > now() and seen > now() - cast(:idle as interval)
""")
_SEEN = text("update sessions set seen = now() where session = :session")
_OVER = text("delete from sessions where ends <= now() or seen <= now() - cast(:idle as interval)")
_END = text("delete from sessions where session = :session returning *")


async def begin(database: AsyncEngine, settings: Settings, who: SignedIn) -> str:
    """The secret of a new session, which is noted. What is over is forgotten on the way."""
    secret, viewer = token_urlsafe(32), who.viewer
    async with database.begin() as tx:
        await tx.execute(_OVER, {"idle": idle(settings)})
        await tx.execute(
            insert(sessions).values(
                session=_digest(secret),
                viewer=viewer.user,
                name=viewer.name,
                role=viewer.role.value,
                org=viewer.org,
                teams=list(viewer.teams),
                id_token=who.id_token,
                seen=text("now()"),
                ends=text("now() + cast(:longest as interval)").bindparams(
                    longest=timedelta(minutes=settings.session_minutes)
                ),
            )
        )
        await note(tx, viewer, "sign-in", None, allowed=True)
    return secret


async def viewer_of(
    database: AsyncEngine, settings: Settings, secret: str, *, active: bool
) -> Viewer | None:
    """Who is signed in; None where that is over. `active`: somebody does something now."""
    asked = {"session": _digest(secret), "idle": idle(settings), "every": SEEN_EVERY}
    async with database.begin() as tx:
        row = (await tx.execute(_HELD, asked)).one_or_none()
        if row is None:
            return None
        if active and row.is_old:
            await tx.execute(_SEEN, {"session": asked["session"]})
    return Viewer(
        user=row.viewer, name=row.name, role=Role(row.role), org=row.org, teams=tuple(row.teams)
    )


async def holds(database: AsyncEngine, settings: Settings, secret: str) -> bool:
    """Whether a session goes on; it does while that cannot be looked at."""
    try:
        return await viewer_of(database, settings, secret, active=False) is not None
    except (SQLAlchemyError, OSError):
        return True


async def end(database: AsyncEngine, secret: str) -> str | None:
    """End a session, which is noted; the provider's name for it, None where there was none."""
    async with database.begin() as tx:
        row = (await tx.execute(_END, {"session": _digest(secret)})).one_or_none()
        if row is None:
            return None
        viewer = Viewer(user=row.viewer, name=row.name, role=Role(row.role), org=row.org)
        await note(tx, viewer, "sign-out", None, allowed=True)
    return str(row.id_token)


def idle(settings: Settings) -> timedelta:
    """How long a session lasts that nobody uses."""
    return timedelta(minutes=settings.session_idle_minutes)


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
