"""A person's own words by a form: who may write, what came between, and nothing lost."""

import re
from collections.abc import AsyncIterator
from html import unescape
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from aiokafka.errors import KafkaConnectionError

from schemas.about_me import Heading
from schemas.errors import Reject
from schemas.events import CareEvent
from schemas.inbound import Inbound
from services.access.viewer import Role, Viewer
from services.gateway.receive import Outcome, Receipt
from services.pages import about_me, about_me_words
from services.pages.demo_users import THEMSELF, chosen, viewer_of
from streams.intake.read import Limits, read
from tests.builders import event_of, verified
from tests.store.conftest import House
from tests.store.pages.site import app_over, give_care, proof_at, sign_in, sign_in_as
from tests.store.pages.test_person import ADA, id_of
from tests.store.test_story import NEW, OLD

MADE_FROM = re.compile(r'name="made_from" value="([^"]*)"')


class Counter:
    """A door whose messages come to the record at once, later, or not at all."""

    def __init__(self, house: House) -> None:
        self.house, self.limits = house, Limits(1_000_000, 64)
        self.is_slow, self.is_down = False, False
        self.coming: list[CareEvent] = []

    async def receive(self, message: Inbound) -> Receipt:
        if self.is_down:
            raise KafkaConnectionError
        try:
            self.coming += read(message, self.limits)
        except Reject as refusal:
            return Receipt(Outcome.REJECTED, message.message_id, 0, 0, refusal.reason)
        if not self.is_slow:
            await self.arrive()
        return Receipt(Outcome.ACCEPTED, message.message_id, 0, 0)

    async def arrive(self) -> None:
        await self.house.take(*self.coming)
        self.coming.clear()


@pytest.fixture
def counter(house: House) -> Counter:
    return Counter(house)


