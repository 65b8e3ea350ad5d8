"""Who is led where, and where they are."""

import pytest

from services.access.viewer import Role, Viewer
from services.pages import places


def viewer(role: Role, user: str = "5bb57a61-0000-4000-8000-000000000000") -> Viewer:
    return Viewer(user=user, name="U One", role=role, org="RX1")


def test_a_person_is_led_to_their_own_record_and_words_and_nowhere_else() -> None:
    me = viewer(Role.PERSON)
    own = f"/people/{me.user}"
    at_words = places.shown_to(me, f"{own}/about-me")
    assert [(one.path, one.current) for one in at_words] == [
        (own, False),
        (f"{own}/about-me", True),
    ]
    assert [one.current for one in places.shown_to(me, own)] == [True, False]
    assert places.who(me) == "U One"
    assert places.who(viewer(Role.CLINICIAN)) == "U One (clinician, RX1)"


def test_whoever_a_provider_calls_strangely_is_led_nowhere_else() -> None:
    shown = places.shown_to(viewer(Role.PERSON, "../a b?c"))
    assert shown[0].path == "/people/..%2Fa%20b%3Fc"


@pytest.mark.parametrize("role", Role)
def test_who_is_who_is_for_those_who_may_decide_it(role: Role) -> None:
    led = "/identities/reviews" in {one.path for one in places.shown_to(viewer(role))}
    assert led == (role in {Role.CLINICIAN, Role.CARE_COORDINATOR, Role.ADMINISTRATOR})
