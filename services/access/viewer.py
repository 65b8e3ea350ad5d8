"""Who is asking: what a bearer token says of them, and nothing more."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Role(StrEnum):
    """What somebody does here; the value of a token's `role`."""

    PUBLISHER = "publisher"
    CLINICIAN = "clinician"
    CARE_COORDINATOR = "care-coordinator"
    OPERATIONS = "operations"
    PRIVACY_OFFICER = "privacy-officer"
    ADMINISTRATOR = "administrator"
    PERSON = "person"


class Viewer(BaseModel):
    """Somebody, or a system, whose token was checked. `org` is an ODS code."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    user: str = Field(min_length=1, description="`sub` of the token")
    name: str
    role: Role
    org: str = Field(min_length=1)
    teams: tuple[str, ...] = ()
