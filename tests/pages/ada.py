"""An invented person of whom every part of the record has something to say."""

from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.about_me import QUESTIONNAIRE, WORDS, Heading
from streams.flow.encounter import PLANNED_END
from streams.story.alerts import ADJUSTMENT, PATIENT_FLAG
from tests.builders import at_ward, verified

Json = dict[str, Any]
# Whose facts they are, and the facts.
Told = list[tuple[str, Json]]

PRACTICE, HOSPITAL, COMMUNITY, SOCIAL_CARE = "ZP0001", "ZT1", "ZC1", "ZS1"
NAME, NUMBER, BORN = "Ada Example", "9990499985", "1941-03-09"
ODS = "https://fhir.nhs.uk/Id/ods-organization-code"
PRONOUNS = "http://hl7.org/fhir/StructureDefinition/individual-pronouns"


def _organisation(code: str, name: str) -> Json:
    return {"type": "Organization", "identifier": {"system": ODS, "value": code}, "display": name}


SURGERY = _organisation(PRACTICE, "Mill Lane Test Practice")
OWN_WORDS = {
    Heading.MOST_IMPORTANT: "Being at home with my cat, Biscuit, and hearing the choir on Sundays.",
    Heading.PEOPLE: "My daughter Ruth, who lives in Leeds. My neighbour Femi has a key.",
    Heading.COMMUNICATION: "Sit where I can see your face. Write down anything that I should keep.",
    Heading.PLEASE_DO: "Please ask before you move my frame. Please don't call me dear.",
    Heading.SUPPORT: "Mornings are slow: not before ten.",
}


def facts(now: datetime) -> Told:
    """What each service says of her, at a moment that is now."""
    return [
        *((source, _person(source)) for source in (PRACTICE, HOSPITAL, COMMUNITY, SOCIAL_CARE)),
        *_known_to_all(now),
        *_visits(now),
        *_referrals(now),
        *_plans(now),
    ]


def _person(source: str) -> Json:
    pronouns = [{"url": "value", "valueCodeableConcept": {"text": "she/her"}}]
    return verified(
        NUMBER,
        id=_own_id(source),
        name=[{"family": "Example", "given": ["Ada"]}],
        birthDate=BORN,
        gender="female",
        extension=[{"url": PRONOUNS, "extension": pronouns}],
        generalPractitioner=[SURGERY],
        meta={"lastUpdated": _stamp(datetime(2025, 1, 6, 9, tzinfo=UTC))},
    )


def _known_to_all(now: datetime) -> Told:
    quiet = _coded(ADJUSTMENT, "007", "Needs a quiet place to wait")
    writes = _coded(ADJUSTMENT, "004", "Large print, at least 18 point")
    worried = _coded(PATIENT_FLAG, "CP-IS", "Safeguarding: an enquiry is open")
    allergy = {"code": {"text": "Penicillin"}, "reaction": [{"manifestation": [{"text": "Rash"}]}]}
    return [
        (PRACTICE, _flag("ada-quiet", quiet, now - timedelta(days=300))),
        (PRACTICE, _flag("ada-print", writes, now - timedelta(days=300))),
        (SOCIAL_CARE, _flag("ada-safe", worried, now - timedelta(days=20))),
        (
            PRACTICE,
            _made("AllergyIntolerance", "ada-allergy", now - timedelta(days=900), PRACTICE)
            | allergy
            | {"criticality": "high"},
        ),
        (PRACTICE, _about_me(now - timedelta(days=200), {Heading.WELLNESS: "I tire easily."})),
        (PRACTICE, _about_me(now - timedelta(days=30), OWN_WORDS)),
        (SOCIAL_CARE, _asked(now - timedelta(days=18))),
    ]


