"""What references name: by type and id, by search, by identifier, by what their message told."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.fhir.references import (
    Identifier,
    Named,
    each_reference,
    named,
    references_of,
    search_of,
)
from schemas.identity import NHS_NUMBER_SYSTEM
from tests.builders import NHS_NUMBER, bundle, encounter, event_of, events_of, patient

Json = dict[str, Any]

URN = "urn:uuid:4f9f3ab4-63a0-4b57-8b8f-0ed4c7b60d11"
OTHER_URN = "urn:uuid:0b2b1f38-7f1a-4a55-9a40-9ce9e0d5f6f0"
UBRN = Identifier("https://fhir.nhs.uk/Id/UBRN", "77")
PERSON = {"reference": "Patient/p1"}


def request(**elements: Any) -> Json:
    return {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "subject": PERSON,
        **elements,
    }


def task(focus: Json, **elements: Any) -> Json:
    made = {"resourceType": "Task", "status": "requested", "intent": "order", "for": PERSON}
    return {**made, "focus": focus, **elements}


def together(*named_resources: tuple[str | None, Json], kind: str = "collection") -> Json:
    made = bundle(kind, *(resource for _, resource in named_resources))
    for entry, (url, _) in zip(made["entry"], named_resources, strict=True):
        if url:
            entry["fullUrl"] = url
    return made


def focus_of(made: Json) -> Named:
    """What the focus of the Task in a message names."""
    (event,) = [event for event in events_of(made) if event.kind == "Task"]
    return named(event.parsed()["focus"], event.parsed(), event)


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        ({"reference": "Encounter/7"}, Named("Encounter", "RX1|Encounter/7")),
        ({"reference": "https://a/fhir/Encounter/7"}, Named("Encounter", "RX1|Encounter/7")),
        ({"reference": "Encounter/7/_history/2"}, Named("Encounter", "RX1|Encounter/7")),
        (
            {"reference": "ServiceRequest?identifier=https://fhir.nhs.uk/Id/UBRN|77"},
            Named("ServiceRequest", "RX1|ServiceRequest?https://fhir.nhs.uk/Id/UBRN|77", UBRN),
        ),
        (
            {"type": "ServiceRequest", "identifier": UBRN._asdict()},
            Named("ServiceRequest", "RX1|ServiceRequest?https://fhir.nhs.uk/Id/UBRN|77", UBRN),
        ),
        ({"identifier": UBRN._asdict()}, Named(None, None, UBRN)),
        ({"reference": URN}, Named()),
        ({"reference": URN, "type": "Goal"}, Named("Goal", f"RX1|Goal/{URN}")),
        ({"display": "somebody"}, Named()),
        (
            {
                "reference": "https://api.service.nhs.uk/personal-demographics/FHIR/R4/Patient/"
                + NHS_NUMBER
            },
            Named("Patient", None, Identifier(NHS_NUMBER_SYSTEM, NHS_NUMBER)),
        ),
    ],
)
def test_a_reference_by_itself_names_what_it_says(reference: Json, found: Named) -> None:
    event = event_of(task({"display": "none"}))
    assert named(reference, event.parsed(), event) == found


def test_a_contained_resource_is_named_by_its_identifier() -> None:
    inner = {"resourceType": "HealthcareService", "id": "h", "identifier": [UBRN._asdict()]}
    event = event_of(task({"reference": "#h"}, contained=[inner]))
    assert named({"reference": "#h"}, event.parsed(), event) == Named(
        "HealthcareService", None, UBRN
    )


@pytest.mark.parametrize(
    ("referred", "thread"),
    [
        (request(id="r1"), "RX1|ServiceRequest/r1"),
        (
            request(identifier=[UBRN._asdict()]),
            "RX1|ServiceRequest?https://fhir.nhs.uk/Id/UBRN|77",
        ),
        (request(), f"RX1|ServiceRequest/{URN}"),
    ],
)
def test_a_urn_names_the_thread_of_the_resource_in_the_same_message(
    referred: Json, thread: str
) -> None:
    made = together((URN, referred), (OTHER_URN, task({"reference": URN})))
    assert focus_of(made).thread == thread
    assert thread in {event.thread for event in events_of(made)}


@pytest.mark.parametrize(
    "reference",
    [
        {"reference": "ServiceRequest?identifier=https://fhir.nhs.uk/Id/UBRN|77"},
        {"type": "ServiceRequest", "identifier": UBRN._asdict()},
    ],
)
def test_a_search_by_identifier_names_the_resource_of_the_message_that_has_it(
    reference: Json,
) -> None:
    referred = request(id="r1", identifier=[UBRN._asdict()])
    assert focus_of(together((None, referred), (None, task(reference)))).thread == (
        "RX1|ServiceRequest/r1"
    )


def test_an_identifier_that_two_resources_have_names_neither_of_them() -> None:
    twice = [request(id=i, identifier=[UBRN._asdict()]) for i in ("r1", "r2")]
    asked = task({"type": "ServiceRequest", "identifier": UBRN._asdict()})
    found = focus_of(together(*((None, one) for one in twice), (None, asked)))
    assert found.thread == "RX1|ServiceRequest?https://fhir.nhs.uk/Id/UBRN|77"


def test_an_address_that_is_not_the_messages_own_is_another_servers_thing() -> None:
    own = ("https://rx1.nhs.uk/fhir/ServiceRequest/r1", request(id="r1"))
    local = task({"reference": "https://rx1.nhs.uk/fhir/ServiceRequest/r1"})
    foreign = task({"reference": "https://other.nhs.uk/fhir/ServiceRequest/r1"})
    assert focus_of(together(own, (None, local))).thread == "RX1|ServiceRequest/r1"
    assert focus_of(together(own, (None, foreign))).thread == (
        "RX1|https://other.nhs.uk/fhir/ServiceRequest/r1"
    )


def test_a_patient_of_another_server_is_not_this_sources_patient_of_that_id() -> None:
    own = ("https://rx1.nhs.uk/fhir/Patient/p1", patient())
    visits = [
        encounter(id=i, subject={"reference": f"https://{host}.nhs.uk/fhir/Patient/p1"})
        for i, host in (("e1", "rx1"), ("e2", "other"))
    ]
    _, here, elsewhere = events_of(together(own, *((None, visit) for visit in visits)))
    assert here.subject == "RX1/Patient/p1"
    assert elsewhere.subject == "RX1/id/https://other.nhs.uk/fhir/Patient|p1"


def test_the_same_content_that_means_another_thing_is_another_fact() -> None:
    asked = task({"reference": URN}, id="t1")
    one, other, alone = (
        events_of(made)[-1]
        for made in (
            together((URN, request(id="r1")), (None, asked)),
            together((URN, request(id="r2")), (None, asked)),
            asked,
        )
    )
    assert len({one.id, other.id, alone.id}) == 3
    assert len({one.version, other.version, alone.version}) == 1


def test_what_a_reference_means_everywhere_is_not_written_on_the_event() -> None:
    made = together((None, patient()), (None, encounter()), (None, request(id="r1")))
    assert [event.references for event in events_of(made)] == [(), (), ()]


def test_every_reference_of_a_resource_is_found_with_its_path() -> None:
    made = request(
        basedOn=[{"reference": "CarePlan/c1"}],
        performer=[{"identifier": UBRN._asdict(), "type": "Organization"}],
        supportingInfo=[{"reference": "#c"}],
        contained=[{"resourceType": "Condition", "id": "c", "subject": PERSON}],
        identifier=[{**UBRN._asdict(), "assigner": {"display": "nobody"}}],
    )
    found = {path for path, _ in references_of(event_of(made))}
    assert found == {"subject", "basedOn", "performer", "supportingInfo"}


references = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["Encounter/7", URN, "#c", "Encounter?identifier=a|b", "Encounter?a=b&c"]),
)


@given(said=references, identifier=st.none() | st.dictionaries(st.text(), st.text(), max_size=2))
def test_no_reference_is_too_strange_to_be_read(said: str, identifier: Json | None) -> None:
    reference = {"reference": said, "identifier": identifier}
    event = event_of(task({"display": "none"}))
    found = named(reference, event.parsed(), event)
    assert found.thread is None or found.thread.startswith("RX1|")
    assert [one for _, one in each_reference({"focus": reference})] == [reference]
    search = search_of(said)
    assert search is None or search[1].value
