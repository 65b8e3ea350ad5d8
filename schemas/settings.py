"""The only module that reads the environment (`THROUGHLINE_*`)."""

from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, FilePath, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from schemas.senders import Sender, senders
from schemas.signing_in import claim_values


class Settings(BaseSettings):
    """What a process must be told. A missing address stops start-up with its name."""

    # An error says what is wrong with which setting, and repeats none: some are secret.
    model_config = SettingsConfigDict(
        env_prefix="THROUGHLINE_", frozen=True, extra="ignore", hide_input_in_errors=True
    )

    kafka: str = Field(description="bootstrap servers, host:port, comma separated")
    kafka_session_timeout_ms: int = Field(
        10_000, description="silence after which a worker is dead"
    )
    kafka_fetch_wait_ms: int = Field(100, description="longest wait of a fetch for new records")
    database: str = Field(description="postgresql+asyncpg:// address")
    http_host: str = Field("127.0.0.1", description="where `serve` and the worker's probes listen")
    http_port: int = Field(8080, description="port of `serve`")
    public_url: str = Field(
        "", description="where people reach `serve`; its own address where it is not said"
    )
    trusted_proxies: str = Field(
        "127.0.0.1", description="whose word is taken for a client's address, comma separated"
    )
    metrics_port: int = Field(9464, description="port of the worker's /metrics and /health")
    development: bool = Field(False, description="allows development tokens; never in production")
    development_key: SecretStr | None = Field(
        None, description="signs development tokens; only read in development"
    )
    oidc_issuer: str | None = Field(None, description="issuer of bearer tokens")
    oidc_audience: str = Field("throughline", description="audience that a token must carry")
    oidc_client_id: str | None = Field(
        None, description="what the pages are called at the issuer; without it nobody signs in"
    )
    oidc_client_secret: SecretStr | None = Field(
        None, description="of a confidential client; a public one proves itself by PKCE alone"
    )
    oidc_scopes: str = Field("openid profile", description="what signing in asks for")
    oidc_role_claim: str = Field("role", description="claim of the role; a.b: b inside of a")
    oidc_org_claim: str = Field("org", description="claim of the organisation's ODS code")
    oidc_teams_claim: str = Field("teams", description="claim of the teams")
    oidc_roles: Annotated[dict[str, str], NoDecode, BeforeValidator(claim_values)] = Field(
        {}, description="theirs = ours, ...: what the issuer calls roles; then no other name counts"
    )
    session_idle_minutes: int = Field(
        30, ge=1, description="a session ends when no page was opened for so long"
    )
    session_minutes: int = Field(720, ge=1, description="a session ends after so long anyway")
    searches_a_minute: int = Field(60, ge=0, description="of one viewer; 0: as many as they like")
    requests_a_minute: int = Field(1_200, ge=0, description="of one viewer, publishing aside")
    glasses_a_minute: int = Field(10, ge=0, description="broken by one viewer")
    sign_ins_a_minute: int = Field(
        600, ge=0, description="from one address, which may be a whole hospital's"
    )
    refusals_a_minute: int = Field(
        120, ge=0, description="unproven requests of one address that are told why"
    )
    relationship_days: int = Field(
        365,
        ge=0,
        description="how long a stay ties its provider to the person after it ended: a year, the"
        " longest that routine care waits to see somebody again",
    )
    break_glass_minutes: int = Field(
        60, ge=1, description="how long a broken glass lets one look before one is asked again"
    )
    audit_key: SecretStr | None = Field(
        None,
        description="signs the seals over the audit: a secret that the database does not hold;"
        " several, the newest first, with commas between: the first signs, all are believed",
    )
    batch_max_events: int = Field(2_000, ge=1, description="most events in one transaction")
    max_message_bytes: int = Field(10 * 1024 * 1024, description="largest message at the doors")
    max_json_depth: int = Field(64, description="deepest nesting of a message")
    reject_share_limit: float = Field(
        0.9, description="share of rejects in the last traffic at which intake pauses"
    )
    reject_share_window: int = Field(10_000, description="messages over which that share is taken")
    retry_max_wait_s: float = Field(15.0, description="longest pause between tries")
    database_pool: int = Field(10, description="database connections of one process")
    reference: Path | None = Field(
        None, description="folder of the reference data; the packaged one where it is not said"
    )
    mllp_host: str = Field("127.0.0.1", description="where `serve` takes HL7 v2 over MLLP")
    mllp_port: int = Field(0, description="port of MLLP; 0: HL7 v2 comes by no such door")
    mllp_sources: Annotated[dict[str, Sender], NoDecode, BeforeValidator(senders)] = Field(
        {}, description="who may send over MLLP: MSH-4 or MSH-3|MSH-4 = ODS code : sector, ..."
    )
    mllp_tls_certificate: FilePath | None = Field(None, description="PEM; MLLP is then TLS only")
    mllp_tls_key: FilePath | None = Field(None, description="PEM; the certificate's private key")
    mllp_tls_client_ca: FilePath | None = Field(
        None, description="PEM; only clients with a certificate of this authority are let in"
    )
    mllp_connections: int = Field(64, ge=1, description="most MLLP connections at once")
    mllp_in_work: int = Field(32, ge=1, description="most messages of one connection in work")
    mllp_idle_s: float = Field(3600.0, gt=0, description="silence after which MLLP hangs up")
    mllp_patience_s: float = Field(
        60.0, gt=0, description="longest wait for the rest of a frame, or until answers are read"
    )

    @property
    def audit_keys(self) -> tuple[bytes, ...]:
        """The keys of the audit's seals, the one that signs first."""
        said = self.audit_key.get_secret_value() if self.audit_key else ""
        return tuple(key.strip().encode() for key in said.split(",") if key.strip())

    @model_validator(mode="after")
    def _tls_is_whole(self) -> Self:
        """A certificate without its key, or clients to be checked without TLS, is a mistake."""
        if (self.mllp_tls_certificate is None) is not (self.mllp_tls_key is None):
            raise ValueError("mllp_tls_certificate and mllp_tls_key are needed together")
        if self.mllp_tls_client_ca and not self.mllp_tls_certificate:
            raise ValueError("mllp_tls_client_ca needs mllp_tls_certificate and mllp_tls_key")
        return self

    @property
    def address(self) -> str:
        """Where people reach the pages and the API."""
        own = f"http://{self.http_host}:{self.http_port}"
        return (self.public_url or own).rstrip("/")

    @model_validator(mode="after")
    def _signing_in_is_whole(self) -> Self:
        """Half of what signing in takes is a mistake; so is what can be read on the way."""
        if self.oidc_client_secret and not self.oidc_client_id:
            raise ValueError("oidc_client_secret needs oidc_client_id")
        if self.oidc_client_id is None:
            return self
        if not self.oidc_issuer:
            raise ValueError("oidc_client_id needs oidc_issuer")
        if "openid" not in self.oidc_scopes.split():
            raise ValueError("oidc_scopes must have openid")
        if not self.development and not (
            _is_secret_on_the_way(self.oidc_issuer) and _is_secret_on_the_way(self.public_url)
        ):
            raise ValueError("signing in needs oidc_issuer and public_url, both https://")
        return self


def _is_secret_on_the_way(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "https" and bool(parts.netloc) and not (parts.query or parts.fragment)