def _visits(now: datetime) -> Told:
    spring, fall = now - timedelta(days=230), now - timedelta(days=2, hours=5)
    moved = fall + timedelta(hours=9)
    here = [at_ward("ZT101-W01", _stamp(fall), _stamp(moved)), at_ward("ZT101-W02", _stamp(moved))]
    expected = [{"url": PLANNED_END, "valueDateTime": _stamp(now + timedelta(days=3))}]
    nurse = [{"individual": {"display": "Bea Khan"}}]
    stays = [
        _visit("ada-spring", "IMP", spring, 9 * 24, HOSPITAL, "Chest infection"),
        _visit("ada-emergency", "EMER", now - timedelta(days=95), 4, HOSPITAL, "Fall at home"),
        _visit("ada-now", "IMP", fall, None, HOSPITAL, "Broken wrist after a fall")
        | {"location": here, "extension": expected},
    ]
    homes = [
        _visit(
            f"ada-home-{n}", "HH", now - timedelta(days=12 * n + 3), 1, COMMUNITY, "Leg dressing"
        )
        | {"participant": nurse}
        for n in range(1, 9)
    ]
    weighed = now - timedelta(days=15)
    wrong = _made("Observation", "ada-weight", weighed, COMMUNITY) | {
        "status": "entered-in-error",
        "code": {"text": "Weight"},
        "effectiveDateTime": _stamp(weighed),
        "valueQuantity": {"value": 512, "unit": "kg"},
    }
    letter = _letter("ada-letter", "Clinic letter", now - timedelta(days=90))
    newer = _letter("ada-letter-2", "Clinic letter, corrected", now - timedelta(days=88))
    replaces = {"code": "replaces", "target": {"reference": "DocumentReference/ada-letter"}}
    return [
        *((HOSPITAL, stay) for stay in stays),
        *((COMMUNITY, home) for home in homes),
        (COMMUNITY, wrong),
        (HOSPITAL, letter),
        (HOSPITAL, newer | {"relatesTo": [replaces]}),
    ]


def _referrals(now: datetime) -> Told:
    silent = _referral("ada-podiatry", "Podiatry: painful feet", now - timedelta(days=40))
    taken = _referral("ada-falls", "Strength and balance class", now - timedelta(days=9))
    done = _referral("ada-eyes", "Eye test", now - timedelta(days=150)) | {"status": "completed"}
    booked, came = now + timedelta(days=6), now - timedelta(days=7)
    accepted = _made("Task", "ada-falls-task", came, COMMUNITY) | {
        "status": "accepted",
        "intent": "order",
        "basedOn": [{"identifier": _name_of("ada-falls")}],
        "focus": {"identifier": _name_of("ada-falls")},
        "authoredOn": _stamp(came),
        "lastModified": _stamp(came),
        "owner": _organisation(COMMUNITY, "Vale Test Community Health"),
    }
    appointment = _made("Appointment", "ada-falls-first", came, COMMUNITY) | {
        "status": "booked",
        "start": _stamp(booked),
        "end": _stamp(booked + timedelta(hours=1)),
        "basedOn": [{"identifier": _name_of("ada-falls")}],
        "participant": [{"actor": _subject(COMMUNITY), "status": "accepted"}],
    }
    return [
        *((PRACTICE, one) for one in (silent, taken, done)),
        (COMMUNITY, accepted),
        (COMMUNITY, appointment),
    ]


def _plans(now: datetime) -> Told:
    since = now - timedelta(days=25)
    team = {
        "status": "active",
        "name": "North neighbourhood team",
        "participant": [
            _member("ada-sam", "Care coordinator"),
            _member("ada-bea", "Community nurse"),
            {"member": _organisation(SOCIAL_CARE, "Vale Test Adult Social Care")},
        ],
    }
    goal = {"lifecycleStatus": "active", "description": {"text": "Walk to the shop and back"}}
    plan = {
        "status": "active",
        "intent": "plan",
        "title": "Staying steady",
        "description": "Agreed with Ada and Ruth.",
        "period": {"start": _stamp(since)},
        "author": {"display": "Sam Okafor"},
        "goal": [{"reference": "Goal/ada-goal"}],
        "activity": [
            {"detail": {"status": "in-progress", "description": "Exercises, twice a day"}},
            {"detail": {"status": "scheduled", "description": "Rails in the bathroom"}},
        ],
    }
    return [
        (COMMUNITY, _staff("ada-sam", "Sam", "Okafor", "01632 960 017")),
        (COMMUNITY, _staff("ada-bea", "Bea", "Khan", "01632 960 021")),
        (COMMUNITY, _made("CareTeam", "ada-team", since, COMMUNITY) | team),
        (COMMUNITY, _made("Goal", "ada-goal", since, COMMUNITY) | goal),
        (COMMUNITY, _made("CarePlan", "ada-plan", since, COMMUNITY) | plan),
    ]


