"""What services ask people at a contact: what they need to know, and how care holds together."""

from random import Random

from services.simulator import questions
from services.simulator.ledger import Asking, Reply
from services.simulator.organisations import Organisation
from services.simulator.people import Person
from services.simulator.world import World

_ASSESSED_SHARE, _SURVEYED_SHARE = 0.08, 0.03
_MOST_QUESTIONS = 3
_WELL_SHARE = 0.4


def after_contact(world: World, person: Person, source: Organisation, visit: str) -> None:
    """What is asked at a contact: mostly nothing."""
    rng = Random(f"{visit}/asked")
    if rng.random() < _ASSESSED_SHARE:
        _assess(world, person, source, rng)
    if rng.random() < _SURVEYED_SHARE:
        _survey(world, person, source, rng)


def asked(world: World, person: Person, source: Organisation, questions: tuple[str, ...]) -> None:
    """Note that a service asks these questions now."""
    world.ledger.askings += [
        Asking(person.nhs_number, source.source, question, world.now) for question in questions
    ]


def _assess(world: World, person: Person, source: Organisation, rng: Random) -> None:
    wanted = rng.sample(list(questions.QUESTIONS), rng.randint(1, _MOST_QUESTIONS))
    answers = {question: rng.choice(questions.QUESTIONS[question]) for question in wanted}
    asked(world, person, source, tuple(answers))
    number, subject = world.number(source, "Q"), world.subject(source, person)
    world.publish(source, questions.assessment(number, subject, source, answers, world.now))


def _survey(world: World, person: Person, source: Organisation, rng: Random) -> None:
    well = rng.random() < _WELL_SHARE
    answers = tuple(0 if well else rng.randint(0, 3) for _ in questions.INTEGRATE_ITEMS)
    reply = Reply(person.nhs_number, source.source, "integrate", answers, world.now)
    world.ledger.replies.append(reply)
    asked(world, person, source, questions.INTEGRATE_ITEMS)
    number, subject = world.number(source, "Q"), world.subject(source, person)
    world.publish(source, questions.integrate(number, subject, source, answers, world.now))
