"""What organisations publish about themselves: staff, wards and their beds, surveys of partners."""

from services.simulator.fhir import (
    EXAMPLE,
    SERVICE_SYSTEM,
    SITE_SYSTEM,
    STAFFED_BEDS_EXTENSION,
    WARD_SYSTEM,
    WTE_EXTENSION,
    Resource,
    coded,
    fhir_time,
    organisation_reference,
)
from services.simulator.ledger import Post, Reply
from services.simulator.organisations import Organisation, Ward

PARTNERSHIP = f"{EXAMPLE}/Questionnaire/partnership"
PARTNERSHIP_ITEMS = (
    "We share what people need us to know.",
    "We know whom to ask in the other services.",
    "We agree who does what.",
    "We decide together with the person.",
    "Problems between services are solved.",
)
_PHYSICAL_TYPES = "http://terminology.hl7.org/CodeSystem/location-physical-type"


def practitioner_role(post: Post) -> Resource:
    """Somebody's post in a service, without who it is."""
    since = {"start": post.since.isoformat()}
    end = {"end": post.leaves.isoformat()} if post.leaves else {}
    offer = post.offer
    return {
        "resourceType": "PractitionerRole",
        "id": post.number,
        "extension": [{"url": WTE_EXTENSION, "valueDecimal": post.wte}],
        "active": post.leaves is None,
        "period": since | end,
        "practitioner": {"reference": f"Practitioner/{post.number}"},
        "organization": organisation_reference(offer.provider),
        "healthcareService": [
            {
                "reference": f"HealthcareService/{offer.code}",
                "identifier": {"system": SERVICE_SYSTEM, "value": offer.code},
                "display": offer.name,
            }
        ],
    }


def ward_location(ward: Ward, beds: int) -> Resource:
    """A ward with the number of its beds that have staff."""
    return {
        "resourceType": "Location",
        "id": ward.code,
        "extension": [{"url": STAFFED_BEDS_EXTENSION, "valueInteger": beds}],
        "identifier": [{"system": WARD_SYSTEM, "value": ward.code}],
        "status": "active",
        "name": ward.name,
        "mode": "instance",
        "physicalType": coded(_PHYSICAL_TYPES, "wa", "Ward"),
        "managingOrganization": organisation_reference(ward.organisation),
        "partOf": {
            "reference": f"Location/{ward.site}",
            "identifier": {"system": SITE_SYSTEM, "value": ward.site},
        },
    }


def partnership(number: str, organisation: Organisation, reply: Reply) -> Resource:
    """How an organisation finds working with the others; about no person."""
    return {
        "resourceType": "QuestionnaireResponse",
        "id": number,
        "questionnaire": PARTNERSHIP,
        "status": "completed",
        "authored": fhir_time(reply.at),
        "author": organisation_reference(organisation),
        "item": [
            {"linkId": str(place), "text": words, "answer": [{"valueInteger": answer}]}
            for place, (words, answer) in enumerate(
                zip(PARTNERSHIP_ITEMS, reply.answers, strict=True), 1
            )
        ],
    }
