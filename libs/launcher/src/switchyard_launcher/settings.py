"""Settings of the launcher, and those of the processes that it has to know."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict
from switchyard_common.settings import ServiceSettings, TlsFiles, load_settings


class LauncherSettings(BaseSettings):
    """What holds for the whole run."""

    model_config = SettingsConfigDict(env_prefix="SWITCHYARD_", frozen=True, extra="ignore")

    bind: str = Field("127.0.0.1", description="address all processes listen on")
    redis_url: str | None = Field(None, description="a Redis or Valkey to use; none: an embedded")
    valkey_port: int = Field(6390, ge=1, le=65535, description="port of the embedded Valkey")
    state_dir: Path = Field(Path(".switchyard"), description="logs, models and data of runs")
    tenant: str = Field("demo", description="tenant the live table shows")
    tls_cert: Path | None = Field(None, description="what the live table shows to the router")
    tls_key: Path | None = Field(None, description="its key")
    tls_ca: Path | None = Field(None, description="whom the live table trusts")

    @property
    def tls(self) -> TlsFiles | None:
        """The live table's own files, where all three are named."""
        if self.tls_cert is None or self.tls_key is None or self.tls_ca is None:
            return None
        return TlsFiles(self.tls_cert, self.tls_key, self.tls_ca)


class CrmSettings(ServiceSettings):
    """Where crm_adapter listens, and its store; none: SQLite in the state folder."""

    model_config = SettingsConfigDict(env_prefix="CRM_")
    port: int = 7102
    metrics_port: int = 9102
    database_url: str | None = None
    # What customers do alone; none: what suits a demonstration on this machine.
    branches_file: str = ""
    reset_url: str = ""
    code_gateway_url: str = ""
    code_file: str = ""


class RouterSettings(ServiceSettings):
    """Where the router listens, and its models; none: those in the state folder."""

    model_config = SettingsConfigDict(env_prefix="ROUTER_")
    port: int = 7101
    http_port: int = Field(7107, ge=0, le=65535)
    metrics_port: int = 9101
    model_dir: str = ""
    # The floor's time runs several times as fast as ours.
    hang_up_seconds: float = 1.5


class BotSettings(ServiceSettings):
    """Where Rasa listens."""

    model_config = SettingsConfigDict(env_prefix="BOT_")
    port: int = 7105
    metrics_port: int = 9105


class ActionsSettings(ServiceSettings):
    """Where the bot's action server listens."""

    model_config = SettingsConfigDict(env_prefix="ACTIONS_")
    port: int = 7104
    metrics_port: int = 9104


class GatewaySettings(ServiceSettings):
    """Where the gateway listens: HTTP on `port`, gRPC on `grpc_port`."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_")
    port: int = 7100
    grpc_port: int = Field(7103, ge=0, le=65535)
    metrics_port: int = 9103


class FloorSettings(ServiceSettings):
    """Where the simulated floor shows its metrics, and its agents' telephones (SIP, UDP)."""

    model_config = SettingsConfigDict(env_prefix="DEMO_")
    port: int = 0
    metrics_port: int = 9106
    sip_port: int = Field(5066, ge=0, le=65535)


class PhoneSettings(ServiceSettings):
    """Where the telephone listens: its status on `port`, calls by SIP (UDP) on `sip_port`."""

    model_config = SettingsConfigDict(env_prefix="PHONE_")
    port: int = 7108
    metrics_port: int = 9108
    sip_port: int = Field(5070, ge=0, le=65535)


class InsightsSettings(ServiceSettings):
    """Where the history's service listens, and its store; none: SQLite in the state folder."""

    model_config = SettingsConfigDict(env_prefix="INSIGHTS_")
    port: int = 7109
    metrics_port: int = 9109
    database_url: str | None = None


@dataclass(frozen=True, slots=True)
class RunSettings:
    """All settings of one run."""

    run: LauncherSettings
    crm: CrmSettings
    router: RouterSettings
    bot: BotSettings
    actions: ActionsSettings
    gateway: GatewaySettings
    phone: PhoneSettings
    floor: FloorSettings
    insights: InsightsSettings


SERVICES = (
    CrmSettings,
    RouterSettings,
    BotSettings,
    ActionsSettings,
    GatewaySettings,
    PhoneSettings,
    FloorSettings,
    InsightsSettings,
)


def load_run_settings() -> RunSettings:
    """Reads all settings from the environment; bad ones end the program with a line each.

    SWITCHYARD_BIND becomes the bind address of every process that has none of its own.
    """
    run = load_settings(LauncherSettings)
    for service in SERVICES:
        os.environ.setdefault(service.env_name("bind"), run.bind)
    return RunSettings(
        run=run,
        crm=load_settings(CrmSettings),
        router=load_settings(RouterSettings),
        bot=load_settings(BotSettings),
        actions=load_settings(ActionsSettings),
        gateway=load_settings(GatewaySettings),
        phone=load_settings(PhoneSettings),
        floor=load_settings(FloorSettings),
        insights=load_settings(InsightsSettings),
    )


def describe_settings() -> Iterator[tuple[str, str, str]]:
    """Variable, default and purpose of each setting that moves an address or a file."""
    for name, field in LauncherSettings.model_fields.items():
        default = "" if field.default is None else str(field.default)
        yield f"SWITCHYARD_{name}".upper(), default, field.description or ""
    for cls in SERVICES:
        purpose = re.split("[.,:;]", cls.__doc__ or "")[0]
        for name, field in cls.model_fields.items():
            if name.endswith("port") and field.default:
                prefix = cls.model_config.get("env_prefix", "")
                yield f"{prefix}{name}".upper(), str(field.default), purpose
