"""One browser and one running town for all pages; each test visits in a window of its own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.pages import ada
from tests.pages.browser import DESKTOP, PHONE, Visitor, chromium, visitor, why_not
from tests.pages.town import Town, town

if TYPE_CHECKING:
    from playwright.sync_api import Browser

Visit = Callable[..., Visitor]


@pytest.fixture(scope="module")
def _browser(place: Town) -> Iterator["Browser"]:
    """Ends with its module: while a browser is there, its event loop runs in this thread, and no
    test of another module could have one of its own. The town, which needs one, comes first."""
    with chromium() as found:
        yield found


# Not of the session: what runs beside other tests takes their time.
@pytest.fixture(scope="package")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The running product with a small town in it."""
    if reason := why_not():
        pytest.skip(reason)
    with town(tmp_path_factory.mktemp("town")) as found:
        yield found


@pytest.fixture(scope="package")
def record(place: Town) -> str:
    """Where the record of somebody is of whom much is known."""
    place.tell(ada.facts(datetime.now(UTC)))
    place.until_caught_up()
    return f"/people/{place.person(ada.NUMBER, ada.PRACTICE)}"


@pytest.fixture
def visit(place: Town, _browser: "Browser") -> Iterator[Visit]:
    """Opens a window: `visit(size=PHONE)`. Afterwards nothing may have gone wrong in any."""
    with ExitStack() as windows:
        opened: list[Visitor] = []

        def open_window(size: tuple[int, int] = DESKTOP, **more: Any) -> Visitor:
            shape = {"width": size[0], "height": size[1]}
            context = _browser.new_context(
                viewport=shape, locale="en-GB", timezone_id="Europe/London", **more
            )
            windows.callback(context.close)
            opened.append(visitor(context, place.url, place.issuer))
            return opened[-1]

        yield open_window
        assert [wrong for one in opened for wrong in one.wrong] == []


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    """Both widths that every page has to be good at."""
    found: tuple[int, int] = request.param
    return found
