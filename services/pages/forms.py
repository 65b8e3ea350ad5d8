"""What forms are made of: what can be chosen, and what is wrong with one as it was sent. Pure."""

from collections.abc import Mapping
from typing import NamedTuple, TypeVar

Value = TypeVar("Value", bound=str)


class Wrong(NamedTuple):
    """What is wrong with the form, and which field it is about."""

    text: str
    field: str


class Choice(NamedTuple):
    """An option of a list."""

    value: str
    text: str
    selected: bool


def choices(texts: Mapping[Value, str], chosen: str, otherwise: str = "") -> list[Choice]:
    """What can be chosen, by value; first to choose none of it, where that is called something."""
    none = [Choice("", otherwise, not chosen)] if otherwise else []
    return none + [Choice(str(one), text, one == chosen) for one, text in texts.items()]
