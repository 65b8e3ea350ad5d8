"""Breaking the glass as a page, and taking a record away: who may, what it says, what is noted."""

import re
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from services.access.problems import Refused
from services.access.viewer import Role, Viewer
from services.record import everything
from tests.builders import NHS_NUMBER, observation, verified
from tests.store.conftest import House
from tests.store.pages.site import proof_at, sign_in, sign_in_as
from tests.store.test_relationships import ago, person_of, stay, take
from tests.store.test_restricted import RESTRICTED, SECRETS, told

SAID = {"reason": "emergency", "text": "Found unconscious <b>at</b> the roadside"}
OTHERS = ("demo-operations", "demo-privacy-officer", "demo-administrator")


@pytest.fixture
def house(house: House) -> House:
    return replace(house, is_open=False)


@pytest.fixture
async def person(house: House) -> str:
    """Somebody whom nothing ties to whoever visits."""
    ada = verified(name=[{"family": "Brown-Jones", "given": ["Ada"]}], meta={"lastUpdated": ago(9)})
    await take(house, ada, observation())
    return await person_of(house)


async def give_care(browser: httpx.AsyncClient, org: str = "RX9") -> None:
    await sign_in_as(browser, Viewer(user="u9", name="U Nine", role=Role.CLINICIAN, org=org))


async def breaks(browser: httpx.AsyncClient, person: str, **said: str) -> httpx.Response:
    proof = await proof_at(browser, f"/people/{person}")
    return await browser.post(f"/people/{person}/break-glass", data={"csrf": proof, **said})


async def test_who_gives_care_and_may_not_look_is_told_why_and_what_they_can_do(
    browser: httpx.AsyncClient, house: House, person: str
) -> None:
    await give_care(browser)
    answer = await browser.get(f"/people/{person}")
    assert answer.status_code == httpx.codes.FORBIDDEN
    for words in ("nothing that is known ties your organisation", "1 hour", "privacy officer"):
        assert words in answer.text, words
    assert 'action="/people/' in answer.text
    assert [said for said in ("Ada", "Brown", NHS_NUMBER) if said in answer.text] == []
    assert await house.looks() == [("person-page", person, False)]


@pytest.mark.parametrize("user", OTHERS)
async def test_who_gives_no_care_gets_no_form_and_breaks_nothing(
    browser: httpx.AsyncClient, house: House, person: str, user: str
) -> None:
    await sign_in(browser, user)
    page = await browser.get(f"/people/{person}")
    assert page.status_code == httpx.codes.FORBIDDEN
    assert "break-glass" not in page.text
    proof = await proof_at(browser, "/")
    said = {"csrf": proof, **SAID}
    answer = await browser.post(f"/people/{person}/break-glass", data=said)
    assert answer.status_code == httpx.codes.FORBIDDEN
    assert (await house.looks())[-1] == ("break-glass", person, False)
    wrong = await browser.post(f"/people/{person}/break-glass", data={"csrf": proof})
    assert "nhsuk-radios" not in wrong.text
    assert (await browser.get(f"/people/{person}")).status_code == httpx.codes.FORBIDDEN


async def test_a_broken_glass_opens_the_record_under_a_banner_that_says_so(
    browser: httpx.AsyncClient, house: House, person: str
) -> None:
    await give_care(browser)
    answer = await breaks(browser, person, **SAID)
    assert answer.status_code == httpx.codes.SEE_OTHER
    page = (await browser.get(answer.headers["location"])).text
    assert "Brown-Jones" in page
    assert re.search(r"You broke the glass, until \d+:\d\d[ap]m\.", page)
    assert "An emergency: Found unconscious &lt;b&gt;at&lt;/b&gt; the roadside" in page
    assert ("break-glass", person, True) in await house.looks()
    async with house.visited_by(Role.PRIVACY_OFFICER) as officer:
        (line,) = (await officer.get("/api/break-glass")).json()["broken"]
    assert (line["person_id"], line["viewer"]) == (person, "u9")


