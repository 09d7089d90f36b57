"""The connectors file (CRM_CONNECTORS_FILE): which CRMs there are and how they are reached.

connectors:
  - name: erp                     # the source's name in provenance and metrics
    kind: tryton                  # an entry point of switchyard.crm.connectors
    tenant: demo                  # whose customers it holds
    url: https://erp.example.com/
    credentials:                  # never inline: the name of a variable, or a file
      user: {env: ERP_USER}
      password: {file: /run/secrets/erp-password}
    mapping: erp.yaml             # optional; relative to this file
    rate_per_second: 20
    burst: 20
    concurrency: 8
    timeout_seconds: 10           # of one call when nobody is waiting for it
    sync_seconds: 60              # between two looks for changes; 0: none
    ca_file: erp-ca.pem           # optional; relative to this file
    options: {database: crm}      # what only this kind knows
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator
from pydantic import model_validator as validates_model
from switchyard_common.settings import is_loopback

from switchyard_crm.adapters.connectors.mapping import BadFile, read_yaml, validated
from switchyard_crm.domain.customer import LOCAL_SOURCE
from switchyard_crm.domain.names import ID_RULE, is_id
from switchyard_crm.service.subjects import HISTORY_SOURCE

type SourceName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]


class SecretPlace(BaseModel):
    """Where a secret is: a variable of the environment, or a file whose end of line is dropped."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    env: str = ""
    file: Path | None = None

    @validates_model(mode="before")
    @classmethod
    def _is_not_inline(cls, given: object) -> object:
        if isinstance(given, str):
            raise ValueError("must not stand in the file; write {env: NAME} or {file: path}")
        return given

    @validates_model(mode="after")
    def _is_one(self) -> Self:
        if bool(self.env) == (self.file is not None):
            raise ValueError("give env or file")
        return self


class ConnectorSettings(BaseModel):
    """One entry of the file. Paths are absolute once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: SourceName
    kind: str
    tenant: str = ""
    url: str
    plaintext: bool = False
    credentials: dict[str, SecretPlace] = Field(default_factory=dict)
    mapping: Path | None = None
    rate_per_second: float = Field(default=20.0, gt=0, le=10_000)
    burst: int = Field(default=20, ge=1, le=10_000)
    concurrency: int = Field(default=8, ge=1, le=256)
    timeout_seconds: float = Field(default=10.0, gt=0, le=300)
    sync_seconds: float = Field(default=60.0, ge=0, le=86_400)
    ca_file: Path | None = None
    options: dict[str, Any] = Field(default_factory=dict)

    @field_validator("name")
    @classmethod
    def _is_free(cls, name: str) -> str:
        if name == LOCAL_SOURCE:
            raise ValueError(f"{LOCAL_SOURCE} is the store's own name; choose another")
        if name == HISTORY_SOURCE:
            raise ValueError(f"{HISTORY_SOURCE} is the history of contacts; choose another name")
        return name

    @field_validator("tenant")
    @classmethod
    def _is_tenant(cls, tenant: str) -> str:
        if tenant and not is_id(tenant):
            raise ValueError(f"must be {ID_RULE}")
        return tenant

    @validates_model(mode="after")
    def _is_reached_safely(self) -> Self:
        try:
            parts = urlsplit(self.url)
            host = parts.hostname or ""
        except ValueError as error:
            raise ValueError("url: is no address such as https://crm.example.com/") from error
        if parts.scheme not in ("https", "http") or not host or parts.query or parts.fragment:
            raise ValueError("url: is no address such as https://crm.example.com/")
        if parts.username is not None or parts.password is not None:
            raise ValueError("url: holds credentials; put them under credentials")
        if parts.scheme == "http" and not (self.plaintext or is_loopback(host)):
            raise ValueError(
                "url: sends personal data unencrypted; use https, or say plaintext: true"
            )
        return self


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    connectors: tuple[ConnectorSettings, ...]

    @field_validator("connectors")
    @classmethod
    def _are_different(
        cls, connectors: tuple[ConnectorSettings, ...]
    ) -> tuple[ConnectorSettings, ...]:
        names = [connector.name for connector in connectors]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two connectors have the name {', '.join(twice)}")
        return connectors


@dataclass(frozen=True, slots=True)
class ConnectorsFile:
    """The file's connectors, in its order, and where it is, for messages."""

    file: Path
    connectors: tuple[ConnectorSettings, ...]

    def place(self, connector: ConnectorSettings) -> str:
        """Where a connector stands: file and path."""
        return f"{self.file}: connectors[{self.connectors.index(connector)}]"


def read_connectors(file: Path) -> ConnectorsFile:
    """The connectors that a file describes. Raises BadFile, with one line per problem."""
    read = validated(_File, read_yaml(file), str(file))
    return ConnectorsFile(
        file, tuple(_placed(connector, file.parent) for connector in read.connectors)
    )


def _placed(connector: ConnectorSettings, folder: Path) -> ConnectorSettings:
    """The same with absolute paths."""
    credentials = {
        name: SecretPlace(file=folder / place.file) if place.file is not None else place
        for name, place in connector.credentials.items()
    }
    return connector.model_copy(
        update={
            "credentials": credentials,
            "mapping": folder / connector.mapping if connector.mapping is not None else None,
            "ca_file": folder / connector.ca_file if connector.ca_file is not None else None,
        }
    )


def read_secrets(
    places: Mapping[str, SecretPlace], where: str, environment: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """The secrets themselves, by name. Raises BadFile; `where` stands in its text."""
    return {
        name: _secret(place, f"{where}.credentials.{name}", environment)
        for name, place in places.items()
    }


def _secret(place: SecretPlace, where: str, environment: Mapping[str, str]) -> str:
    if place.file is None:
        text = environment.get(place.env, "")
        if not text:
            raise BadFile(f"{where}: {place.env} is not set; set it in the environment")
        return text
    try:
        text = place.file.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise BadFile(f"{where}: {place.file} cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise BadFile(f"{where}: {place.file} is not UTF-8") from error
    if not text:
        raise BadFile(f"{where}: {place.file} is empty")
    return text