def _flag(identity: str, category: Json, since: datetime) -> Json:
    source = SOCIAL_CARE if identity == "ada-safe" else PRACTICE
    made = _made("Flag", identity, since, source)
    words = category["coding"][0]["display"]
    said = {"status": "active", "code": {"text": words}, "period": {"start": _stamp(since)}}
    return made | said | {"category": [{"coding": [_bare(category)]}]}


def _bare(category: Json) -> Json:
    coding: Json = category["coding"][0]
    return {"system": coding["system"], "code": coding["code"]}


def _about_me(at: datetime, said: dict[Heading, str]) -> Json:
    items = [
        {"linkId": one, "text": WORDS[one], "answer": [{"valueString": words}]}
        for one, words in said.items()
    ]
    form = {"status": "completed", "questionnaire": QUESTIONNAIRE, "item": items}
    by = {"authored": _stamp(at), "author": {"display": NAME}}
    return _made("QuestionnaireResponse", "ada-about-me", at, PRACTICE) | form | by


def _asked(at: datetime) -> Json:
    asked = {
        "Do you live alone?": "Yes, with my cat",
        "Have you fallen in the last year?": "Twice, both times in the bathroom",
        "Who helps you at home?": "Femi next door, and a carer each morning",
    }
    items = [
        {"linkId": str(n), "text": question, "answer": [{"valueString": answer}]}
        for n, (question, answer) in enumerate(asked.items(), 1)
    ]
    by = {"authored": _stamp(at), "author": {"display": "Lee Moss"}}
    made = _made("QuestionnaireResponse", "ada-asked", at, SOCIAL_CARE)
    return made | {"status": "completed", "item": items} | by


def _visit(
    identity: str, code: str, start: datetime, hours: int | None, source: str, why: str
) -> Json:
    end = {"end": _stamp(start + timedelta(hours=hours))} if hours else {}
    ward = [at_ward("ZT101-W02", _stamp(start))] if code == "IMP" else []
    written = min(start + timedelta(hours=hours or 1), datetime.now(UTC))
    return {
        **_made("Encounter", identity, written, source),
        "status": "finished" if hours else "in-progress",
        "class": {"code": code},
        "period": {"start": _stamp(start), **end},
        "reasonCode": [{"text": why}],
        "serviceProvider": {"identifier": {"system": ODS, "value": source}},
        **({"location": ward} if ward else {}),
    }


def _letter(identity: str, words: str, at: datetime) -> Json:
    content = [{"attachment": {"contentType": "application/pdf", "url": "Binary/1"}}]
    said = {"status": "current", "description": words, "date": _stamp(at), "content": content}
    return _made("DocumentReference", identity, at, HOSPITAL) | said


def _referral(identity: str, words: str, at: datetime) -> Json:
    return _made("ServiceRequest", identity, at, PRACTICE) | {
        "identifier": [_name_of(identity)],
        "status": "active",
        "intent": "order",
        "priority": "routine",
        "code": {"text": words},
        "authoredOn": _stamp(at),
        "requester": SURGERY,
        "performer": [_organisation(COMMUNITY, "Vale Test Community Health")],
    }


def _name_of(referral: str) -> Json:
    return {"system": "https://throughline.example/referral", "value": referral}


def _staff(identity: str, given: str, family: str, telephone: str) -> Json:
    name, telecom = {"given": [given], "family": family}, {"system": "phone", "value": telephone}
    return {
        "resourceType": "Practitioner",
        "id": identity,
        "name": [name],
        "telecom": [telecom],
    }


def _member(identity: str, role: str) -> Json:
    return {"member": {"reference": f"Practitioner/{identity}"}, "role": [{"text": role}]}


# Types that call the person otherwise, or not at all.
_NAMED = {"AllergyIntolerance": "patient", "Task": "for", "Appointment": None}


def _made(kind: str, identity: str, at: datetime, source: str) -> Json:
    element = _NAMED.get(kind, "subject")
    about = {element: _subject(source)} if element else {}
    return {"resourceType": kind, "id": identity, "meta": {"lastUpdated": _stamp(at)}, **about}


def _subject(source: str) -> Json:
    return {"reference": f"Patient/{_own_id(source)}"}


def _own_id(source: str) -> str:
    return f"ada-{source.lower()}"


def _coded(system: str, code: str, words: str) -> Json:
    return {"coding": [{"system": system, "code": code, "display": words}]}


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
