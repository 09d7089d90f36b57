"""Settings of the CRM adapter, from the environment."""

from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import SettingsConfigDict
from switchyard_common.door import DoorSettings
from switchyard_common.store_url import parse_store_url


class CrmSettings(DoorSettings):
    """What can be set, as CRM_…; times are in seconds."""

    model_config = SettingsConfigDict(env_prefix="CRM_", frozen=True, extra="ignore")

    port: int = Field(default=7102, ge=0, le=65535)
    metrics_port: int = Field(default=9102, ge=0, le=65535)
    database_url: str = "sqlite+aiosqlite:///.switchyard/crm.sqlite"
    master_key: SecretStr | None = None
    """Keys that wrap the keys of records: 32 bytes in base64 each, the present one first."""
    master_key_file: Path | None = None
    """A file with such keys, one a line; beside a SQLite file it is made if it is missing."""
    history_redis_url: SecretStr | None = None
    """Where the router's events are: there the history is asked to erase customers, too."""
    pseudonym_key: SecretStr | None = Field(default=None, min_length=16)
    """The secret by which the router hides customers in its events, and so in the history."""
    audit_days: float = Field(default=400.0, gt=0)
    """How long it is kept who read whose data."""
    database_readers: int = Field(default=4, ge=1, le=100)
    database_writers: int = Field(default=4, ge=1, le=100)
    """Connections for writing, on PostgreSQL; SQLite has one."""
    replicas: int = Field(default=1, ge=1)
    """How many services share the store; SQLite serves one."""
    busy_seconds: float = Field(default=1.0, gt=0)
    """How long a call waits for a lock or for a free connection."""
    context_seconds: float = Field(default=0.3, gt=0)
    """How long GetContext takes at most; less if the caller's deadline is nearer."""
    routing_seconds: float = Field(default=0.15, gt=0)
    """The same for hints for routing only."""
    local_seconds: float = Field(default=0.02, ge=0)
    """How long the store is waited for before CRMs are searched for an identifier."""
    source_seconds: float = Field(default=0.25, gt=0)
    """How long one CRM is waited for, and how long one call to it may take."""
    breaker_failures: int = Field(default=5, ge=1)
    """Failures in a row after which a CRM is left alone."""
    breaker_seconds: float = Field(default=30.0, gt=0)
    """How long it is left alone before one call tries again."""
    redis_url: SecretStr | None = None
    """Where answers of CRMs are remembered, sealed; without it in the process."""
    redis_seconds: float = Field(default=0.1, gt=0)
    """How long Redis is waited for; then the process remembers by itself."""
    cache_seconds: float = Field(default=60.0, gt=0)
    """How long a remembered answer is good; from half of it on it is renewed when used."""
    cache_stale_seconds: float = Field(default=3600.0, gt=0)
    """How long it is kept for when the CRM fails."""
    write_sources: str = "*"
    """CRMs that get what is written here, by name, with commas; * is all that can."""
    outbox_limit: int = Field(default=1_000_000, ge=1)
    """How many writes may wait for the CRMs, dead ones included; more are refused."""
    outbox_poll_seconds: float = Field(default=0.5, gt=0)
    """How often an empty outbox is looked into."""
    outbox_kept_days: float = Field(default=7.0, gt=0)
    """How long request ids and what was delivered are remembered."""
    outbox_dead_days: float = Field(default=30.0, gt=0)
    """How long what was given up can be re-driven."""
    delivery_seconds: float = Field(default=10.0, gt=0)
    """How long one call of the outbox to a CRM may take."""
    delivery_back_off_seconds: float = Field(default=300.0, gt=0, le=3600)
    """How long at most is waited between two tries."""
    delivery_faults: int = Field(default=5, ge=1)
    """Unforeseen errors after which a write is given up."""
    consent_seconds: float = Field(default=1.0, gt=0)
    """How long CheckContactable takes at most; then the answer is no."""
    connectors_file: Path | None = None
    """Which CRMs there are and how they are reached; YAML."""
    connector_health_seconds: float = Field(default=30.0, gt=0)
    """Between two looks whether each CRM works."""
    sync_page: int = Field(default=200, ge=1, le=1000)
    """How many changed records are read from a CRM at once."""
    verify_tries: int = Field(default=5, ge=1, le=100)
    """Wrong proofs that are free: in a conversation, and of whom or what is named."""
    verify_lock_seconds: float = Field(default=60.0, gt=0)
    """How long the first lock after them takes; each further wrong proof doubles it."""
    verify_longest_lock_seconds: float = Field(default=86_400.0, gt=0)
    code_seconds: float = Field(default=300.0, gt=0, le=3600)
    """How long a one-time code is good for."""
    codes_per_conversation: int = Field(default=3, ge=1, le=100)
    codes_per_customer: int = Field(default=5, ge=1, le=100)
    """Codes that are sent before there is a pause, which grows."""
    code_gateway_url: SecretStr | None = None
    """Where codes are handed over to be sent, by POST."""
    code_gateway_token_file: Path | None = None
    """A bearer token for it, read anew for every code."""
    code_gateway_seconds: float = Field(default=5.0, gt=0, le=60)
    """How long handing a code over takes at most, tries and all."""
    code_file: Path | None = None
    """Where codes are written instead, for demonstrations on this machine."""
    reset_url: str = ""
    """The page on which a PIN is set, with {token}, and {language} if it wants that."""
    reset_seconds: float = Field(default=900.0, gt=0, le=86_400)
    """How long a link to it is good for."""
    branches_file: Path | None = None
    """Where customers can go, when, and by appointment; YAML."""
    health_interval_seconds: float = Field(default=1.0, gt=0)
    time_zone: ZoneInfo = Field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    """The company's, by which today is today."""
    default_region: str = Field(default="CN", pattern="^[A-Z]{2}$")
    """Where telephone numbers without country code are, ISO 3166."""
    blocked_values: str = ""
    """More values that prove nothing, whoever holds them: E.164, addresses, @hosts; with commas."""
    rules_file: Path | None = None
    """Whose values survive in the view of a customer, and what makes a tier; YAML."""
    relink_seconds: float = Field(default=1.0, gt=0)
    """Between two looks for records that others wrote and that are to be compared."""

    @field_validator("history_redis_url")
    @classmethod
    def _names_a_store(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None:
            parse_store_url(url.get_secret_value())
        return url

    @model_validator(mode="after")
    def _history_is_named_as_it_names(self) -> Self:
        if self.history_redis_url is not None and self.pseudonym_key is None:
            key, url = self.env_name("pseudonym_key"), self.env_name("history_redis_url")
            raise ValueError(f"{url} needs {key}: give the value of ROUTER_PSEUDONYM_KEY")
        return self
