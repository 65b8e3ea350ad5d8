"""Bundle rules, the order of times, and the questions asked of raw bytes."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.fhir import bundle_problems, holds_nul, time_problems, too_deep
from tests.unit.fhir.seeds import ENCOUNTER, MESSAGE, MESSAGE_HEADER, PATIENT

Json = dict[str, Any]

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
COMPOSITION: Json = {"resourceType": "Composition", "status": "final"}
DOCUMENT: Json = {
    "resourceType": "Bundle",
    "type": "document",
    "identifier": {"system": "https://example.nhs.uk/documents", "value": "1"},
    "timestamp": "2026-01-31T10:00:00Z",
    "entry": [{"fullUrl": "urn:uuid:1", "resource": COMPOSITION}],
}
REQUEST: Json = {"method": "PUT", "url": "Patient/person-1"}


def bundle(kind: str, *entries: Json, **elements: Any) -> Json:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries), **elements}


def versioned(url: str, version: str) -> Json:
    return {"fullUrl": url, "resource": {**PATIENT, "meta": {"versionId": version}}}


@pytest.mark.parametrize(
    "kept",
    [
        MESSAGE,
        DOCUMENT,
        bundle("collection"),
        bundle("collection", versioned("urn:x:1", "1"), versioned("urn:x:1", "2")),
        bundle("transaction", {"resource": PATIENT, "request": REQUEST}),
        bundle("batch-response", {"response": {"status": "200"}}),
        bundle("searchset", {"resource": PATIENT, "search": {"mode": "match"}}, total=1),
        bundle("history", *[{"request": REQUEST, "response": {}, "fullUrl": "urn:x:1"}] * 2),
    ],
)
def test_a_bundle_that_keeps_the_rules_has_no_problem(kept: Json) -> None:
    assert bundle_problems(kept) == []


@pytest.mark.parametrize(
    ("broken", "path", "rule"),
    [
        (bundle("collection", total=1), "Bundle.total", "bdl-1"),
        (
            bundle("collection", {"resource": PATIENT, "search": {}}),
            "Bundle.entry[0].search",
            "bdl-2",
        ),
        (bundle("transaction", {"resource": PATIENT}), "Bundle.entry[0].request", "bdl-3"),
        (
            bundle("message", {"resource": MESSAGE_HEADER, "request": REQUEST}),
            "Bundle.entry[0].request",
            "bdl-3",
        ),
        (bundle("batch-response", {"resource": PATIENT}), "Bundle.entry[0].response", "bdl-4"),
        (bundle("collection", {"fullUrl": "urn:x:1"}), "Bundle.entry[0]", "bdl-5"),
        (
            bundle("collection", versioned("urn:x:1", "1"), versioned("urn:x:1", "1")),
            "Bundle.entry[1].fullUrl",
            "bdl-7",
        ),
        (
            bundle("collection", versioned("https://example.nhs.uk/Patient/1/_history/2", "2")),
            "Bundle.entry[0].fullUrl",
            "bdl-8",
        ),
        ({**DOCUMENT, "identifier": {"value": "1"}}, "Bundle.identifier", "bdl-9"),
        ({k: v for k, v in DOCUMENT.items() if k != "timestamp"}, "Bundle.timestamp", "bdl-10"),
        ({**DOCUMENT, "entry": [{"resource": PATIENT}]}, "Bundle.entry[0].resource", "bdl-11"),
        (
            bundle("message", {"resource": ENCOUNTER}, {"resource": MESSAGE_HEADER}),
            "Bundle.entry[0].resource",
            "bdl-12",
        ),
        ({"resourceType": "Bundle", "type": "message"}, "Bundle.entry", "bdl-12"),
        (
            bundle("collection", {"resource": bundle("message")}),
            "Bundle.entry[0].resource.entry",
            "bdl-12",
        ),
    ],
)
def test_a_broken_bundle_rule_is_named_with_its_path(broken: Json, path: str, rule: str) -> None:
    found = bundle_problems(broken)
    assert [problem.path for problem in found] == [path]
    assert rule in found[0].text


@given(
    kind=JSON_VALUES,
    entry=JSON_VALUES,
    resource=JSON_VALUES,
    url=JSON_VALUES,
)
def test_malformed_bundles_do_not_raise(kind: Any, entry: Any, resource: Any, url: Any) -> None:
    inner = {"type": kind, "entry": [entry, {"resource": resource, "fullUrl": url}]}
    for broken in (inner, {"type": "document", "identifier": kind, "entry": entry}):
        assert isinstance(bundle_problems(broken), list)
        assert isinstance(time_problems(broken), list)


@pytest.mark.parametrize(
    ("start", "end", "wrong"),
    [
        ("2026-01-31", "2026-01-30", True),
        ("2026-01-31", "2026-01-31", False),
        ("2026-01-31", "2026-01", False),
        ("2026-01-31", "2025", True),
        ("2026", "2025-12-31", True),
        ("2026", "2026-01-01", False),
        ("2026-01-31T10:00:00Z", "2026-01-31", False),
        ("2026-01-31T10:00:00Z", "2026-01-30", True),
        ("2026-01-31T10:00:00Z", "2026-01-31T09:59:59.999Z", True),
        ("2026-01-31T10:00:00+01:00", "2026-01-31T09:30:00Z", False),
        ("2026-01-31T10:00:00-01:00", "2026-01-31T10:30:00Z", True),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z", False),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:58Z", True),
        ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00-14:00", False),
        ("9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59+14:00", True),
        ("2026-01-31T10:00:00", "2026-01-30T10:00:00", False),
        ("not a time", "2026", False),
        (5, "2026", False),
    ],
)
def test_an_end_before_its_start_is_a_problem(start: Any, end: Any, wrong: bool) -> None:
    found = time_problems({**ENCOUNTER, "period": {"start": start, "end": end}})
    assert [problem.path for problem in found] == (["Encounter.period.end"] if wrong else [])


def test_times_are_compared_at_any_depth_in_document_order() -> None:
    backwards = {"start": "2026-02", "end": "2026-01"}
    visit = {**ENCOUNTER, "location": [{"period": {}}, {"period": backwards}], "period": backwards}
    found = time_problems(bundle("collection", {"resource": visit}))
    assert {problem.path for problem in found} == {
        "Bundle.entry[0].resource.location[1].period.end",
        "Bundle.entry[0].resource.period.end",
    }
    assert "2026" not in repr(found)


def test_times_very_deep_do_not_recurse() -> None:
    deep: Json = {"start": "2026", "end": "2025"}
    for _ in range(5_000):
        deep = {"extension": [deep]}
    assert len(time_problems(deep)) == 1


def depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


@given(value=JSON_VALUES, limit=st.integers(0, 6))
def test_depth_is_the_nesting_of_arrays_and_objects(value: Any, limit: int) -> None:
    assert too_deep(json.dumps(value).encode(), limit) == (depth(value) > limit)
    assert too_deep(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"), limit) == (
        depth(value) > limit
    )


@pytest.mark.parametrize(
    ("raw", "deep"),
    [
        (b"[" * 100 + b"]" * 100, False),
        (b"[" * 101 + b"]" * 101, True),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, True),
        (b"[" * 1_000_000, True),
        (b"[" + b"[],{}," * 10_000 + b"1]", False),
        (b'["' + b"[" * 1_000 + b'"]', False),
        (b'["\\"' + b"[" * 1_000 + b'"]', False),
        (b'["\\\\",' + b"[" * 1_000, True),
        (b'"' + b"\\" * 100_000 + b"[" * 1_000, False),
        (b"]" * 1_000 + b"[" * 100, False),
        (b"\xff\xfe" + b"[" * 101, True),
        (b"", False),
    ],
)
def test_too_deep_counts_brackets_outside_strings(raw: bytes, deep: bool) -> None:
    assert too_deep(raw) is deep


@given(raw=st.binary(), limit=st.integers(0, 3))
def test_no_bytes_make_the_raw_questions_raise(raw: bytes, limit: int) -> None:
    assert too_deep(raw, limit) in (True, False)
    assert holds_nul(raw) in (True, False)


@given(text=st.text(alphabet=st.sampled_from('\\u0\x00"a')))
def test_an_escaped_nul_is_found_wherever_it_is(text: str) -> None:
    assert holds_nul(json.dumps([text]).encode()) == ("\x00" in text)
