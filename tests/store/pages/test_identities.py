"""Who is who by pages: what is in doubt, side by side; answered, and taken back."""

import re
from dataclasses import replace
from html import unescape
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.access.viewer import Role, Viewer
from services.pages import decision_words, review_words
from tests.builders import event_of, nhs_identifier, patient, verified
from tests.store.conftest import House
from tests.store.messages import adt, pid
from tests.store.pages.site import give_care, proof_at, sign_in, sign_in_as
from tests.store.test_identity_api import P1, P2, P3, contradicting, ids, replaced
from tests.store.test_relationships import ago, stay, take

QUEUE = "/identities/reviews"
WHY = "Seen at the desk with their passport"
REVIEW = re.compile(r'href="(/identities/reviews/[0-9a-f-]{36})"')
ADA = {"name": [{"family": "Example", "given": ["Ada"]}], "gender": "female"}
HOME = [{"use": "home", "line": ["12 Mill Lane"], "city": "Leeds", "postalCode": "ls61ab"}]


async def shown(browser: httpx.AsyncClient, path: str, **asked: str) -> str:
    answer = await browser.get(path, params=asked or None)
    assert answer.is_success, answer.text
    return unescape(answer.text)


async def sent(browser: httpx.AsyncClient, path: str, **fields: str) -> httpx.Response:
    proof = await proof_at(browser, path)
    return await browser.post(path, data={"csrf": proof, **fields})


async def only_review(browser: httpx.AsyncClient) -> str:
    (path,) = set(REVIEW.findall(await shown(browser, QUEUE)))
    return str(path)


async def doubt(house: House, browser: httpx.AsyncClient) -> str:
    """Somebody quotes the number of somebody else, whose it is; the path of the question."""
    await house.take(event_of(verified(id="p1", address=HOME, **ADA)))
    quoting = patient(id="p2", identifier=[nhs_identifier()], birthDate="1948-02-28", **ADA)
    await house.take(event_of(quoting))
    await give_care(browser)
    return await only_review(browser)


def row(page: str, name: str) -> list[str]:
    """What a line of the table says of each side, and the verdict."""
    found = re.search(rf'role="rowheader">{name}</th>(.*?)</tr>', page, re.DOTALL)
    assert found is not None
    cells = re.findall(r'role="cell">(.*?)</td>', found[1], re.DOTALL)
    return [re.sub(r"<[^>]*>", "", re.sub(r"<span [^>]*>.*?</span>", "", cell)) for cell in cells]


async def test_people_in_doubt_stand_side_by_side_with_what_agrees_and_what_differs(
    house: House, browser: httpx.AsyncClient
) -> None:
    path = await doubt(house, browser)
    page = await shown(browser, path)
    assert row(page, "Name") == ["Ada Example", "Ada Example", "Agrees"]
    assert row(page, "Born")[-1] == "Differs"
    assert set(row(page, "Born")[:2]) == {"29 February 1948", "28 February 1948"}
    assert sorted(row(page, "Postcode area")) == ["LS6", "Not known of all", "not known"]
    assert "12 Mill Lane" not in page
    assert "1AB" not in page
    assert set(row(page, "In the record")[:2]) == {"1 entry"}
    assert {"NHS number 999 000 0026, born 29 February 1948"} <= {
        name for cell in row(page, "Known by") for name in cell.split("; ")
    }
    assert not re.search(r"RX1/|nhs/|Patient/p", page)


async def test_two_are_joined_once_one_has_read_what_that_will_do_and_parted_again(
    house: House, browser: httpx.AsyncClient
) -> None:
    path = await doubt(house, browser)
    one, two = await ids(house, P1, P2)
    asked = await sent(browser, path, decision="join", pair="all", reason=WHY)
    assert "Join the records?" in asked.text
    assert "1 entry and 1 entry in one timeline" in asked.text
    assert path in REVIEW.findall(await shown(browser, QUEUE))
    done = await sent(browser, path, decision="join", pair="all", reason=WHY, confirmed="yes")
    assert done.status_code == httpx.codes.SEE_OTHER
    there = done.headers["location"]
    result = await shown(browser, there)
    assert "Done. They are one person in the record now." in result
    assert WHY in result
    assert "Nothing is in doubt" in await shown(browser, QUEUE)
    listed = await shown(browser, "/identities/decisions")
    assert there.partition("?")[0] in listed
    known = await shown(browser, f"/people/{two}/identities")
    assert "Number p1 at RX1" in known
    assert "Take this back" in known
    back = await browser.post(
        there.partition("?")[0], data={"csrf": await proof_at(browser, there)}
    )
    assert "They are two people in the record now." in await shown(
        browser, back.headers["location"]
    )
    assert "Taken back on" in await shown(browser, "/identities/decisions")
    assert "Number p1 at RX1" not in await shown(browser, f"/people/{two}/identities")
    assert "Number p1 at RX1" in await shown(browser, f"/people/{one}/identities")
    views = [view for view, _, _ in await house.looks()]
    for view in ("reviews", "review", "review-answer", "people-word", "people-words"):
        assert view in views, view
    assert "people-unlink" in views


