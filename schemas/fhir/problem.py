"""What is wrong with a resource, said without repeating what the resource holds."""

from typing import NamedTuple


class Problem(NamedTuple):
    """One thing wrong with a resource.

    `path` is FHIRPath-like ("Bundle.entry[3].resource.status"), `code` a FHIR IssueType, `text`
    plain English. `text` never holds the offending value: values may be a person's data.
    """

    path: str
    code: str
    text: str