async def test_who_has_to_do_with_the_person_is_under_no_banner(
    browser: httpx.AsyncClient, house: House, person: str
) -> None:
    await take(house, stay(3))
    await give_care(browser, "RX1")
    assert "You broke the glass" not in (await browser.get(f"/people/{person}")).text


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({}, ("Select why you have to look", "Say in your own words")),
        ({"reason": "emergency", "text": " "}, ("Say in your own words",)),
        ({"reason": "curiosity", "text": "I wondered"}, ("Select why you have to look",)),
    ],
)
async def test_a_form_that_gives_no_reason_comes_back_as_it_was_filled_in(
    browser: httpx.AsyncClient,
    house: House,
    person: str,
    said: dict[str, str],
    wrong: tuple[str, ...],
) -> None:
    await give_care(browser)
    answer = await breaks(browser, person, **said)
    assert answer.status_code == httpx.codes.BAD_REQUEST
    assert "There is a problem" in answer.text
    for words in wrong:
        assert answer.text.count(words) == 2, words  # in the summary and beside the field
    assert said.get("text", "").strip() in answer.text
    assert (' value="emergency" checked' in answer.text) == (said.get("reason") == "emergency")
    assert (await browser.get(f"/people/{person}")).status_code == httpx.codes.FORBIDDEN


async def test_a_forged_form_breaks_no_glass(
    browser: httpx.AsyncClient, house: House, person: str
) -> None:
    await give_care(browser)
    path = f"/people/{person}/break-glass"
    assert (await browser.post(path, data=SAID)).status_code == httpx.codes.FORBIDDEN
    assert (await browser.get(path)).headers["location"] == f"/people/{person}"
    assert (await browser.get(f"/people/{person}")).status_code == httpx.codes.FORBIDDEN


async def test_no_glass_is_broken_of_somebody_whom_nobody_knows(
    browser: httpx.AsyncClient, house: House
) -> None:
    await give_care(browser)
    path = f"/people/{UUID(int=7)}/break-glass"
    said = {"csrf": await proof_at(browser, "/"), **SAID}
    assert (await browser.post(path, data=said)).status_code == httpx.codes.NOT_FOUND


async def bundle(browser: httpx.AsyncClient, person: str) -> Any:
    answer = await browser.get(f"/people/{person}/record.json")
    assert answer.status_code == httpx.codes.OK, answer.text
    assert answer.headers["content-type"].startswith("application/fhir+json")
    assert answer.headers["content-disposition"] == 'attachment; filename="record.json"'
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()


async def test_the_whole_record_is_taken_away_however_much_it_is_and_that_is_noted(
    browser: httpx.AsyncClient, house: House, person: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(everything, "PART", 3)
    weighed = [observation(id=f"w{n}", effectiveDateTime=ago(n)) for n in range(8)]
    await take(house, stay(3), *weighed)
    await give_care(browser, "RX1")
    taken = await bundle(browser, person)
    assert (await house.looks())[-1] == ("download", person, True)
    assert taken["total"] == len(taken["entry"]) == 11
    assert {one["id"] for one in weighed} <= {one["resource"]["id"] for one in taken["entry"]}
    assert [link["relation"] for link in taken["link"]] == ["self"]


async def test_what_is_restricted_is_not_taken_away_and_the_bundle_says_so(
    browser: httpx.AsyncClient, house: House
) -> None:
    person = await told(house, RESTRICTED)
    await give_care(browser, "RX1")
    taken = await bundle(browser, person)
    assert taken["total"] == len(taken["entry"]) == 3
    assert taken["meta"]["security"][0]["code"] == "REDACTED"
    assert [secret for secret in SECRETS[:2] + SECRETS[3:] if secret in str(taken)] == []


async def test_who_may_not_look_takes_nothing_away(
    browser: httpx.AsyncClient, house: House, person: str
) -> None:
    await give_care(browser)
    answer = await browser.get(f"/people/{person}/record.json")
    assert answer.status_code == httpx.codes.FORBIDDEN
    assert (await house.looks())[-1] == ("download", person, False)


async def test_a_download_breaks_off_once_one_may_not_look_any_more(
    house: House, person: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(everything, "PART", 1)
    viewer = Viewer(user="u9", name="U Nine", role=Role.CLINICIAN, org="RX9")
    async with house.visited_by(Role.CLINICIAN, user="u9", org="RX9") as client:
        await client.post(f"/api/people/{person}/break-glass", json=SAID)
    whole = await everything.whole_for(house.database, viewer, UUID(person))
    assert whole is not None
    parts = everything.parts_for(house.database, viewer, UUID(person), whole)
    assert await anext(parts)
    async with house.database.begin() as tx:
        await tx.execute(text("update break_glass set until = now()"))
    with pytest.raises(Refused):
        await anext(parts)