async def test_what_a_source_joined_is_parted_with_a_reason(
    house: House, browser: httpx.AsyncClient
) -> None:
    await house.take(event_of(patient(**ADA)), replaced("p2", "p1"))
    one, _ = await ids(house, P1, P2)
    await give_care(browser)
    known = await shown(browser, f"/people/{one}/identities")
    assert "Number p2 at RX1 was given up for number p1 at RX1" in known
    pair = re.search(r'href="(/identities/pairs/[^"]+)"', known)
    assert pair is not None
    page = await shown(browser, pair[1])
    assert "There will be a record for each" in page
    wrong = await sent(browser, pair[1], reason="  ")
    assert wrong.status_code == httpx.codes.BAD_REQUEST
    assert decision_words.SAY_WHY.text in wrong.text
    done = await sent(browser, pair[1], reason=WHY)
    result = await shown(browser, done.headers["location"])
    assert "They are two people in the record now." in result
    assert "Number p2" not in await shown(browser, f"/people/{one}/identities")
    looks = {(view, allowed) for view, _, allowed in await house.looks()}
    assert {("identities", True), ("people-pair", True), ("people-link", True)} <= looks


async def test_one_of_several_pairs_is_answered_alone(
    house: House, browser: httpx.AsyncClient
) -> None:
    await house.take(*contradicting())
    one, two, three = await ids(house, P1, P2, P3)
    await give_care(browser)
    path = await only_review(browser)
    page = await shown(browser, path)
    assert "Of whom?" in page
    pair = next(v for v in re.findall(r'name="pair"[^>]*value="([^"]+)"', page) if two in v)
    assert three in pair
    done = await sent(browser, path, decision="part", pair=pair, reason=WHY, confirmed="yes")
    result = await shown(browser, done.headers["location"])
    assert "They are two people in the record now." in result
    assert "Number p3 at RX1 and number p2 at RX1" in result
    assert "umber p3 at RX1" in await shown(browser, f"/people/{one}/identities")


async def test_who_was_deleted_at_their_source_can_only_be_left(
    house: House, browser: httpx.AsyncClient
) -> None:
    await house.take(*adt("A29", 3, pid("p9")))
    await give_care(browser)
    path = await only_review(browser)
    page = await shown(browser, path)
    assert "Leave it as it is" in page
    assert 'value="join"' not in page
    assert (await sent(browser, path, decision="join", reason=WHY)).status_code == 400
    asked = await sent(browser, path, decision="dismiss", reason=WHY)
    assert "This cannot be taken back here." in asked.text
    done = await sent(browser, path, decision="dismiss", reason=WHY, confirmed="yes")
    assert "Left as it is." in await shown(browser, done.headers["location"])
    gone = await browser.get(path)
    assert gone.status_code == httpx.codes.NOT_FOUND
    assert "this question is not open" in gone.text


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"reason": WHY}, review_words.CHOOSE),
        ({"decision": "marry", "reason": WHY}, review_words.CHOOSE),
        ({"decision": "join", "reason": " "}, decision_words.SAY_WHY),
        ({"decision": "join", "reason": "x" * 2_001}, decision_words.TOO_LONG),
        ({"decision": "join", "reason": "a\0b"}, decision_words.SAY_WHY),
        ({"decision": "join", "reason": WHY, "pair": "x/y"}, review_words.CHOOSE_PAIR),
    ],
)
async def test_what_is_wrong_with_an_answer_is_said_and_what_was_typed_is_kept(
    house: House, browser: httpx.AsyncClient, fields: dict[str, str], wrong: Any
) -> None:
    path = await doubt(house, browser)
    answer = await sent(browser, path, confirmed="yes", **fields)
    assert answer.status_code == httpx.codes.BAD_REQUEST
    assert wrong.text in unescape(answer.text)
    assert f'href="#{wrong.field}"' in answer.text
    assert fields["reason"].strip() in answer.text
    assert path in REVIEW.findall(await shown(browser, QUEUE))


async def test_who_may_not_decide_sees_nobody_and_that_is_noted(
    house: House, browser: httpx.AsyncClient
) -> None:
    path = await doubt(house, browser)
    one, two = await ids(house, P1, P2)
    made = await sent(browser, path, decision="join", pair="all", reason=WHY, confirmed="yes")
    word = made.headers["location"].partition("?")[0]
    await house.take(*adt("A29", 3, pid("p9")))
    other = await only_review(browser)
    paths = (
        QUEUE,
        other,
        word,
        "/identities/decisions",
        f"/people/{one}/identities",
        f"/identities/pairs/{one}/{two}",
    )
    before = len(await house.looks())
    for user in ("demo-operations", "demo-privacy-officer"):
        browser.cookies.clear()
        await sign_in(browser, user)
        proof = await proof_at(browser, "/")
        for at in paths:
            answer = await browser.get(at)
            assert answer.status_code == httpx.codes.FORBIDDEN, at
            assert "Ada" not in answer.text
        for at in (other, word, paths[-1]):
            fields = {"csrf": proof, "decision": "dismiss", "reason": WHY, "confirmed": "yes"}
            assert (await browser.post(at, data=fields)).status_code == httpx.codes.FORBIDDEN
    denied = (await house.looks())[before:]
    assert denied
    assert not [view for view, _, allowed in denied if allowed]


