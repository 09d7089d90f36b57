"""Settings of the phone: environment variables that begin with PHONE_."""

import json
from ipaddress import IPv4Address, IPv4Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from switchyard_phone.speech_settings import SpeechSettings

CODECS = ("pcmu", "pcma")
_PORTS_PER_CALL = 2
_LOWEST_PORT, _HIGHEST_PORT = 1024, 65535


class PhoneSettings(SpeechSettings):
    """What the phone can be told. `port` serves its own status, not SIP."""

    model_config = SettingsConfigDict(env_prefix="PHONE_", frozen=True, extra="ignore")

    port: int = Field(7108, ge=0, le=65535)
    metrics_port: int = Field(9108, ge=0, le=65535)
    sip_host: IPv4Address = IPv4Address("127.0.0.1")
    """Address on which calls arrive by SIP over UDP, and which sound is sent from."""
    sip_port: int = Field(5070, ge=0, le=65535)
    advertised_host: IPv4Address | None = None
    """Address that the other side is told, if it is another one than sip_host (NAT)."""
    rtp_ports: Annotated[tuple[int, int], NoDecode] = (20000, 24000)
    """UDP ports for sound, `first-last`: two for each call."""
    peers: Annotated[tuple[IPv4Network, ...], NoDecode] = (IPv4Network("127.0.0.0/8"),)
    """Addresses and networks that may call, with commas between them."""
    codecs: Annotated[tuple[str, ...], NoDecode] = CODECS
    """Codecs, the preferred one first."""
    calls_at_once: int = Field(100, ge=1, le=120)
    """More callers hear that the line is busy (486)."""
    calls_per_second: float = Field(20.0, gt=0)
    """More callers are sent elsewhere (503)."""
    silence_seconds: int = Field(60, ge=0)
    """A call from which no packet came for so long is over; 0: it goes on."""
    audiosocket_port: int | None = Field(None, ge=0, le=65535)
    """TCP port for Asterisk's AudioSocket, on sip_host; not set: none."""
    tenant: str = "demo"
    node: str = "phone-1"
    """Name at the router: stable over restarts, and no two processes' at the same time."""
    router_target: str = "127.0.0.1:7101"
    crm_target: str = "127.0.0.1:7102"
    crm_seconds: float = Field(2.0, gt=0, le=5)
    """How long is waited for whose number calls, beside the greeting."""
    ring_seconds: float = Field(0.0, ge=0, le=120)
    """How long a call rings before it is answered, for networks that want it."""
    bot_url: str = "http://127.0.0.1:7105"
    bot_deadline_seconds: float = Field(5.0, gt=0)
    bot_patience_seconds: float = Field(15.0, ge=0)
    """How long a bot that restarts is waited for; after 20 s a person takes over in any case."""
    default_queue: str = "general"
    queues: Annotated[dict[str, str], NoDecode] = Field(default_factory=dict)
    """Queue ids by the bot's intents or reasons, as JSON."""
    transfer: Literal["blind", "attended"] = "blind"
    """How callers are connected with agents."""
    call_agents: Literal["accepted", "offered"] = "accepted"
    """When an agent's telephone is called: once the offer was accepted at a desktop, or at once."""
    callback_node: str = ""
    """Platform node that calls customers back; empty: the agent who accepts one dials."""
    country: str = Field("CN", pattern="^[A-Z]{2}$")
    """Where telephone numbers without a country code are at home, by ISO 3166-1."""
    drain_waiting_seconds: float = Field(60.0, ge=0)
    """How long after SIGTERM callers may go on waiting for an agent, `drain_seconds` at least."""
    redis_url: SecretStr = SecretStr("")
    """Redis or Valkey for what outlives the process; empty: agents' calls do not outlive it for the
    router, and there is no survey."""
    max_events: int = Field(100_000, ge=1000)
    """Events kept in the stream; the gateway's GATEWAY_MAX_EVENTS is of the same stream."""
    survey_number: str = Field("", pattern=r"^[A-Za-z0-9+._-]{0,64}$")
    """User or number that the PBX dials for callers whose agent has hung up; empty: no survey."""
    survey_queues: Annotated[tuple[str, ...], NoDecode] = ()
    """Queue ids whose callers are asked, with commas between them; empty: all."""
    survey_minutes: float = Field(10.0, gt=0, le=1440)
    """How long after an agent has finished a caller may come back for the survey."""
    music: Path | None = None
    """WAV file that waiting callers hear; not set: a soft tune."""
    menus: Path | None = None
    """Menu file; not set: the demo company's."""
    texts: Path | None = None
    """Folder with the bot's texts, so that its answers are put together from clips."""
    prompts: Path = Path(".switchyard/prompts")
    """Folder of clips made ahead."""
    recordings: Path | None = None
    """Folder with recordings, which take the place of clips."""
    kokoro_python: Path | None = None
    """Python with kokoro-onnx; with kokoro_model and kokoro_voices, or none of them."""
    kokoro_model: Path | None = None
    kokoro_voices: Path | None = None
    speech_accept: float = Field(0.75, ge=0, le=1)
    """Confidence from which a phrase of a menu counts."""
    speech_confirm: float = Field(0.4, ge=0, le=1)
    """Confidence from which a caller is asked whether it was that phrase."""
    speech_words_accept: float = Field(0.5, ge=0, le=1)
    """The same for answers to open questions, which go to the bot."""
    speech_words_confirm: float = Field(0.3, ge=0, le=1)
    speech_retry_seconds: float = Field(10.0, gt=0, le=600)
    """How long callers use keys alone once the recogniser did not answer."""
    speech_echo_db: float = Field(-42.0, ge=-96, le=0)
    """While a prompt is said, what is quieter than this (dBFS) is taken for its echo."""

    @field_validator("peers", mode="before")
    @classmethod
    def _networks(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())

    @field_validator("survey_queues", mode="before")
    @classmethod
    def _ids(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(part.strip() for part in value.split(",") if part.strip())

    @field_validator("codecs", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(part.strip().lower() for part in value.split(",") if part.strip())

    @field_validator("queues", mode="before")
    @classmethod
    def _from_json(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except json.JSONDecodeError as error:
            raise ValueError('must be JSON such as {"complaint": "complaints"}') from error

    @field_validator("bot_url")
    @classmethod
    def _is_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must look like http://host:port")
        return value

    @field_validator("codecs")
    @classmethod
    def _are_known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value or not set(value) <= set(CODECS):
            raise ValueError(f"must be some of {','.join(CODECS)}")
        return value

    @field_validator("rtp_ports", mode="before")
    @classmethod
    def _range(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        first, dash, last = value.partition("-")
        if not (dash and first.strip().isdigit() and last.strip().isdigit()):
            raise ValueError("must look like 20000-24000")
        return int(first), int(last)

    @field_validator("rtp_ports")
    @classmethod
    def _is_a_range(cls, value: tuple[int, int]) -> tuple[int, int]:
        first, last = value
        if not _LOWEST_PORT <= first < last <= _HIGHEST_PORT:
            raise ValueError(f"must lie between {_LOWEST_PORT} and {_HIGHEST_PORT}, lowest first")
        return value

    @model_validator(mode="after")
    def _ports_suffice(self) -> Self:
        first, last = self.rtp_ports
        # An attended transfer has two calls for a moment.
        if (last - first) // _PORTS_PER_CALL < 2 * self.calls_at_once:
            raise ValueError(
                "PHONE_RTP_PORTS: too few for PHONE_CALLS_AT_ONCE; give four ports for each call"
            )
        return self

    @model_validator(mode="after")
    def _surveys_are_remembered(self) -> Self:
        if self.survey_number and not self.redis_url.get_secret_value():
            raise ValueError(
                "PHONE_SURVEY_NUMBER needs PHONE_REDIS_URL: nobody is asked twice about one agent"
            )
        return self

    @model_validator(mode="after")
    def _kokoro_is_whole(self) -> Self:
        given = [self.kokoro_python, self.kokoro_model, self.kokoro_voices]
        if any(given) and not all(given):
            raise ValueError("PHONE_KOKORO_PYTHON, _MODEL and _VOICES belong together")
        return self

    @model_validator(mode="after")
    def _ladders_rise(self) -> Self:
        if self.speech_confirm > self.speech_accept:
            raise ValueError("PHONE_SPEECH_CONFIRM: must not be above PHONE_SPEECH_ACCEPT")
        if self.speech_words_confirm > self.speech_words_accept:
            raise ValueError("PHONE_SPEECH_WORDS_CONFIRM: must not be above _WORDS_ACCEPT")
        return self

    def may_call(self, host: str) -> bool:
        """Whether this address may send calls."""
        address = ip_address(host)
        return any(address in network for network in self.peers)
