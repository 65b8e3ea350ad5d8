"""The page of a person: what it shows to whom, and that each look is noted."""

import re
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from schemas.events import CareEvent
from tests.builders import encounter, event_of, history, observation, verified
from tests.hl7v2 import adt, told
from tests.store.conftest import House
from tests.store.pages.site import give_care, sign_in
from tests.store.test_story import ALL, NEW

GONE = {
    "request": {"method": "DELETE", "url": "Observation/o1"},
    "response": {"status": "204", "lastModified": "2026-04-09T09:00:00Z"},
}
ADA = {"name": [{"family": "Brown-Jones", "given": ["Ada"]}], "gender": "female"}
TOLD = (event_of(verified(**ADA)), event_of(encounter()), *ALL, NEW)


async def id_of(house: House, *events: CareEvent) -> UUID:
    """The id of the person once the facts are taken."""
    await house.take(*events)
    async with house.database.connect() as connection:
        said = "select person_id from identities where key = 'RX1/Patient/p1'"
        found: UUID = (await connection.execute(text(said))).scalar_one()
        return found


async def shown(browser: httpx.AsyncClient, person: UUID, **asked: str) -> str:
    answer = await browser.get(f"/people/{person}", params=asked)
    assert answer.status_code == httpx.codes.OK, answer.text
    return answer.text


async def test_the_page_tells_the_story_and_is_noted_as_one_look(
    browser: httpx.AsyncClient, house: House
) -> None:
    person = await id_of(house, *TOLD)
    await give_care(browser)
    page = await shown(browser, person)
    for words in ("Ada Brown-Jones", "999", "My dog", "Bea Khan", "Needs a quiet room", "Falls"):
        assert words in page, words
    assert "Do you live alone?" in page
    assert "In a hospital bed" in page
    assert page.index('id="about-me"') < page.index('id="now"') < page.index('id="timeline"')
    assert await house.looks() == [("person-page", str(person), True)]


async def test_who_does_not_give_care_sees_nothing_of_the_person_and_that_is_noted(
    browser: httpx.AsyncClient, house: House
) -> None:
    person = await id_of(house, *TOLD)
    for user in ("demo-operations", "demo-privacy-officer", "demo-administrator"):
        await sign_in(browser, user)
        answer = await browser.get(f"/people/{person}")
        assert answer.status_code == httpx.codes.FORBIDDEN
        assert "Ada" not in answer.text
        assert "break-glass" not in answer.text
        assert (await house.looks())[-1] == ("person-page", str(person), False)


@pytest.mark.parametrize("where", ["5bb57a61-0000-4000-8000-000000000000", "nobody", "1%00"])
async def test_who_is_not_known_is_a_page_that_says_so(
    browser: httpx.AsyncClient, house: House, where: str
) -> None:
    await give_care(browser)
    answer = await browser.get(f"/people/{where}")
    assert answer.is_client_error
    assert "<h1" in answer.text


@pytest.mark.parametrize(
    "asked", [{"from": "yesterday"}, {"to": "9999-12-31"}, {"after": "x"}, {"kind": "\x00"}]
)
async def test_what_cannot_be_asked_is_a_page_too(
    browser: httpx.AsyncClient, house: House, asked: dict[str, str]
) -> None:
    person = await id_of(house, *TOLD)
    await give_care(browser)
    answer = await browser.get(f"/people/{person}", params=asked)
    assert answer.is_client_error
    assert "<h1" in answer.text


async def test_somebody_of_whom_next_to_nothing_is_known_has_a_whole_page(
    browser: httpx.AsyncClient, house: House
) -> None:
    person = await id_of(house, event_of(verified()))
    await give_care(browser)
    page = await shown(browser, person)
    for words in (
        "Name not known",
        "Nothing has been written here yet",
        "No stay or visit is open",
        "Nobody is named as involved",
        "No referral waits for anybody",
        "No plan or goal is in force",
        "No answer of theirs is recorded",
        "No stay, contact or referral in",
    ):
        assert words in page, words


async def test_the_timeline_is_narrowed_and_read_on_by_its_address(
    browser: httpx.AsyncClient, house: House
) -> None:
    days = [f"2026-01-{day:02d}" for day in range(1, 31)] + [
        f"2026-02-{day:02d}" for day in range(1, 29)
    ]
    weighed = [
        event_of(observation(id=f"w{n}", effectiveDateTime=f"{day}T09:00:00Z"))
        for n, day in enumerate(days)
    ]
    person = await id_of(house, event_of(verified(**ADA)), *weighed)
    await give_care(browser)
    first = await shown(browser, person, kind="observation")
    assert (first.count('<li class="tl-line"'), "58 entries" in first) == (50, True)
    older = re.search(r'href="([^"]*after=[^"]*)"', first)
    assert older is not None
    rest = (await browser.get(older[1].replace("&amp;", "&"))).text
    assert rest.count('<li class="tl-line"') == 8
    assert 'id="about-me"' not in rest
    assert "Brown-Jones" in rest
    left_empty = {"kind": "observation", "service": "", "from": "", "to": ""}
    assert "58 entries" in await shown(browser, person, **left_empty)
    one_day = {"kind": "observation", "from": "2026-02-03", "to": "2026-02-03"}
    assert (await shown(browser, person, **one_day)).count('<li class="tl-line"') == 1
    other = await shown(browser, person, service="ZX9")
    assert "Nothing in this record is as asked for" in other


async def test_what_was_taken_back_is_struck_through_and_still_there(
    browser: httpx.AsyncClient, house: House
) -> None:
    weight, gone = event_of(observation()), event_of(history(GONE))
    person = await id_of(house, event_of(verified()), weight, gone)
    await give_care(browser)
    page = await shown(browser, person)
    assert "tl-line--struck" in page
    assert "No longer holds" in page
    assert "<s>Weight</s>" in page


async def test_a_cancel_is_what_stands_for_the_admission_it_cancels(
    browser: httpx.AsyncClient, house: House
) -> None:
    admit = told(adt("A01", "20260301090000", control="1"))
    cancel = told(adt("A11", "20260301100000", control="2"))
    await house.take(*admit, *cancel)
    async with house.database.connect() as connection:
        said = "select distinct person_id from identities"
        person = (await connection.execute(text(said))).scalar_one()
    await give_care(browser)
    page = await shown(browser, person)
    assert re.search(r"What stands for it now: <a [^>]*>Admission cancelled</a>", page)


async def test_what_is_published_of_a_person_is_text_and_never_markup(
    browser: httpx.AsyncClient, house: House
) -> None:
    evil = "<script>alert(1)</script>{{ 7 * 7 }}"
    named = event_of(verified(name=[{"text": evil}]))
    weight = event_of(observation(code={"text": evil}))
    person = await id_of(house, named, weight)
    await give_care(browser)
    page = await shown(browser, person)
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;{{ 7 * 7 }}") >= 3


async def test_the_dead_and_what_they_are_called_by_are_told(
    browser: httpx.AsyncClient, house: House
) -> None:
    pronouns = {
        "url": "http://hl7.org/fhir/StructureDefinition/individual-pronouns",
        "extension": [{"url": "value", "valueCodeableConcept": {"text": "they/them"}}],
    }
    dead = verified(**ADA, deceasedDateTime="2026-02-03", extension=[pronouns])
    person = await id_of(house, event_of(dead))
    await give_care(browser)
    page = await shown(browser, person)
    assert "Died on 3 February 2026" in page
    assert "they/them" in page
