"""Finding a person by a form: whom it finds, what is noted, and what stands in no address."""

import httpx

from tests.builders import NHS_NUMBER, event_of, verified
from tests.store.conftest import House
from tests.store.pages.site import give_care, proof_at, sign_in

ADA = {"name": [{"family": "Brown-Jones", "given": ["Ada"]}]}


async def ask(browser: httpx.AsyncClient, **fields: str) -> httpx.Response:
    proof = await proof_at(browser, "/find")
    return await browser.post("/find", data={"csrf": proof, **fields})


async def test_a_person_is_found_by_number_and_by_name_and_that_is_noted(
    browser: httpx.AsyncClient, house: House
) -> None:
    await house.take(event_of(verified(**ADA)))
    await give_care(browser)
    born = {"born[day]": "29", "born[month]": "2", "born[year]": "1948"}
    for fields in ({"number": NHS_NUMBER}, {"name": "brown", **born}):
        answer = await ask(browser, **fields)
        assert "1 person found" in answer.text
        assert "Ada Brown-Jones" in answer.text
        assert not answer.request.url.query
    looks = await house.looks()
    assert [(view, allowed) for view, _, allowed in looks] == [("search", True)] * 2
    assert f"/people/{looks[0][1]}" in answer.text
    assert "Nobody found" in (await ask(browser, name="Nobody", **born)).text


async def test_the_form_has_the_fields_that_are_read(
    browser: httpx.AsyncClient, house: House
) -> None:
    await give_care(browser)
    page = (await browser.get("/find")).text
    for field in ("number", "name", "born[day]", "born[month]", "born[year]"):
        assert f'name="{field}"' in page


async def test_what_is_filled_in_wrong_is_said_beside_the_field(
    browser: httpx.AsyncClient, house: House
) -> None:
    await give_care(browser)
    answer = await ask(browser, number="12<b>")
    assert answer.status_code == httpx.codes.BAD_REQUEST
    assert "There is a problem" in answer.text
    assert 'href="#number"' in answer.text
    assert 'value="12&lt;b&gt;"' in answer.text
    assert await house.looks() == []


async def test_who_gives_no_care_finds_nobody_and_a_forged_form_neither(
    browser: httpx.AsyncClient, house: House
) -> None:
    await house.take(event_of(verified(**ADA)))
    await sign_in(browser, "demo-operations")
    proof = await proof_at(browser, "/")
    answer = await browser.post("/find", data={"csrf": proof, "number": NHS_NUMBER})
    assert answer.status_code == httpx.codes.FORBIDDEN
    assert "Ada" not in answer.text
    assert (await house.looks())[-1] == ("search", None, False)
    await give_care(browser)
    forged = await browser.post("/find", data={"csrf": "0" * 64, "number": NHS_NUMBER})
    assert forged.status_code == httpx.codes.FORBIDDEN
