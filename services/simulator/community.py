"""Care outside a bed: contacts, and referrals from sent to closed."""

from collections.abc import Generator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

import simpy

from schemas.times import london_date
from services.simulator import asking, resources, visits
from services.simulator.organisations import Organisation
from services.simulator.people import Person
from services.simulator.rhythm import HOME_VISITS, SURGERY_HOURS, Rhythm, long_tailed, moment_on
from services.simulator.services import (
    DISTRICT_NURSES,
    FALLS_PREVENTION,
    HOME_CARERS,
    MENTAL_HEALTH_NURSES,
    NEIGHBOURS,
    Offer,
)
from services.simulator.truth import TrueReferral
from services.simulator.world import World

Steps = Generator[simpy.Event, None, None]

_DAY_S = 86_400
_SILENT_SHARE, _REJECTED_SHARE = 0.08, 0.06
_MOST_CONTACTS = 3


@dataclass(frozen=True, slots=True)
class Service:
    """What a referral asks for, of whom, and how such a contact is held."""

    offer: Offer
    words: str
    class_code: str
    rhythm: Rhythm
    minutes: int

    @property
    def organisation(self) -> Organisation:
        return self.offer.provider


DISTRICT_NURSING = Service(DISTRICT_NURSES, "District nursing visit", "HH", HOME_VISITS, 35)
HOME_CARE = Service(HOME_CARERS, "Care and support at home", "HH", HOME_VISITS, 45)
COMPANY = Service(NEIGHBOURS, "Home from hospital support", "HH", SURGERY_HOURS, 60)
MENTAL_HEALTH_TEAM = Service(
    MENTAL_HEALTH_NURSES, "Community mental health contact", "AMB", SURGERY_HOURS, 50
)
FALLS_CLASS = Service(FALLS_PREVENTION, "Strength and balance class", "AMB", SURGERY_HOURS, 60)


def meet(world: World, person: Person, service: Service, referral: str | None = None) -> None:
    """A contact that begins now, unless the person is in a bed elsewhere."""
    if person.nhs_number in world.in_a_bed:
        return
    source = service.organisation
    visit = world.visit(source, person, service.class_code, service.words)
    if referral:
        visit = replace(visit, referral=(source, referral))
        world.referrals[referral] = seen(world.referrals[referral], world.now)
    visit = replace(visit, offer=service.offer)
    world.note(visits.contact(visit, world.now, service.minutes))
    asking.after_contact(world, person, source, visit.visit)


def seen(referral: TrueReferral, at: datetime) -> TrueReferral:
    """The person was seen because of it: that counts for the first time only."""
    return replace(referral, first_contact_at=referral.first_contact_at or at)


def refer(
    world: World, person: Person, requester: Organisation, service: Service, rng: Random
) -> Steps:
    """A referral: sent, received, accepted or not, seen, closed; or never answered."""
    referral = _Referral(world, person, requester, service)
    referral.request("active")
    if rng.random() < _SILENT_SHARE:
        return
    yield world.clock.timeout(int(3600 * long_tailed(rng, 3, 0.8, 48)) + 61)
    referral.progress("received")
    yield world.clock.timeout(int(3600 * long_tailed(rng, 8, 0.9, 96)) + 61)
    if rng.random() < _REJECTED_SHARE:
        referral.progress("rejected")
        referral.request("revoked")
        return
    referral.progress("accepted")
    yield from _see(world, referral, rng)
    referral.progress("completed")
    referral.request("completed")


def _see(world: World, referral: "_Referral", rng: Random) -> Steps:
    """The first contact within days, and up to two more, each when the person is at home."""
    for number in range(rng.randint(1, _MOST_CONTACTS)):
        day = london_date(world.now + timedelta(days=rng.randint(1, 3)))
        yield world.reach(moment_on(day, referral.service.rhythm, rng))
        while referral.person.nhs_number in world.in_a_bed:
            yield world.clock.timeout(_DAY_S)
        if number == 0:
            referral.progress("in-progress")
        meet(world, referral.person, referral.service, referral.referral_id)


class _Referral:
    """One referral's ids, and what its two sides publish about it."""

    def __init__(
        self, world: World, person: Person, requester: Organisation, service: Service
    ) -> None:
        self.world, self.person, self.service = world, person, service
        self.parties = (requester, service.organisation)
        self.referral_id = world.number(requester, "S")
        self.task_id = ""
        self.sent_at = self.received_at = world.now
        sent = TrueReferral(
            requester.source,
            self.referral_id,
            person.nhs_number,
            "sent",
            world.now,
            receiver=service.organisation.source,
        )
        world.referrals[self.referral_id] = sent

    def request(self, status: str) -> None:
        """The requester's ServiceRequest says `status`."""
        requester = self.parties[0]
        subject = self.world.subject(requester, self.person)
        words, sent_at = self.service.words, self.sent_at
        request = resources.service_request(
            self.referral_id, subject, self.parties, words, sent_at, status
        )
        self.world.publish(requester, request)

    def progress(self, status: str) -> None:
        """The performer's Task says `status`."""
        performer = self.parties[1]
        subject = self.world.subject(performer, self.person)
        if not self.task_id:
            self.task_id = self.world.number(performer, "T")
            self.received_at = self.world.now
        times = (self.received_at, self.world.now)
        task = resources.task(self.task_id, subject, self.referral_id, self.parties, times, status)
        self.world.publish(performer, task)
        told = self.world.referrals[self.referral_id]
        self.world.referrals[self.referral_id] = _moved(told, status, self.world.now)


def _moved(referral: TrueReferral, status: str, at: datetime) -> TrueReferral:
    """How far it is once the performer says `status`."""
    match status:
        case "received":
            return replace(referral, status=status, received_at=at)
        case "accepted":
            return replace(referral, status=status, accepted_at=at)
        case "in-progress":
            return replace(referral, status="being-seen")
    return replace(referral, status=status, closed_at=at)
