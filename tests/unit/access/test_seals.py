"""Whatever is done to the audit behind its seals is found, and told by number."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.access.seals import (
    COLUMNS,
    FORM,
    START,
    Anchor,
    Check,
    Fault,
    Keys,
    Leaf,
    Line,
    Of,
    Place,
    Seal,
    Wrong,
    digest_of,
    packed,
    sealed,
    unpacked,
    until_of,
)

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY, OTHER = b"a key of the audit", b"another key"


def line(number: int, viewer: str = "u1", xid: int | None = None, **said: object) -> Line:
    transaction = number // 3 if xid is None else xid
    told: dict[str, object] = dict.fromkeys(COLUMNS[FORM])
    told |= {"id": number, "xid": transaction, "viewer": viewer, "person_id": UUID(int=number)}
    told |= {"known_at": AT + timedelta(microseconds=number), "allowed": True, **said}
    return Line(Place(transaction, number), tuple(told[name] for name in COLUMNS[FORM]))  # type: ignore[arg-type]


def chain(lines: Sequence[Line], sizes: Iterable[int], keys: Keys = (KEY,)) -> list[Seal]:
    """The lines sealed in blocks of these sizes, the rest in a last one."""
    made: list[Seal] = []
    left = list(lines)
    for size in (*sizes, len(lines)):
        if left[:size]:
            made.append(sealed(made[-1] if made else None, left[:size], AT, keys))
            left = left[size:]
    return made


def faults(
    seals: Sequence[Seal],
    lines: Sequence[Line],
    keys: Keys = (KEY,),
    anchors: Sequence[Anchor] = (),
) -> list[Fault]:
    check = Check(keys, anchors)
    found: list[Fault] = []
    for seal in seals:
        after = until_of(check.before)
        found += check.take(seal, [one for one in lines if after < one.place <= seal.until])
    return found + check.end()


def looks(found: Iterable[Fault]) -> set[tuple[int, Wrong]]:
    return {(fault.number, fault.wrong) for fault in found if fault.of is Of.LOOK}


LINES = [line(number) for number in range(1, 9)]
SEALS = chain(LINES, [3, 2])


def without(*numbers: int) -> list[Line]:
    return [one for one in LINES if one.place.id not in numbers]


def with_changed(number: int, **said: object) -> list[Line]:
    return sorted([*without(number), line(number, **said)], key=lambda one: one.place)  # type: ignore[arg-type]


def test_what_nobody_touched_is_as_sealed() -> None:
    assert faults(SEALS, LINES) == []
    assert faults(SEALS, [*LINES, line(9)]) == []
    assert faults([], LINES) == []


@pytest.mark.parametrize("column", [name for name in COLUMNS[FORM] if name not in {"id", "xid"}])
def test_a_change_of_anything_that_a_line_says_is_found(column: str) -> None:
    was = {"allowed": False, "known_at": AT, "person_id": UUID(int=99)}.get(column, "another")
    assert looks(faults(SEALS, with_changed(4, **{column: was}))) == {(4, Wrong.CHANGED)}


def test_a_line_that_was_taken_away_is_found() -> None:
    assert looks(faults(SEALS, without(1, 8))) == {(1, Wrong.GONE), (8, Wrong.GONE)}


def test_a_line_that_was_added_behind_a_seal_is_found() -> None:
    late = Line(Place(1, 70), line(70).said)
    assert looks(faults(SEALS, [*LINES, late])) == {(70, Wrong.ADDED)}


def test_two_lines_that_changed_places_are_found() -> None:
    swapped = [*without(2, 6), Line(LINES[1].place, LINES[5].said)]
    swapped.append(Line(LINES[5].place, LINES[1].said))
    assert looks(faults(SEALS, swapped)) == {(2, Wrong.CHANGED), (6, Wrong.CHANGED)}


def test_a_line_that_was_moved_to_another_transaction_is_found() -> None:
    moved = line(2, xid=LINES[7].place.xid)
    assert looks(faults(SEALS, [*without(2), moved])) == {(2, Wrong.GONE), (2, Wrong.ADDED)}


def test_a_seal_that_is_not_there_or_is_in_another_place_is_found() -> None:
    assert Fault(Of.SEAL, 3, Wrong.UNCHAINED) in faults([SEALS[0], SEALS[2]], LINES)
    assert Fault(Of.SEAL, 2, Wrong.UNCHAINED) in faults(SEALS[1:], LINES)
    assert faults([SEALS[1], SEALS[0], SEALS[2]], LINES)


def test_digests_that_changed_places_are_found() -> None:
    (one, other, *rest) = SEALS[0].leaves
    swapped = (Leaf(one.id, other.digest), Leaf(other.id, one.digest), *rest)
    found = faults([SEALS[0]._replace(leaves=swapped), *SEALS[1:]], LINES)
    assert looks(found) == {(one.id, Wrong.CHANGED), (other.id, Wrong.CHANGED)}
    assert Fault(Of.SEAL, 1, Wrong.CHANGED) in found


def test_who_seals_what_they_changed_anew_cannot_sign_it() -> None:
    changed = with_changed(4, viewer="nobody")
    assert faults(chain(changed, [3, 2], ()), changed) == [Fault(Of.SEAL, 3, Wrong.UNSIGNED)]
    forged = faults(chain(changed, [3, 2], (OTHER,)), changed)
    assert forged == [Fault(Of.SEAL, number, Wrong.FORGED) for number in (1, 2, 3)]
    begun = [*SEALS[:1], *chain(changed, [3, 2], ())[1:]]
    assert {fault.wrong for fault in faults(begun, changed)} == {Wrong.UNSIGNED}


def test_without_a_key_a_chain_that_was_made_anew_is_believed() -> None:
    """What a key is for: the test says what the chain alone does not tell."""
    changed = with_changed(4, viewer="nobody")
    assert faults(chain(changed, [3, 2], ()), changed, keys=()) == []


def test_a_tail_that_was_cut_off_is_told_by_what_was_kept_outside() -> None:
    kept = Anchor(3, SEALS[2].digest)
    assert faults(SEALS[:2], LINES[:5]) == []
    assert faults(SEALS[:2], LINES[:5], anchors=[kept]) == [Fault(Of.SEAL, 3, Wrong.GONE)]
    anew = chain(with_changed(8, viewer="nobody"), [3, 2])
    told = faults(anew, with_changed(8, viewer="nobody"), anchors=[kept])
    assert told == [Fault(Of.SEAL, 3, Wrong.CHANGED)]
    assert faults(SEALS, LINES, anchors=[kept]) == []


def test_seals_from_before_the_key_are_believed_for_the_signed_one_behind_them() -> None:
    early = chain(LINES[:5], [3], ())
    assert faults(early, LINES) == [Fault(Of.SEAL, 2, Wrong.UNSIGNED)]
    signed = [*early, sealed(early[-1], [], AT, (KEY,))]
    assert faults(signed, LINES) == []
    assert signed[-1].until == early[-1].until


def test_a_new_key_signs_and_the_old_one_is_believed() -> None:
    both = [*SEALS, sealed(SEALS[-1], [line(9)], AT, (OTHER, KEY))]
    assert faults(both, [*LINES, line(9)], keys=(OTHER, KEY)) == []
    assert {fault.wrong for fault in faults(both, [*LINES, line(9)])} == {Wrong.FORGED}


def test_leaves_are_stored_as_they_are() -> None:
    leaves = SEALS[0].leaves
    assert unpacked(packed(leaves)) == leaves
    assert unpacked(packed(leaves)[:-1]) == leaves[:-1]


def test_the_chain_begins_before_everything() -> None:
    assert Place(0, 1) > START
    assert until_of(None) == START


texts = st.text(max_size=3)
histories = st.lists(texts, min_size=1, max_size=12)


@st.composite
def tampered(draw: st.DrawFn) -> tuple[list[Line], list[Seal], list[Line], list[Seal]]:
    """An audit with its seals, and what somebody made of them who has no key."""
    said = draw(histories)
    lines = [line(at + 1, viewer) for at, viewer in enumerate(said)]
    seals = chain(lines, draw(st.lists(st.integers(1, 4), max_size=4)))
    after, chained = list(lines), list(seals)
    for _ in range(draw(st.integers(1, 3))):
        match draw(st.sampled_from(["change", "remove", "add", "swap", "seal", "leaf", "anew"])):
            case "change" if after:
                at = draw(st.integers(0, len(after) - 1))
                place = after[at].place
                after[at] = Line(place, line(place.id, draw(texts), place.xid).said)
            case "remove" if after:
                after.pop(draw(st.integers(0, len(after) - 1)))
            case "add":
                number = draw(st.integers(50, 60).filter(lambda n: n not in ids(after)))
                after.append(line(number, xid=draw(st.integers(0, 4))))
            case "swap" if len(after) > 1:
                one, other = after[0], after[-1]
                after[0] = Line(one.place, other.said)
                after[-1] = Line(other.place, one.said)
            case "seal" if chained:
                chained.pop(draw(st.integers(0, len(chained) - 1)))
            case "leaf" if chained:
                at = draw(st.integers(0, len(chained) - 1))
                some = chained[at]._replace(leaves=chained[at].leaves[1:])
                chained[at] = some._replace(digest=digest_of(some))
            case "anew":
                chained = chain(sorted(after, key=lambda o: o.place), [2], (OTHER,))
    return lines, seals, after, chained


def ids(lines: Iterable[Line]) -> set[int]:
    return {one.place.id for one in lines}


def sealed_part(lines: Iterable[Line], seals: Sequence[Seal]) -> set[Line]:
    until = until_of(seals[-1] if seals else None)
    return {one for one in lines if one.place <= until}


@given(tampered())
def test_whatever_is_done_without_the_key_is_found(
    case: tuple[list[Line], list[Seal], list[Line], list[Seal]],
) -> None:
    lines, seals, after, chained = case
    untouched = chained == seals and sealed_part(after, seals) == sealed_part(lines, seals)
    found = faults(chained, after, anchors=[Anchor(one.number, one.digest) for one in seals])
    assert (found == []) == untouched


@given(histories, st.lists(st.integers(1, 4), max_size=4), st.data())
def test_the_lines_that_differ_are_the_ones_named(
    said: list[str], sizes: list[int], data: st.DataObject
) -> None:
    lines = [line(at + 1, viewer) for at, viewer in enumerate(said)]
    gone = data.draw(st.sets(st.sampled_from(sorted(ids(lines)))))
    changed = data.draw(st.sets(st.sampled_from(sorted(ids(lines))))) - gone
    after = [
        line(one.place.id, "somebody else") if one.place.id in changed else one
        for one in lines
        if one.place.id not in gone
    ]
    named = looks(faults(chain(lines, sizes), after))
    assert named == {(n, Wrong.GONE) for n in gone} | {(n, Wrong.CHANGED) for n in changed}
