"""What every peer is told: the same settings, limits and keys as our own intake."""

from schemas.events import CareEvent
from schemas.settings import Settings
from streams.intake.read import Limits

LIMITS = Limits(10 * 1024 * 1024, 64)


def settings() -> Settings:
    """From the environment, as our worker reads them."""
    return Settings()


def key_of_event(event: CareEvent) -> bytes:
    return (event.subject or event.thread).encode()
