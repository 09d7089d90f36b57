"""The settings of the router's faces."""

from ipaddress import ip_network
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import NoDecode
from switchyard_common.door import DoorSettings
from switchyard_common.settings import is_loopback


class FaceSettings(DoorSettings):
    """The HTTP and FastAGI listeners, and the door before them and gRPC."""

    http_port: int = Field(default=7107, ge=0, le=65535)
    agi_port: int | None = Field(default=None, ge=0, le=65535)
    """None: no FastAGI."""
    agi_bind: str = "127.0.0.1"
    agi_peers: Annotated[tuple[str, ...], NoDecode] = ("127.0.0.0/8", "::1/128")
    """Networks FastAGI is taken from: the protocol itself can prove nothing."""

    @field_validator("agi_peers", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(part.strip() for part in value.split(",") if part.strip())

    @field_validator("agi_peers")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            ip_network(network)  # its ValueError says what is wrong
        return value

    @model_validator(mode="after")
    def _agi_names_its_peers(self) -> Self:
        open_to_all = any(ip_network(network).prefixlen == 0 for network in self.agi_peers)
        if not is_loopback(self.agi_bind) and open_to_all:
            raise ValueError(
                f"{self.env_name('agi_peers')}: FastAGI has neither encryption nor passwords; name "
                "the PBX machines' own addresses"
            )
        return self
