"""A request is known by every name that somebody may use for it, and by no other."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.referrals.names import joined, mention_of
from streams.referrals.read import facts_of
from tests.builders import NHS_NUMBER, bundle, events_of, nhs_identifier
from tests.unit.referrals.made import UBRN, UUID, one, receiver, request, sender, task

URN = f"urn:uuid:{UUID}"
IDENTIFIER = {"system": UBRN, "value": "70001"}


@pytest.mark.parametrize(
    ("reference", "names"),
    [
        ({"reference": "ServiceRequest/S1"}, ["RY2|ServiceRequest/S1"]),
        ({"reference": "ServiceRequest/S1/_history/3"}, ["RY2|ServiceRequest/S1"]),
        ({"reference": f"ServiceRequest/{UUID}"}, [f"RY2|ServiceRequest/{UUID}", URN]),
        ({"reference": URN}, [URN]),
        ({"reference": URN.upper().replace("URN:UUID", "urn:uuid")}, [URN]),
        ({"reference": "urn:oid:1.2.3"}, ["urn:oid:1.2.3"]),
        ({"identifier": IDENTIFIER}, [f"identifier|{UBRN}|70001"]),
        ({"identifier": {"value": "70001"}}, ["RY2|ServiceRequest?|70001"]),
        (
            {"reference": "ServiceRequest/S1", "identifier": IDENTIFIER},
            ["RY2|ServiceRequest/S1", f"identifier|{UBRN}|70001"],
        ),
        ({"reference": "#r1"}, [f"identifier|{UBRN}|70001"]),
        ({"reference": "Task/T1"}, None),
        ({"identifier": IDENTIFIER, "type": "Task"}, None),
        ({"identifier": nhs_identifier(NHS_NUMBER)}, None),
        ({"display": "the request"}, None),
        ({}, None),
    ],
)
def test_the_names_in_a_reference(reference: Any, names: list[str] | None) -> None:
    resource = task(
        contained=[{"resourceType": "ServiceRequest", "id": "r1", "identifier": [IDENTIFIER]}]
    )
    found = mention_of(reference, resource, receiver(task()), certain=True)
    assert (list(found.names) if found else None) == names


def test_a_search_names_what_it_searches_for() -> None:
    asked = {"reference": f"ServiceRequest?identifier={UBRN}|70001"}
    found = mention_of(asked, task(), receiver(task()), certain=False)
    assert found is not None
    assert f"identifier|{UBRN}|70001" in found.names
    assert found.certain


def test_a_reference_that_may_be_of_anything_is_no_request_until_one_is_known_by_it() -> None:
    answer = receiver(task(focus={"reference": URN}))
    assert [fact.mentions[0].certain for fact in facts_of(answer, 0)] == [False]
    asked = request(id=UUID)
    del asked["identifier"]
    assert one(sender(asked), answer).status == "accepted"


def test_resources_of_one_message_find_each_other_by_the_names_in_it() -> None:
    asked, answer = request(), task(focus={"reference": "urn:uuid:1"})
    del asked["id"]
    made = bundle("transaction", asked, answer)
    made["entry"][0]["fullUrl"] = "urn:uuid:1"
    found = one(*events_of(made, source="RX1"))
    assert (found.status, found.flags) == ("accepted", ("subjects-differ",))


def test_a_later_message_may_use_the_name_that_an_earlier_one_gave() -> None:
    made = bundle("transaction", request(identifier=[{"system": UBRN, "value": "9"}]))
    made["entry"][0]["fullUrl"] = URN
    answer = receiver(task(focus={"reference": URN, "type": "ServiceRequest"}))
    assert one(*events_of(made, source="RX1"), answer).status == "accepted"


NAMES = st.lists(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=3), max_size=8)


@given(groups=NAMES, data=st.data())
def test_names_are_joined_in_any_order_and_however_often(
    groups: list[list[str]], data: st.DataObject
) -> None:
    shuffled = [data.draw(st.permutations(group)) for group in data.draw(st.permutations(groups))]
    found = joined(groups)
    assert joined(shuffled + groups) == found
    for group in groups:
        assert len({found[name] for name in group}) == 1
    for name, smallest in found.items():
        assert smallest == min(other for other in found if found[other] == smallest)
        assert smallest <= name


@given(groups=NAMES)
def test_nothing_is_joined_that_nobody_joined(groups: list[list[str]]) -> None:
    found = joined(groups)
    sets: list[set[str]] = []
    for group in groups:
        touching = [known for known in sets if known & {*group}]
        sets = [known for known in sets if known not in touching]
        sets.append({*group}.union(*touching))
    assert {frozenset(n for n in found if found[n] == s) for s in found.values()} == {
        frozenset(each) for each in sets
    }
