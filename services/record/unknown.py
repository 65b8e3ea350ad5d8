"""The answer for a person whom nobody knows."""

from http import HTTPStatus
from typing import TypeVar

from services.access.problems import Refused

Found = TypeVar("Found")


def known(found: Found | None) -> Found:
    """What was found. Raises Refused (404) where that is nothing."""
    if found is None:
        raise Refused(HTTPStatus.NOT_FOUND, "there is no person of that id")
    return found
