"""What can be looked at and done, by the name that the audit has for it. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple


class Deed(StrEnum):
    """What a look does, as FHIR names interactions."""

    READ = "read"
    SEARCH = "search"
    CREATE = "create"
    UPDATE = "update"


class View(NamedTuple):
    """What is looked at in words, and what is done with it."""

    words: str
    deed: Deed = Deed.READ


VIEWS: Final[Mapping[str, View]] = {
    "person": View("Personal details and whereabouts"),
    "person-page": View("The record on a page"),
    "stream": View("Changes of the record as they came"),
    "download": View("The whole record as a file"),
    "about-me": View("About me"),
    "alerts": View("Alerts and adjustments"),
    "care-team": View("Who is involved"),
    "stays": View("Stays and visits"),
    "referrals": View("Referrals"),
    "plans": View("Plans and goals"),
    "asked": View("What was asked before"),
    "documents": View("Documents"),
    "timeline": View("Timeline"),
    "visit": View("One visit"),
    "visit-events": View("What a visit is known from"),
    "event": View("One entry as it was sent"),
    "everything": View("The whole record (to a program)"),
    "resource": View("One entry (to a program)"),
    "history": View("What one entry said before (to a program)"),
    "resources": View("Entries that were searched for (to a program)", Deed.SEARCH),
    "directory": View("Who gives care, and where", Deed.SEARCH),
    "about-me-edit": View("Wrote About me", Deed.UPDATE),
    "search": View("Found by a search", Deed.SEARCH),
    "measure-stays": View("Stays behind a figure", Deed.SEARCH),
    "measures": View("Figures"),
    "caseload": View("A list of their people", Deed.SEARCH),
    "sign-in": View("Signed in"),
    "sign-out": View("Signed out"),
    "reject": View("A message that could not be taken in"),
    "identities": View("Which records are one person's"),
    "reviews": View("Doubts about who is one person", Deed.SEARCH),
    "review-answer": View("Settled who is one person", Deed.UPDATE),
    "people-link": View("Said which records are one person's", Deed.UPDATE),
    "people-unlink": View("Took back which records are one person's", Deed.UPDATE),
    "break-glass": View("Broke the glass", Deed.CREATE),
    "break-glass-reviews": View("Who broke the glass", Deed.SEARCH),
    "break-glass-review": View("Reviewed a broken glass", Deed.UPDATE),
    "access-log": View("Who looked"),
    "audit-events": View("Who looked (to a program)", Deed.SEARCH),
    "audit-search": View("A search of who looked", Deed.SEARCH),
}


def view_of(name: str) -> View:
    """The view of that name; one that is not known here is read, and called by its name."""
    return VIEWS.get(name) or View(name.replace("-", " ").capitalize())
