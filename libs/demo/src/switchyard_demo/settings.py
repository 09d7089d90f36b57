"""Settings of the demo company: environment variables that begin with DEMO_."""

from ipaddress import IPv4Address
from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict
from switchyard_common.settings import ServiceSettings

from switchyard_demo.company.generate import DEFAULT_SEED


class DemoSettings(ServiceSettings):
    """Where the other processes are, and how lively the floor is."""

    model_config = SettingsConfigDict(env_prefix="DEMO_", frozen=True, extra="ignore")

    port: int = Field(default=0, ge=0, le=0)
    """The floor serves no requests of its own."""
    metrics_port: int = Field(default=9106, ge=0, le=65535)
    sip_host: IPv4Address = IPv4Address("127.0.0.1")
    """Where the agents' telephones are, for callers whom the bot transfers to them."""
    sip_port: int = Field(default=5066, ge=0, le=65535)
    """UDP; where it is taken, agents have no telephones."""
    router_target: str = "127.0.0.1:7101"
    conversation_target: str = "127.0.0.1:7103"
    tenant: str = Field(default="demo", pattern=r"^[a-z0-9-]{1,40}$")
    state_dir: Path = Path(".switchyard/demo")
    """Where `load` writes the company's files."""
    crm_database_url: str | None = None
    """Store of crm_adapter that `load` fills; none: it only writes the file to import."""
    seed: int = Field(default=DEFAULT_SEED, ge=0)
    calls_per_minute: float = Field(default=20.0, gt=0, le=600)
    """Mean, in real time."""
    time_compression: float = Field(default=6.0, ge=1, le=60)
    """Demo seconds of talking, patience and shifts in one real second."""
