"""What providers say of somebody, whatever they call it, as a viewer of ours."""

from typing import Any

import pytest

from schemas.settings import Settings
from services.access.claims import BadToken, Names, names_of, viewer_of
from services.access.viewer import Role

SAID = {"sub": "u1", "name": "U One"}
REALM_ROLES = Names(role="resource_access.throughline.roles")
GROUPS = Names(role="roles", org="ext.org", roles={"5f0c": Role.CLINICIAN, "77aa": Role.OPERATIONS})
POSTS = Names(
    role="posts.role_code", org="posts.org_code", teams="posts.units", roles={"R1": Role.CLINICIAN}
)
NAMESPACED = Names(role="https://care.example.org/role", org="https://care.example.org/org")


@pytest.mark.parametrize(
    ("claims", "names", "role", "org", "teams"),
    [
        ({"role": "clinician", "org": "RX1"}, Names(), Role.CLINICIAN, "RX1", ()),
        ({"role": ["operations"], "org": ["RX1"]}, Names(), Role.OPERATIONS, "RX1", ()),
        ({"role": "clinician", "org": "RX1", "teams": "stroke"}, Names(), None, "RX1", ("stroke",)),
        (
            {"resource_access": {"throughline": {"roles": ["clinician", "offline"]}}, "org": "RX1"},
            REALM_ROLES,
            Role.CLINICIAN,
            "RX1",
            (),
        ),
        ({"roles": ["5f0c", "0000"], "ext": {"org": "RX1"}}, GROUPS, Role.CLINICIAN, "RX1", ()),
        (
            {
                "posts": [
                    {"role_code": "R1", "org_code": "RX1", "units": ["a", "b"]},
                    {"role_code": "R9", "org_code": "RX1"},
                ]
            },
            POSTS,
            Role.CLINICIAN,
            "RX1",
            ("a", "b"),
        ),
        (
            {"https://care.example.org/role": "clinician", "https://care.example.org/org": "RX1"},
            NAMESPACED,
            Role.CLINICIAN,
            "RX1",
            (),
        ),
    ],
)
def test_a_viewer_is_read_from_what_a_provider_says(
    claims: dict[str, Any], names: Names, role: Role | None, org: str, teams: tuple[str, ...]
) -> None:
    viewer = viewer_of(SAID | claims, names)
    assert (viewer.role, viewer.org, viewer.teams) == (role or Role.CLINICIAN, org, teams)
    assert viewer.user == "u1"


@pytest.mark.parametrize(
    ("claims", "names"),
    [
        ({}, Names()),
        ({"role": "clinician"}, Names()),
        ({"role": "root", "org": "RX1"}, Names()),
        ({"role": "clinician", "org": ""}, Names()),
        ({"role": ["clinician", "administrator"], "org": "RX1"}, Names()),
        ({"role": "clinician", "org": ["RX1", "RX2"]}, Names()),
        ({"role": {"a": 1}, "org": "RX1"}, Names()),
        ({"role": 7, "org": "RX1"}, Names()),
        ({"role": "clinician", "org": "RX1", "teams": {"a": "b"}}, Names()),
        # Where a provider's names are set, one that happens to be ours is nothing.
        ({"roles": ["administrator"], "ext": {"org": "RX1"}}, GROUPS),
        ({"roles": ["5f0c", "77aa"], "ext": {"org": "RX1"}}, GROUPS),
        ({"ext": "RX1", "roles": ["5f0c"]}, GROUPS),
        ({"posts": [{"role_code": "R1", "org_code": o} for o in ("RX1", "RX2")]}, POSTS),
    ],
)
def test_whoever_is_said_to_be_too_little_or_too_much_is_nobody(
    claims: dict[str, Any], names: Names
) -> None:
    with pytest.raises(BadToken):
        viewer_of(SAID | claims, names)


def test_the_names_are_settings_and_a_role_that_is_none_stops_the_start() -> None:
    told = {"kafka": "k:1", "database": "postgresql+asyncpg://d"}
    settings = Settings.model_validate(
        told | {"oidc_roles": "cn=gp=clinician, Ward desk = operations"}
    )
    assert names_of(settings).roles == {"cn=gp": Role.CLINICIAN, "Ward desk": Role.OPERATIONS}
    with pytest.raises(ValueError, match="surgeon"):
        names_of(Settings.model_validate(told | {"oidc_roles": "a=surgeon"}))