async def test_who_cares_for_one_of_two_alone_is_not_asked_and_may_not_answer(
    house: House, browser: httpx.AsyncClient
) -> None:
    path = await doubt(house, browser)
    one, two = await ids(house, P1, P2)
    stranger = Viewer(user="u2", name="U Two", role=Role.CLINICIAN, org="RX9")
    await sign_in_as(browser, stranger)
    assert "Nothing is in doubt" in await shown(browser, QUEUE)
    for at in (path, f"/identities/pairs/{one}/{two}", f"/people/{one}/identities"):
        assert (await browser.get(at)).status_code == httpx.codes.FORBIDDEN, at
    assert "nothing has been decided" in (await shown(browser, "/identities/decisions")).lower()


async def test_an_administrator_decides_without_seeing_a_record(
    house: House, browser: httpx.AsyncClient
) -> None:
    path = await doubt(house, browser)
    one, _ = await ids(house, P1, P2)
    browser.cookies.clear()
    await sign_in(browser, "demo-administrator")
    page = await shown(browser, path)
    assert "Ada Example" in page
    assert "/people/" not in page
    known = await shown(browser, f"/people/{one}/identities")
    assert "/events/" not in known
    done = await sent(browser, path, decision="join", pair="all", reason=WHY, confirmed="yes")
    assert "They are one person" in await shown(browser, done.headers["location"])


async def test_a_form_of_another_site_decides_nothing(
    house: House, browser: httpx.AsyncClient
) -> None:
    path = await doubt(house, browser)
    fields = {"csrf": "0" * 64, "decision": "join", "reason": WHY, "confirmed": "yes"}
    assert (await browser.post(path, data=fields)).status_code == httpx.codes.FORBIDDEN
    assert await only_review(browser) == path


async def test_the_queue_is_narrowed_and_read_on_by_its_address(
    house: House, browser: httpx.AsyncClient
) -> None:
    await house.take(event_of(verified(id="p1")))
    for number in range(26):
        await house.take(event_of(patient(id=f"q{number}", identifier=[nhs_identifier()])))
    await give_care(browser)
    first = await shown(browser, QUEUE, kind="possible-match")
    more = re.search(r'href="(/identities/reviews\?kind=possible-match&after=[^"]+)"', first)
    assert more is not None
    second = await shown(browser, more[1])
    assert len(set(REVIEW.findall(first))) == 25
    assert len(set(REVIEW.findall(second))) == 1
    assert "Nothing in doubt is as asked for" in await shown(browser, QUEUE, kind="merge-cycle")
    for wrong in ({"kind": "x"}, {"after": "x"}):
        assert (await browser.get(QUEUE, params=wrong)).is_client_error


@pytest.mark.parametrize(
    "path",
    [
        f"{QUEUE}/{UUID(int=1)}",
        f"/identities/decisions/{UUID(int=1)}",
        f"/people/{UUID(int=1)}/identities",
        f"/identities/pairs/{UUID(int=1)}/{UUID(int=2)}",
        "/identities/pairs/x/y",
    ],
)
async def test_what_is_not_known_is_a_page_that_says_so(
    house: House, browser: httpx.AsyncClient, path: str
) -> None:
    await give_care(browser)
    answer = await browser.get(path)
    assert answer.is_client_error
    assert "<h1" in answer.text


async def test_whom_a_protected_persons_other_services_are_is_told_to_nobody_who_may_not_know(
    house: House, browser: httpx.AsyncClient
) -> None:
    house = replace(house, is_open=False)
    protected = verified(**ADA, meta={"security": [{"code": "R"}], "lastUpdated": ago(3)})
    await take(house, verified(**ADA, meta={"lastUpdated": ago(9)}), stay(3))
    await take(house, protected | {"id": "p7", "address": HOME}, source="ZM1")
    quoting = patient(id="p2", identifier=[nhs_identifier()], **ADA)
    await take(house, quoting, stay(3, id="e2", subject={"reference": "Patient/p2"}))
    await take(house, quoting, source="ZM1")
    one, two, hidden = await ids(house, P1, P2, "ZM1/Patient/p2")
    await give_care(browser)
    paths = REVIEW.findall(await shown(browser, QUEUE))
    pages = [await shown(browser, path) for path in (QUEUE, f"/people/{one}/identities", *paths)]
    assert len(paths) == 1
    assert "Ada Example" in pages[-1]
    for page in pages:
        for secret in ("ZM1", "LS6", "p7"):
            assert secret not in page
    assert (await browser.get(f"/identities/pairs/{one}/{two}")).is_success
    assert (await browser.get(f"/identities/pairs/{one}/{hidden}")).is_client_error
    browser.cookies.clear()
    await sign_in(browser, "demo-administrator")
    assert len(set(REVIEW.findall(await shown(browser, QUEUE)))) == 2
