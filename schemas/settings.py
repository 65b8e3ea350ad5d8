"""The only module that reads the environment (`THROUGHLINE_*`)."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What a process must be told. A missing address stops start-up with its name."""

    model_config = SettingsConfigDict(env_prefix="THROUGHLINE_", frozen=True, extra="ignore")

    kafka: str = Field(description="bootstrap servers, host:port, comma separated")
    kafka_session_timeout_ms: int = Field(
        10_000, description="silence after which a worker is dead"
    )
    kafka_fetch_wait_ms: int = Field(100, description="longest wait of a fetch for new records")
    database: str = Field(description="postgresql+asyncpg:// address")
    http_host: str = Field("127.0.0.1", description="where `serve` and the worker's probes listen")
    http_port: int = Field(8080, description="port of `serve`")
    metrics_port: int = Field(9464, description="port of the worker's /metrics and /health")
    development: bool = Field(False, description="allows development tokens; never in production")
    development_key: SecretStr | None = Field(
        None, description="signs development tokens; only read in development"
    )
    oidc_issuer: str | None = Field(None, description="issuer of bearer tokens")
    oidc_audience: str = Field("throughline", description="audience that a token must carry")
    batch_max_events: int = Field(2_000, ge=1, description="most events in one transaction")
    max_message_bytes: int = Field(10 * 1024 * 1024, description="largest message at the doors")
    max_json_depth: int = Field(64, description="deepest nesting of a message")
    reject_share_limit: float = Field(
        0.9, description="share of rejects in the last traffic at which intake pauses"
    )
    reject_share_window: int = Field(10_000, description="messages over which that share is taken")
    retry_max_wait_s: float = Field(15.0, description="longest pause between tries")
    database_pool: int = Field(10, description="database connections of one process")
