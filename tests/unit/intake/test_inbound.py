"""What comes beside a message: any headers at all can be stored."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.identity import LONGEST_NAME
from schemas.inbound import content_id, inbound
from schemas.topics import ContentType, Header
from tests.builders import RECEIVED, received

names = st.sampled_from([str(name) for name in Header]) | st.text(max_size=8)
headers = st.lists(st.tuples(names, st.none() | st.binary()))


@given(body=st.none() | st.binary(), beside=headers)
def test_any_headers_give_texts_that_can_be_stored_and_indexed(body: Any, beside: Any) -> None:
    message = inbound(body, beside, RECEIVED)
    for text in (message.source, message.sector, message.content_type, message.message_id):
        assert "\0" not in text
        assert len(text) <= LONGEST_NAME
        assert text.encode().decode() == text
    assert message.message_id
    assert message.body == (body or b"")


def test_a_message_reads_back_from_its_own_headers() -> None:
    message = received({"resourceType": "Patient"}, sector="community")
    assert inbound(message.body, message.headers(), RECEIVED) == message


def test_what_is_not_said_has_a_default() -> None:
    message = inbound(b"{}", [], RECEIVED)
    assert (message.source, message.sector, message.content_type) == (
        "",
        "unknown",
        ContentType.FHIR,
    )
    assert message.message_id == content_id(b"{}")


def test_a_source_of_nothing_but_blanks_or_a_null_header_is_no_source() -> None:
    assert inbound(b"{}", [(Header.SOURCE, b"  ")], RECEIVED).source == ""
    assert inbound(b"{}", [(Header.SOURCE, None)], RECEIVED).source == ""


def test_two_long_sources_stay_two_sources() -> None:
    found = {
        inbound(b"", [(Header.SOURCE, b"x" * 300 + end)], RECEIVED).source for end in (b"a", b"b")
    }
    assert len(found) == 2
