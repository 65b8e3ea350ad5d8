"""The production shape can be read, keeps no secret, and names only what exists."""

import json
import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from schemas.settings import Settings
from services.access.provider import CALLBACK, SIGNED_OUT

ROOT = Path(__file__).parents[3]
COMPOSE_FILE = ROOT / "docker-compose.yml"
COMPOSE_TEXT = COMPOSE_FILE.read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(COMPOSE_TEXT)
OVERLAY_TEXT = (ROOT / "deploy/compose/mllp-tls.yml").read_text(encoding="utf-8")
OVERLAY: dict[str, Any] = yaml.safe_load(OVERLAY_TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
REALM: dict[str, Any] = json.loads((ROOT / "deploy/compose/realm.json").read_text(encoding="utf-8"))
PROMETHEUS = ROOT / "deploy/prometheus"

VARIABLE = re.compile(r"(?<!\$)\$\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<rest>[^}]*))?\}")
SECRET_WORDS = {"PASSWORD", "PGPASSWORD", "SECRET", "KEY", "TOKEN"}
ONE_SHOT = {name for name, service in SERVICES.items() if service["restart"] == "no"}


def interpolated(text: str) -> str:
    """The text as Compose reads it: defaults filled in, required variables given a value."""

    def value(variable: re.Match[str]) -> str:
        given = "https://given.example" if variable["name"].endswith("_URL") else "given"
        return variable["rest"] if variable["kind"] == "-" else given

    return VARIABLE.sub(value, text)


def specification() -> dict[str, Any]:
    """The Compose Specification's JSON Schema, as the package check-jsonschema carries it.

    The package is read, not imported: its command line is no part of this.
    """
    try:
        package = metadata.distribution("check-jsonschema")
    except metadata.PackageNotFoundError:
        pytest.skip("check-jsonschema, which carries the schema, is not installed")
    path = package.locate_file("check_jsonschema/builtin_schemas/vendor/compose-spec.json")
    schema: dict[str, Any] = json.loads(Path(str(path)).read_text(encoding="utf-8"))
    return schema


def environments() -> Iterator[tuple[str, str, str]]:
    """Service, variable and value of every environment entry, as written in the file."""
    for service, definition in SERVICES.items():
        for name, value in definition.get("environment", {}).items():
            yield service, name, value


def bind_mounts() -> Iterator[str]:
    for definition in SERVICES.values():
        for mount in definition.get("volumes", []):
            source, _, _ = mount.partition(":")
            if source.startswith("."):
                yield mount


def is_secret(name: str) -> bool:
    return not SECRET_WORDS.isdisjoint(name.split("_"))


def is_throughline(service: dict[str, Any]) -> bool:
    return str(service["image"]).startswith("throughline:")


@pytest.mark.parametrize(
    "text",
    [COMPOSE_TEXT, interpolated(COMPOSE_TEXT), OVERLAY_TEXT],
    ids=["raw", "filled", "overlay"],
)
def test_the_file_follows_the_compose_specification(text: str) -> None:
    schema = specification()
    validator = jsonschema.Draft202012Validator(schema)
    assert [
        e.json_path + ": " + e.message for e in validator.iter_errors(yaml.safe_load(text))
    ] == []


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_is_pinned_to_an_exact_version(service: str) -> None:
    image = interpolated(SERVICES[service]["image"])
    assert re.fullmatch(r"[a-z/]+:v?\d+(\.\d+){1,2}(-[a-z]+)?", image)


@pytest.mark.parametrize("service", sorted(SERVICES.keys() - ONE_SHOT))
def test_what_keeps_running_says_whether_it_is_well(service: str) -> None:
    assert SERVICES[service]["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}
    assert SERVICES[service]["restart"] == "unless-stopped"


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_no_more_power_than_it_needs(service: str) -> None:
    definition = SERVICES[service]
    assert definition["cap_drop"] == ["ALL"]
    assert definition["security_opt"] == ["no-new-privileges:true"]
    assert int(definition["user"].partition(":")[0]) > 0
    assert {"cpus", "memory", "pids"} <= definition["deploy"]["resources"]["limits"].keys()
    assert definition.get("read_only", False) or service == "keycloak"
    assert "privileged" not in definition


def test_a_secret_is_required_or_in_a_file_and_never_written_down() -> None:
    secrets = [(s, n, v) for s, n, v in environments() if is_secret(n)]
    assert len(secrets) > 5
    for service, name, value in secrets:
        variable = VARIABLE.fullmatch(value)
        if name.endswith("_FILE"):
            assert value.startswith("/run/secrets/"), (service, name)
            assert Path(value).name in SERVICES[service]["secrets"], (service, name)
        else:
            assert variable is not None, (service, name)
            assert variable["kind"] == "?", (service, name)
            assert len(variable["rest"]) > 10, (service, name)


def test_every_file_secret_comes_from_outside() -> None:
    assert COMPOSE["secrets"]
    for secret in COMPOSE["secrets"].values():
        variable = VARIABLE.fullmatch(secret["file"])
        assert variable is not None
        assert variable["kind"] == "?"


def test_no_secret_has_a_default() -> None:
    defaults = {v["name"] for v in VARIABLE.finditer(COMPOSE_TEXT) if v["kind"] == "-"}
    assert not [name for name in defaults if is_secret(name)]


def test_the_example_environment_names_every_variable_and_fills_in_none() -> None:
    example = (ROOT / "deploy/compose/environment.example").read_text(encoding="utf-8")
    given = re.findall(r"^#?([A-Z_]+)=(.*)$", example, flags=re.MULTILINE)
    both = COMPOSE_TEXT + OVERLAY_TEXT
    assert {name for name, _ in given} == {v["name"] for v in VARIABLE.finditer(both)}
    assert [name for name, value in given if value] == []


def test_the_processes_are_told_only_settings_that_exist() -> None:
    known = {f"THROUGHLINE_{name.upper()}" for name in Settings.model_fields}
    told = {n for s, n, _ in environments() if is_throughline(SERVICES[s])} - {"PGPASSWORD"}
    assert told <= known
    assert told >= {"THROUGHLINE_KAFKA", "THROUGHLINE_DATABASE", "THROUGHLINE_OIDC_ISSUER"}
    assert "THROUGHLINE_DEVELOPMENT" not in told


def test_mllp_over_tls_is_added_with_keys_that_come_from_outside() -> None:
    added = OVERLAY["services"]["serve"]
    known = {f"THROUGHLINE_{name.upper()}" for name in Settings.model_fields}
    assert added["environment"].keys() <= known
    assert {Path(file).name for file in added["environment"].values()} == {*added["secrets"]}
    assert OVERLAY["secrets"].keys() == {*added["secrets"]}
    for secret in OVERLAY["secrets"].values():
        variable = VARIABLE.fullmatch(secret["file"])
        assert variable is not None
        assert variable["kind"] == "?"


def test_mllp_lets_nobody_in_who_is_not_named() -> None:
    told = SERVICES["serve"]["environment"]
    assert VARIABLE.fullmatch(told["THROUGHLINE_MLLP_SOURCES"])["kind"] == "-"
    assert interpolated(told["THROUGHLINE_MLLP_SOURCES"]) == ""
    ports = [interpolated(port) for port in SERVICES["serve"]["ports"]]
    assert f"127.0.0.1:2575:{told['THROUGHLINE_MLLP_PORT']}" in ports


@pytest.mark.parametrize("service", [n for n, s in SERVICES.items() if is_throughline(s)])
def test_a_process_starts_with_what_it_is_told(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SERVICES[service]["environment"].items():
        monkeypatch.setenv(name, interpolated(value))
    settings = Settings()
    assert settings.kafka == "kafka:9092"
    assert settings.database.startswith("postgresql+asyncpg://")
    assert settings.development is False


@pytest.mark.parametrize("service", ["worker", "serve"])
def test_probes_ask_the_port_that_the_process_listens_on(service: str) -> None:
    setting = {"worker": "THROUGHLINE_METRICS_PORT", "serve": "THROUGHLINE_HTTP_PORT"}[service]
    port = SERVICES[service]["environment"][setting]
    scraped = {
        job["job_name"]: job["dns_sd_configs"][0]
        for job in yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())["scrape_configs"]
        if "dns_sd_configs" in job
    }
    assert f":{port}/health/ready" in " ".join(SERVICES[service]["healthcheck"]["test"])
    assert scraped[service]["names"] == [service]
    assert str(scraped[service]["port"]) == port


@pytest.mark.parametrize("mount", list(bind_mounts()))
def test_a_mounted_file_exists_and_cannot_be_written(mount: str) -> None:
    source, _, mode = mount.split(":")
    assert (ROOT / source).exists()
    assert mode == "ro"


def test_the_schema_is_there_before_anything_reads_it() -> None:
    for name in ("worker", "serve"):
        wanted = SERVICES[name]["depends_on"]
        assert wanted["migrate"] == {"condition": "service_completed_successfully"}
        assert wanted["postgres"] == wanted["kafka"] == {"condition": "service_healthy"}


def test_broker_and_database_are_out_of_reach_from_outside() -> None:
    assert COMPOSE["networks"]["core"] == {"internal": True}
    for name in ("kafka", "postgres", "worker", "migrate", "prometheus"):
        assert SERVICES[name]["networks"] == ["core"]
        assert "ports" not in SERVICES[name]


def test_the_image_builds_from_files_that_exist_with_every_dependency_pinned() -> None:
    dockerfile = (ROOT / SERVICES["serve"]["build"]["dockerfile"]).read_text(encoding="utf-8")
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, flags=re.MULTILINE)
    pinned = re.findall(r"-r (\S+)", dockerfile)
    assert copied
    assert pinned
    for sources in copied:
        assert [s for s in sources.split() if not (ROOT / s).exists()] == []
    for name in pinned:
        pins = re.split(r"\n(?=\S)", (ROOT / name).read_text(encoding="utf-8").strip())
        assert all("--hash=sha256:" in pin and "==" in pin for pin in pins if pin[0] != "#")
        assert "://" not in "".join(pins)


def test_tokens_carry_the_claims_that_access_reads() -> None:
    roles = {role["name"] for role in REALM["roles"]["client"]["throughline"]}
    assert roles == {
        "publisher",
        "clinician",
        "care-coordinator",
        "operations",
        "privacy-officer",
        "administrator",
        "person",
    }
    for client in REALM["clients"]:
        claims = {m["config"].get("claim.name") for m in client["protocolMappers"]}
        audiences = {m["config"].get("included.client.audience") for m in client["protocolMappers"]}
        assert claims >= {"role", "org", "teams"}
        assert SERVICES["serve"]["environment"]["THROUGHLINE_OIDC_AUDIENCE"] in audiences


def test_people_can_sign_in_to_the_pages_and_are_led_to_nothing_else() -> None:
    serve = SERVICES["serve"]["environment"]
    (client,) = [
        one for one in REALM["clients"] if one["clientId"] == serve["THROUGHLINE_OIDC_CLIENT_ID"]
    ]
    assert client["redirectUris"] == [f"${{APPLICATION_URL}}{CALLBACK}"]
    attributes = client["attributes"]
    assert attributes["post.logout.redirect.uris"] == f"${{APPLICATION_URL}}{SIGNED_OUT}"
    assert attributes["pkce.code.challenge.method"] == "S256"
    for mapper in client["protocolMappers"]:
        if mapper["config"].get("claim.name"):
            assert mapper["config"]["id.token.claim"] == "true", mapper["name"]


def test_only_an_administrator_can_say_where_someone_works() -> None:
    (provider,) = REALM["components"]["org.keycloak.userprofile.UserProfileProvider"]
    (profile,) = provider["config"]["kc.user.profile.config"]
    attributes = {a["name"]: a for a in json.loads(profile)["attributes"]}
    for name in ("org", "teams"):
        assert attributes[name]["permissions"]["edit"] == ["admin"]


def test_the_realm_holds_no_credential_and_no_person() -> None:
    text = json.dumps(REALM)
    for word in ('"secret"', '"credentials"', '"value"', '"privateKey"', "BEGIN"):
        assert word not in text
    assert all("serviceAccountClientId" in user for user in REALM.get("users", []))
    assert not any(client["directAccessGrantsEnabled"] for client in REALM["clients"])
