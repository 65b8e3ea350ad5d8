"""Statements with defaults, for the tests of who is one person."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from schemas.events import LinkKind
from schemas.identity import nhs_born_key, nhs_key
from streams.identity.people import People, people
from streams.identity.statements import Statement, said_by
from tests.builders import NHS_NUMBER, OTHER_NHS_NUMBER

FIRST = datetime(2026, 3, 1, tzinfo=UTC)
LOCALS = [f"RX1/Patient/p{number}" for number in range(5)]
NUMBERS = [nhs_key(NHS_NUMBER), nhs_key(OTHER_NHS_NUMBER)]
BORN = nhs_born_key(NHS_NUMBER, "1948-02-29")
BORN_ELSEWHEN = nhs_born_key(NHS_NUMBER, "1984-02-29")
OTHER_BORN = nhs_born_key(OTHER_NHS_NUMBER, "1950-01-01")
PROVEN = [BORN, BORN_ELSEWHEN, OTHER_BORN]
KEYS = [*LOCALS, *NUMBERS, *PROVEN]
OWN = {key: UUID(int=number) for number, key in enumerate(KEYS, 1)}


def statement(one: str, other: str, kind: LinkKind = LinkKind.LINKED, **more: Any) -> Statement:
    """A statement of its own fact, said at the first moment."""
    values: dict[str, Any] = {
        "event_id": UUID(int=hash((one, other, kind, *sorted(more.items()))) % 2**127),
        "number": 0,
        "source": "RX1",
        "thread": None,
        "version": "1",
        "said_at": FIRST,
    }
    return Statement(one=one, other=other, kind=kind, **values | more)


def proof(local: str, born: str = BORN, version: int = 1) -> Statement:
    """What a Patient, or a message about them, says whose number is verified."""
    thread = f"proof|{local}"
    return statement(local, born, LinkKind.SAME, thread=thread, version=f"{version}")


def merged(one: str, other: str, hour: int = 0) -> Statement:
    return statement(one, other, LinkKind.MERGED, said_at=FIRST + timedelta(hours=hour))


def linked(one: str, other: str, hour: int = 0, **more: Any) -> Statement:
    return statement(one, other, LinkKind.LINKED, said_at=FIRST + timedelta(hours=hour), **more)


def parted(one: str, other: str, hour: int = 0, **more: Any) -> Statement:
    return statement(one, other, LinkKind.PARTED, said_at=FIRST + timedelta(hours=hour), **more)


def found(*said: Statement) -> People:
    return people(OWN, said_by(said))


def together(answer: People, *keys: str) -> bool:
    return len({answer.person[key] for key in keys}) == 1


def statements() -> st.SearchStrategy[Statement]:
    """Anything that may be said of a few identities, by a few facts and by staff."""
    return st.one_of(_proofs(), _outright(), _aliases(), _others())


def _proofs() -> st.SearchStrategy[Statement]:
    return st.builds(
        proof, st.sampled_from([*LOCALS, *NUMBERS]), st.sampled_from(PROVEN), st.integers(1, 3)
    ).filter(lambda each: each.one not in NUMBERS or each.other.startswith(each.one))


def _outright() -> st.SearchStrategy[Statement]:
    kinds = st.sampled_from([LinkKind.MERGED, LinkKind.MERGED, LinkKind.LINKED, LinkKind.PARTED])
    said = st.builds(
        lambda one, other, kind, hour, who: statement(
            one, other, kind, said_at=FIRST + timedelta(hours=hour), who=who
        ),
        st.sampled_from([*LOCALS, *NUMBERS]),
        st.sampled_from([*LOCALS, *NUMBERS]),
        kinds,
        st.integers(0, 4),
        st.sampled_from([None, None, None, "u1"]),
    )
    return said.filter(lambda each: each.one != each.other).map(_as_staff)


def _as_staff(each: Statement) -> Statement:
    """Staff join two that they keep: they give nobody up."""
    merges = each.who is not None and each.kind is LinkKind.MERGED
    return each._replace(kind=LinkKind.LINKED) if merges else each


def _aliases() -> st.SearchStrategy[Statement]:
    return st.builds(
        lambda one, other: statement(one, other, LinkKind.SAME),
        st.sampled_from(LOCALS),
        st.sampled_from(LOCALS),
    )


def _others() -> st.SearchStrategy[Statement]:
    possible = st.builds(
        lambda one, other, version: statement(
            one, other, LinkKind.POSSIBLE, thread=f"quoted|{one}", version=f"{version}"
        ),
        st.sampled_from(LOCALS),
        st.sampled_from([*LOCALS, *NUMBERS]),
        st.integers(1, 3),
    )
    deleted = st.sampled_from(LOCALS).map(lambda key: statement(key, key, LinkKind.DELETED))
    return st.one_of(possible, deleted)
