"""Each page as each role: who is let in, who is told that they are not, and all can read it."""

from typing import Final

import pytest

from tests.pages.browser import DESKTOP, PHONE, Visitor
from tests.pages.conftest import Visit

CLINICIAN, COORDINATOR, OPERATIONS = "Priya Demo", "Sam Demo", "Olu Demo"
OFFICER, ADMINISTRATOR, PERSON = "Morgan Demo", "Alex Demo", "A person"
CARE: Final = frozenset({CLINICIAN, COORDINATOR})
FIGURES: Final = CARE | {OPERATIONS, ADMINISTRATOR}
DECIDE: Final = CARE | {ADMINISTRATOR}
EVERYBODY: Final = FIGURES | {OFFICER, PERSON}
# Where each page is, and who is let in; `{record}`: the record of somebody whom both care for.
PAGES: Final = {
    "/": EVERYBODY,
    "/caseload": CARE,
    "/find": CARE,
    "/operations": FIGURES,
    "/measures": FIGURES,
    "/measures/occupied_bed_days": FIGURES,
    "/measures/occupied_bed_days/explained": FIGURES,
    "/measures/occupied_bed_days/stays": CARE,
    "{record}": CARE | {PERSON},
    "{record}/about-me": CARE | {PERSON},
    "{record}/break-glass": CARE,
    "{record}/access-log": frozenset({OFFICER, PERSON}),
    "{record}/identities": DECIDE,
    "/identities/reviews": DECIDE,
    "/identities/decisions": DECIDE,
    "/privacy": frozenset({OFFICER}),
    "/privacy/reviewed": frozenset({OFFICER}),
    "/privacy/search": frozenset({OFFICER}),
}
NO_ACCESS: Final = "You do not have access"


def opens(someone: Visitor, path: str, *, is_let_in: bool) -> None:
    """Open a page; whoever is not let in is told so in words, on a page as good as any."""
    answer = someone.page.goto(someone.url + path)
    assert answer is not None
    is_refused = answer.status == 403
    assert is_refused is not is_let_in, (path, answer.status)
    assert answer.status == (200 if is_let_in else 403), path
    assert (NO_ACCESS in someone.page.content()) is is_refused, path
    if is_refused:
        someone.wrong.clear()  # the console says 403


@pytest.mark.parametrize("name", sorted(EVERYBODY))
def test_each_page_is_for_whom_it_is_for_and_readable_at_320_px(
    visit: Visit, record: str, name: str
) -> None:
    # Given somebody in a role, at a small window
    someone = visit(PHONE)
    someone.signs_in(name, record=record if name == PERSON else "")
    for page, let_in in PAGES.items():
        # When they open a page
        opens(someone, page.format(record=record), is_let_in=name in let_in)
        # Then whoever is let in, and whoever is not, can read what it says
        someone.finds_it_accessible()


@pytest.mark.parametrize("name", sorted(EVERYBODY))
def test_without_scripts_each_page_says_the_same(visit: Visit, record: str, name: str) -> None:
    someone = visit(DESKTOP, java_script_enabled=False)
    someone.signs_in(name, record=record if name == PERSON else "")
    for page, let_in in PAGES.items():
        opens(someone, page.format(record=record), is_let_in=name in let_in)
        assert someone.heading()
