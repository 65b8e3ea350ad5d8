"""The privacy officer's pages and who looked: what they show to whom, and that each is a look."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest
from sqlalchemy import text

from services.access.viewer import Role, Viewer
from tests.builders import NHS_NUMBER, encounter, event_of, verified
from tests.store.conftest import House
from tests.store.pages.site import proof_at, sign_in, sign_in_as

WHY = {"reason": "emergency", "text": "Brought in <b>unconscious</b>"}
OFFICER = "demo-privacy-officer"


@pytest.fixture
def house(house: House) -> House:
    return replace(house, is_open=False)


async def ada(house: House) -> str:
    """Somebody whom RX1 gives care, and of whom RX9 broke the glass."""
    now = datetime.now(UTC).isoformat()
    stay = encounter(meta={"lastUpdated": now}, period={"start": now})
    who = verified(name=[{"family": "Example", "given": ["Ada"]}])
    await house.take(event_of(who), event_of(stay))
    statement = text("select person_id::text from identities where number = :number")
    async with house.database.connect() as connection:
        found = await connection.execute(statement, {"number": NHS_NUMBER})
        person = str(found.scalars().first())
    async with house.visited_by(Role.CLINICIAN) as client:
        await client.get(f"/api/people/{person}/timeline")
    async with house.visited_by(Role.CLINICIAN, user="u2", org="RX9") as stranger:
        await stranger.get(f"/api/people/{person}")
        await stranger.post(f"/api/people/{person}/break-glass", json=WHY)
        await stranger.get(f"/api/people/{person}/stays")
    return person


async def be(browser: httpx.AsyncClient, role: Role, user: str) -> None:
    await sign_in_as(browser, Viewer(user=user, name="Somebody", role=role, org="RX1"))


async def glass_path(browser: httpx.AsyncClient) -> str:
    found = re.search(r'href="(/privacy/broken-glass/[^"]+)"', (await browser.get("/privacy")).text)
    assert found is not None
    return found[1]


async def post(browser: httpx.AsyncClient, path: str, **fields: str) -> httpx.Response:
    return await browser.post(path, data={"csrf": await proof_at(browser, path), **fields})


async def search(browser: httpx.AsyncClient, to: str = "", **fields: str) -> httpx.Response:
    proof = await proof_at(browser, "/privacy/search")
    return await browser.post(f"/privacy/search{to}", data={"csrf": proof, **fields})


async def test_the_officer_sees_who_looked_and_nothing_of_the_record(
    browser: httpx.AsyncClient, house: House
) -> None:
    person = await ada(house)
    await sign_in(browser, OFFICER)
    shown = (await browser.get(f"/people/{person}/access-log")).text
    for words in ("Ada Example", "U One", "Timeline", "Refused", "Broken glass", "signs in as u2"):
        assert words in shown, words
    refused = await browser.get(f"/people/{person}")
    assert refused.status_code == httpx.codes.FORBIDDEN
    looks = [look for look in await house.looks() if look[0] in {"access-log", "person-page"}]
    assert looks[-2:] == [("access-log", person, True), ("person-page", person, False)]


async def test_a_person_sees_who_looked_at_their_own_record_and_at_no_other(
    browser: httpx.AsyncClient, house: House
) -> None:
    person = await ada(house)
    await be(browser, Role.PERSON, person)
    shown = (await browser.get(f"/people/{person}/access-log")).text
    assert "Who looked at your record" in shown
    assert "signs in as" not in shown
    assert "you have been in their care" in shown
    assert f'href="/people/{person}/access-log"' in (await browser.get(f"/people/{person}")).text
    await be(browser, Role.PERSON, "somebody-else")
    other = await browser.get(f"/people/{person}/access-log")
    assert other.status_code == httpx.codes.FORBIDDEN
    assert "Ada" not in other.text


async def test_who_gives_care_is_not_led_to_who_looked(
    browser: httpx.AsyncClient, house: House
) -> None:
    person = await ada(house)
    await be(browser, Role.CLINICIAN, "u1")
    assert "access-log" not in (await browser.get(f"/people/{person}")).text
    refused = await browser.get(f"/people/{person}/access-log")
    assert refused.status_code == httpx.codes.FORBIDDEN


PATHS = ("/privacy", "/privacy/reviewed", "/privacy/search")


@pytest.mark.parametrize("user", ["demo-clinician", "demo-operations", "demo-administrator"])
async def test_nobody_else_has_the_officers_pages(browser: httpx.AsyncClient, user: str) -> None:
    await sign_in(browser, user)
    for path in PATHS:
        assert (await browser.get(path)).status_code == httpx.codes.FORBIDDEN
    assert "/privacy" not in (await browser.get("/")).text


async def test_the_officer_is_led_to_what_waits_and_to_the_state_of_the_audit(
    browser: httpx.AsyncClient, house: House
) -> None:
    await ada(house)
    await sign_in(browser, OFFICER)
    assert 'href="/privacy"' in (await browser.get("/")).text
    shown = (await browser.get("/privacy")).text
    assert "1 waits for a review" in shown
    assert "Waits for less than an hour" in shown
    assert "Brought in &lt;b&gt;unconscious&lt;/b&gt;" in shown
    assert re.search(r"Every look before .+ looks? waits?\.", shown.replace("\n", " "))
    assert "Never checked yet" in shown
    counts = re.search(r"signs in as u2</span></th>(.*?)</tr>", shown, re.DOTALL)
    assert counts is not None
    # One person, by broken glass, after one refusal, in three looks.
    assert re.findall(r">(\d+)</td>", counts[1]) == ["1", "1", "1", "3"]


async def test_a_broken_glass_is_reviewed_in_two_steps_and_once(
    browser: httpx.AsyncClient, house: House
) -> None:
    await ada(house)
    await sign_in(browser, OFFICER)
    path = await glass_path(browser)
    page = (await browser.get(path)).text
    assert "Stays and visits" in page
    wrong = await post(browser, path, step="check", words="They rang first")
    assert wrong.status_code == httpx.codes.BAD_REQUEST
    assert "There is a problem" in wrong.text
    assert "They rang first" in wrong.text
    said = {"finding": "justified", "words": "They rang first"}
    checked = await post(browser, path, step="check", **said)
    assert "Check your review" in checked.text
    assert "1 waits for a review" in (await browser.get("/privacy")).text
    changed = await post(browser, path, step="change", **said)
    assert 'value="justified" checked' in re.sub(r"\s+", " ", changed.text)
    kept = await post(browser, path, step="keep", **said)
    assert kept.headers["location"] == path
    assert "They rang first" in (await browser.get(path)).text
    assert "Nothing waits for a review" in (await browser.get("/privacy")).text
    assert "1 was reviewed" in (await browser.get("/privacy/reviewed")).text
    proof = await proof_at(browser, "/privacy/search")
    again = await browser.post(path, data={"csrf": proof, "step": "keep", **said})
    assert again.status_code == httpx.codes.CONFLICT


async def test_a_broken_glass_that_is_none_is_a_page(browser: httpx.AsyncClient) -> None:
    await sign_in(browser, OFFICER)
    nowhere = "/privacy/broken-glass/00000000-0000-4000-8000-000000000000"
    assert (await browser.get(nowhere)).status_code == httpx.codes.NOT_FOUND


async def test_looks_are_searched_by_a_form_and_nothing_stands_in_an_address(
    browser: httpx.AsyncClient, house: House
) -> None:
    person = await ada(house)
    await sign_in(browser, OFFICER)
    found = await search(browser, number=NHS_NUMBER, only="denied")
    assert "1 look" in found.text
    assert f'href="/people/{person}/access-log"' in found.text
    assert not found.request.url.query
    assert ("audit-search", person, True) in await house.looks()
    nothing = await search(browser, org="nowhere")
    assert "Nothing found" in nothing.text
    wrong = await search(browser, number="12")
    assert wrong.status_code == httpx.codes.BAD_REQUEST
    assert 'href="#number"' in wrong.text
    assert 'value="12"' in wrong.text


async def test_earlier_looks_are_a_button_away(browser: httpx.AsyncClient, house: House) -> None:
    await ada(house)
    async with house.database.begin() as tx:
        many = (
            "insert into access_log (viewer, role, org, view, allowed)"
            " select 'u3', 'clinician', 'RX3', 'measures', false from generate_series(1, 60)"
        )
        await tx.execute(text(many))
    await sign_in(browser, OFFICER)
    first = await search(browser, org="RX3")
    assert "The newest 50 looks" in first.text
    after = re.search(r'name="after" value="([^"]+)"', first.text)
    assert after is not None
    assert "10 looks, further back" in (await search(browser, org="RX3", after=after[1])).text


async def test_a_search_is_a_file_too_that_names_nobody_whose_record_it_is(
    browser: httpx.AsyncClient, house: House
) -> None:
    person = await ada(house)
    await sign_in(browser, OFFICER)
    answer = await search(browser, ".csv", viewer="u2")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    lines = answer.text.splitlines()
    assert len(lines) == 4
    assert all(person in line for line in lines[1:])
    assert "Ada" not in answer.text
    await sign_in(browser, "demo-clinician")
    proof = await proof_at(browser, "/find")
    refused = await browser.post("/privacy/search.csv", data={"csrf": proof})
    assert refused.status_code == httpx.codes.FORBIDDEN