@pytest_asyncio.fixture
async def browser(
    house: House, counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    monkeypatch.setattr(about_me, "WAIT_S", 0.0)
    app = app_over(house.database, house.settings)
    app.state.door = counter
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as found:
        yield found


async def form_of(browser: httpx.AsyncClient, person: UUID) -> str:
    answer = await browser.get(f"/people/{person}/about-me")
    assert answer.is_success, answer.text
    return unescape(answer.text)


def made_from(page: str) -> str:
    found = MADE_FROM.search(page)
    assert found is not None
    return found[1]


async def save(browser: httpx.AsyncClient, person: UUID, made: str, **said: str) -> httpx.Response:
    proof = await proof_at(browser, f"/people/{person}/about-me")
    fields = {"csrf": proof, "made_from": made, **{k.replace("_", "-"): v for k, v in said.items()}}
    return await browser.post(f"/people/{person}/about-me", data=fields)


async def record_of(browser: httpx.AsyncClient, answer: httpx.Response) -> str:
    assert answer.status_code == httpx.codes.SEE_OTHER, answer.text
    return unescape((await browser.get(answer.headers["location"])).text)


async def test_what_is_written_down_is_on_the_record_and_what_was_said_before_is_kept(
    browser: httpx.AsyncClient, house: House
) -> None:
    person = await id_of(house, event_of(verified(**ADA)), OLD, NEW)
    await give_care(browser)
    page = await form_of(browser, person)
    assert "Write down what they say, with them" in page
    assert "Ada Brown-Jones, born 29 February 1948" in page
    assert ">My dog</textarea>" in page
    assert "My cat" in page
    answer = await save(
        browser, person, made_from(page), most_important="My dog\r\nMy garden", wellness=" "
    )
    record = await record_of(browser, answer)
    assert "Saved. The words are on this page." in record
    assert "My dog\nMy garden" in record
    assert "What they said before (2)" in record
    assert f'href="/people/{person}/about-me"' in record
    assert ("about-me-edit", str(person), True) in await house.looks()


async def test_the_person_writes_their_own_words_and_is_spoken_to(
    browser: httpx.AsyncClient, house: House
) -> None:
    person = await id_of(house, event_of(verified(**ADA)))
    me = chosen(THEMSELF, f"http://127.0.0.1/people/{person}?saved=about-me")
    assert me is not None
    await sign_in_as(browser, viewer_of(me))
    home = (await browser.get("/")).text
    assert f'href="/people/{person}"' in home
    assert f'href="/people/{person}/about-me"' in home
    assert "ZP0001" not in home
    page = await form_of(browser, person)
    assert page.count('aria-current="page"') == 1
    assert "Who helped you to write this" in page
    assert not re.search(r"\b(they|their|them) (say|said|want)\b", page)
    record = await record_of(browser, await save(browser, person, "nothing", wellness="I tire"))
    assert "I tire" in record
    assert "Written on" in record
    assert "by A person" in record
    assert "Change my own words" in record


async def test_who_may_not_write_sees_no_form_and_saves_nothing(
    browser: httpx.AsyncClient, house: House, counter: Counter
) -> None:
    person = await id_of(house, event_of(verified(**ADA)), NEW)
    someone_else = Viewer(user=str(UUID(int=1)), name="X", role=Role.PERSON, org="RX1")
    for user in ("demo-operations", "demo-administrator", someone_else):
        if isinstance(user, Viewer):
            await sign_in_as(browser, user)
        else:
            await sign_in(browser, user)
        path = f"/people/{person}/about-me"
        shown = await browser.get(path)
        proof = await proof_at(browser, "/")
        sent = {"csrf": proof, "made_from": "nothing", "wellness": "x"}
        saved = await browser.post(path, data=sent)
        assert {shown.status_code, saved.status_code} == {httpx.codes.FORBIDDEN}
        assert "My dog" not in shown.text + saved.text
        browser.cookies.clear()
    looks = await house.looks()
    assert ("about-me", str(person), False) in looks
    assert ("about-me-edit", str(person), False) in looks
    assert counter.coming == []


async def test_a_form_of_another_site_writes_nothing(
    browser: httpx.AsyncClient, house: House
) -> None:
    person = await id_of(house, event_of(verified(**ADA)))
    await give_care(browser)
    sent = {"csrf": "0" * 64, "made_from": "nothing", "wellness": "x"}
    answer = await browser.post(f"/people/{person}/about-me", data=sent)
    assert answer.status_code == httpx.codes.FORBIDDEN
    assert "Nothing has been written here yet" in (await browser.get(f"/people/{person}")).text


async def test_who_comes_second_is_told_and_sees_both(
    browser: httpx.AsyncClient, house: House
) -> None:
    person = await id_of(house, event_of(verified(**ADA)), NEW)
    await give_care(browser)
    read_before = made_from(await form_of(browser, person))
    assert (await save(browser, person, read_before, most_important="My cat")).is_redirect
    second = await save(browser, person, read_before, most_important="My hens", wellness="I tire")
    assert second.status_code == httpx.codes.CONFLICT
    page = unescape(second.text)
    assert about_me_words.NEWER.text in page
    assert ">My hens</textarea>" in page
    assert re.search(r"On the record now:.*?My cat", page, re.DOTALL)
    assert "Nothing is written under this heading." in page
    assert ">My cat<" in (await browser.get(f"/people/{person}")).text
    third = await save(browser, person, made_from(page), most_important="My hens and my cat")
    record = await record_of(browser, third)
    assert "My hens and my cat" in record
    assert "What they said before (2)" in record


async def test_words_that_are_on_their_way_are_not_written_over_either(
    browser: httpx.AsyncClient, house: House, counter: Counter
) -> None:
    person = await id_of(house, event_of(verified(**ADA)), NEW)
    await give_care(browser)
    read_before = made_from(await form_of(browser, person))
    counter.is_slow = True
    first = await save(browser, person, read_before, most_important="My cat")
    record = await record_of(browser, first)
    assert "The words will be on this page in a moment" in record
    assert "Newer words were saved on" in record
    assert "My cat" not in record
    assert "Newer words were saved on" in await form_of(browser, person)
    second = await save(browser, person, read_before, most_important="My hens")
    assert second.status_code == httpx.codes.CONFLICT
    assert about_me_words.NEWER_COMING.text in unescape(second.text)
    assert ">My hens</textarea>" in second.text
    await counter.arrive()
    again = await save(browser, person, made_from(second.text), most_important="My hens")
    assert again.status_code == httpx.codes.CONFLICT
    assert re.search(r"On the record now:.*?My cat", unescape(again.text), re.DOTALL)


async def test_who_presses_the_button_twice_has_saved_once(
    browser: httpx.AsyncClient, house: House
) -> None:
    person = await id_of(house, event_of(verified(**ADA)))
    await give_care(browser)
    for _ in range(2):
        answer = await save(browser, person, "nothing", wellness="I tire")
        record = await record_of(browser, answer)
    assert "I tire" in record
    assert "said before (" not in record


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({}, Heading.MOST_IMPORTANT),
        ({"supported_by": "Ruth"}, Heading.MOST_IMPORTANT),
        ({"wellness": "é" * 8_001, "also": "<b>I sing</b>"}, Heading.WELLNESS),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_that_was_typed_is_lost(
    browser: httpx.AsyncClient, house: House, said: dict[str, str], field: Heading
) -> None:
    person = await id_of(house, event_of(verified(**ADA)), NEW)
    await give_care(browser)
    answer = await save(browser, person, "nothing", **said)
    assert answer.status_code == httpx.codes.BAD_REQUEST
    page = unescape(answer.text)
    assert "<title>\n  Error: " in page or "<title>Error: " in page
    assert f'href="#{field}"' in page
    assert f'id="{field}-error"' in page
    assert all(words in page for words in said.values())
    assert "<b>I sing</b>" not in answer.text
    # Whoever mends it has still not read what is on the record.
    assert made_from(page) == "nothing"
    assert len([view for view, _, _ in await house.looks() if view == "about-me-edit"]) == 0


async def test_the_longest_words_under_each_heading_are_taken_or_kept_in_the_form(
    browser: httpx.AsyncClient, house: House, counter: Counter
) -> None:
    person = await id_of(house, event_of(verified(**ADA)))
    await give_care(browser)
    long = {heading.value: "\N{GRINNING FACE}" * 8_000 for heading in Heading}
    counter.limits = Limits(10_000, 64)
    answer = await save(browser, person, "nothing", **long)
    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert about_me_words.NOT_TAKEN.text in answer.text
    assert answer.text.count("\N{GRINNING FACE}" * 8_000) == len(Heading)
    counter.limits = Limits(1_000_000, 64)
    assert (await save(browser, person, "nothing", **long)).is_redirect


@pytest.mark.parametrize("what", ["the broker", "the database"])
async def test_where_nothing_can_be_kept_the_words_stay_in_the_form(
    browser: httpx.AsyncClient,
    house: House,
    counter: Counter,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
) -> None:
    async def away(*_: object) -> None:
        raise ConnectionRefusedError

    person = await id_of(house, event_of(verified(**ADA)), NEW)
    await give_care(browser)
    page = await form_of(browser, person)
    if what == "the broker":
        counter.is_down = True
    else:
        monkeypatch.setattr(about_me, "write_about_me", away)
    answer = await save(browser, person, made_from(page), wellness="I tire")
    assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert about_me_words.HELD.text in unescape(answer.text)
    assert ">I tire</textarea>" in answer.text
    assert made_from(answer.text) == made_from(page)
    counter.is_down = False
    monkeypatch.undo()
    monkeypatch.setattr(about_me, "WAIT_S", 0.0)
    assert (await save(browser, person, made_from(answer.text), wellness="I tire")).is_redirect


async def test_who_is_not_known_has_no_form(browser: httpx.AsyncClient, house: House) -> None:
    await give_care(browser)
    path = f"/people/{UUID(int=9)}/about-me"
    assert (await browser.get(path)).status_code == httpx.codes.NOT_FOUND
    proof = await proof_at(browser, "/")
    sent = {"csrf": proof, "made_from": "nothing", "wellness": "x"}
    assert (await browser.post(path, data=sent)).status_code == httpx.codes.NOT_FOUND
