"""The page of a caseload: what it says to whom, what stands in its addresses, and who looked."""

import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import httpx
import pytest

from services.pages.board import Lag
from services.pages.person import LAG_WORDS
from tests.builders import at_ward, encounter, event_of, nhs_number, verified
from tests.store.conftest import House
from tests.store.pages.site import app_over, give_care, proof_at, sign_in

NUMBERS = [number for number in map(nhs_number, range(500, 700)) if number]


async def admit(house: House, many: int) -> None:
    """So many people into a ward of RX1, an hour ago."""
    now = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    resources = []
    for number in NUMBERS[:many]:
        subject = {"reference": f"Patient/{number}"}
        visit = {"id": f"e{number}", "subject": subject, "period": {"start": now}}
        resources.append(verified(number, id=number, name=[{"text": f"Ada {number[3:9]}"}]))
        written = {"lastUpdated": now, "versionId": "1"}
        resources.append(encounter(**visit, meta=written, location=[at_ward("RX101-W1")]))
    received = datetime.now(UTC)
    await house.take(*(event_of(one, received=received) for one in resources))


async def shown(browser: httpx.AsyncClient, path: str = "/caseload") -> str:
    answer = await browser.get(path)
    assert answer.status_code == httpx.codes.OK, answer.text
    return answer.text


def shown_people(page: str) -> set[str]:
    return set(re.findall(r'<h3[^>]*><a href="/people/([^"]+)"', page))


async def test_the_page_leads_to_each_person_and_notes_who_is_shown(
    browser: httpx.AsyncClient, house: House
) -> None:
    await admit(house, 2)
    await give_care(browser)
    page = await shown(browser)
    people = shown_people(page)
    assert len(people) == 2
    assert "Admitted to RX101-W1" in page
    looks = await house.looks()
    assert {(view, person) for view, person, _ in looks} == {("caseload", one) for one in people}


async def test_it_is_paged_and_nothing_of_a_person_stands_in_an_address(
    browser: httpx.AsyncClient, house: House
) -> None:
    await admit(house, 53)
    await give_care(browser)
    page = await shown(browser, "/caseload?what=admitted&why=current-or-recent-stay")
    assert "53 people as asked for" in page
    first = shown_people(page)
    more = re.search(r'href="(/caseload\?[^"]*after=[^"]*)"', page)
    assert more is not None
    assert "what=admitted" in more[1]
    last = await shown(browser, more[1].replace("&amp;", "&"))
    assert (len(first), len(first | shown_people(last))) == (50, 53)
    assert "Back to the first page" in last
    addresses = re.findall(r'href="(/caseload[^"]*)"', page + last)
    whole = " ".join(addresses)
    assert not any(one in whole for one in (*NUMBERS, *first))


async def test_who_has_nobody_is_told_so(browser: httpx.AsyncClient, house: House) -> None:
    await give_care(browser)
    assert "Nobody is on your caseload yet" in await shown(browser)
    await admit(house, 1)
    page = await shown(browser, "/caseload?what=moved")
    assert "Nobody on your caseload is as asked for" in page
    assert 'href="/caseload"' in page


async def test_a_page_that_lags_behind_says_so(house: House) -> None:
    app = app_over(house.database, house.settings)
    app.state.lag = SimpleNamespace(lag=lambda: Lag.BEHIND)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://test"
    ) as browser:
        await give_care(browser)
        assert LAG_WORDS[Lag.BEHIND] in await shown(browser)


async def test_a_number_is_looked_up_by_the_form_that_finds_people(
    browser: httpx.AsyncClient, house: House
) -> None:
    await admit(house, 1)
    await give_care(browser)
    proof = await proof_at(browser, "/caseload")
    answer = await browser.post("/find", data={"csrf": proof, "number": NUMBERS[0]})
    assert "1 person found" in answer.text
    assert not answer.request.url.query


async def test_a_day_that_is_none_is_said_beside_the_field_and_kept(
    browser: httpx.AsyncClient, house: House
) -> None:
    await admit(house, 1)
    await give_care(browser)
    answer = await browser.get("/caseload", params={"since": "9999-12-31", "what": "admitted"})
    assert answer.status_code == httpx.codes.BAD_REQUEST
    assert "There is a problem" in answer.text
    assert 'href="#since"' in answer.text
    assert 'value="9999-12-31"' in answer.text
    assert len(shown_people(answer.text)) == 1


@pytest.mark.parametrize(
    "asked", ["after=x", "what=x", "why=self", "team=%00", "place=%00", f"after={'x' * 3000}"]
)
async def test_what_cannot_be_asked_is_a_page_too(
    browser: httpx.AsyncClient, house: House, asked: str
) -> None:
    await give_care(browser)
    answer = await browser.get(f"/caseload?{asked}")
    assert answer.is_client_error
    assert "<h1" in answer.text


async def test_who_gives_no_care_is_told_so_and_that_is_noted(
    browser: httpx.AsyncClient, house: House
) -> None:
    await admit(house, 1)
    for user in ("demo-operations", "demo-privacy-officer", "demo-administrator"):
        await sign_in(browser, user)
        for path in ("/caseload", "/caseload/changes"):
            answer = await browser.get(path)
            assert answer.status_code == httpx.codes.FORBIDDEN
            assert "a caseload is for those who give care" in answer.text
        assert "Ada" not in answer.text
        assert ("caseload", None, False) in await house.looks()


async def test_what_is_published_of_a_person_is_text_and_never_markup(
    browser: httpx.AsyncClient, house: House
) -> None:
    evil = "<script>alert(1)</script>{{ 7 * 7 }}"
    await house.take(event_of(verified(name=[{"text": evil}])), event_of(encounter()))
    await give_care(browser)
    page = await shown(browser)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7 * 7 }}" in page
