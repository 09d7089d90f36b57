"""The processes of Switchyard on one machine: the only table of them."""

import re
import sys
from collections.abc import Mapping
from pathlib import Path

from switchyard_common.embedded import valkey_binary
from switchyard_common.settings import ServiceSettings, is_loopback

from switchyard_launcher.keys import kept_key
from switchyard_launcher.probes import GrpcProbe, HttpProbe, ValkeyProbe
from switchyard_launcher.process import Port, ProcessSpec
from switchyard_launcher.settings import RunSettings

BOT_FOLDER = Path("services/ivr_bot/bot")
FLOOR_NODE = "floor-pbx"
"""The name of the demo floor's telephony node at the router."""
BRANCHES_FILE = Path("libs/demo/src/switchyard_demo/company/branches.yaml")
BOT_TEXTS = Path("services/ivr_bot/actions/src/switchyard_actions/texts")
BOT_PYTHON = Path(".venv-rasa/bin/python")
# Who asks for a person in the middle of an order gets one who knows orders.
_QUEUES = '{"order_status": "orders", "give_details": "orders"}'
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}


def stack(settings: RunSettings, root: Path, *, floor: bool = True) -> tuple[ProcessSpec, ...]:
    """All processes of a run of the checkout in `root`; `floor`: the floor will run with them."""
    table = Stack(settings, root, floor=floor)
    embedded = (table.valkey(),) if table.needs_valkey else ()
    return (
        *embedded,
        table.crm(),
        table.router(),
        table.insights(),
        table.company(),
        table.training(),
        table.rasa(),
        table.actions(),
        table.gateway(),
        table.phone(),
        table.floor(),
    )


class Stack:
    """Makes the entries of the table."""

    def __init__(self, settings: RunSettings, root: Path, *, floor: bool = True) -> None:
        # Who asks to be called back is called by the floor's telephony node, if there is a floor.
        self._dials = FLOOR_NODE if floor else ""
        self._settings = settings
        self._root = root
        self._state = (root / settings.run.state_dir).resolve()

    @property
    def redis_url(self) -> str:
        """Where the state of the router lives."""
        return self._settings.run.redis_url or self._embedded_url

    @property
    def one_server_url(self) -> str:
        """Where those keep conversations who know one server only, no Sentinels and no cluster."""
        return self._embedded_url if self.needs_valkey else self.redis_url

    @property
    def needs_valkey(self) -> bool:
        """Whether anybody needs the embedded server."""
        return not re.match(r"rediss?://", self._settings.run.redis_url or "")

    @property
    def _embedded_url(self) -> str:
        return f"redis://127.0.0.1:{self._settings.run.valkey_port}/0"

    @property
    def database_url(self) -> str:
        """Where crm_adapter keeps customers."""
        own = self._settings.crm.database_url
        return own or f"sqlite+aiosqlite:///{self._state / 'crm.sqlite'}"

    @property
    def _pseudonym_key(self) -> str:
        """What hides customers in events: the history knows them by it, whoever asks."""
        return kept_key(self._state / "pseudonym.key")

    def valkey(self) -> ProcessSpec:
        """The embedded store; it keeps its data, so that the next run goes on with it."""
        port = self._settings.run.valkey_port
        folder = self._state / "valkey"
        folder.mkdir(parents=True, exist_ok=True)
        return ProcessSpec(
            name="valkey",
            argv=(
                str(valkey_binary()),
                *("--port", str(port)),
                *("--bind", "127.0.0.1"),
                *("--dir", str(folder)),
                *("--save", ""),
                *("--appendonly", "yes"),
                *("--maxmemory-policy", "noeviction"),
            ),
            probe=ValkeyProbe("127.0.0.1", port),
            ports=(Port("127.0.0.1", port, "SWITCHYARD_VALKEY_PORT"),),
        )

    def crm(self) -> ProcessSpec:
        """The customer context on SQLite."""
        settings = self._settings.crm
        return ProcessSpec(
            name="crm_adapter",
            argv=_module("switchyard_crm.main"),
            env={
                **_listening("CRM_", settings),
                "CRM_DATABASE_URL": self.database_url,
                "CRM_HISTORY_REDIS_URL": self.redis_url,
                "CRM_PSEUDONYM_KEY": self._pseudonym_key,
                **self._self_service(),
            },
            probe=GrpcProbe(target(settings, settings.port), settings.tls),
            ports=_ports(settings, "port", "metrics_port"),
        )

    def _self_service(self) -> dict[str, str]:
        """What customers do alone, unless the environment says otherwise: the demo company's
        branches, codes in a file instead of messages, and the gateway's page for new PINs."""
        settings, gateway = self._settings.crm, self._settings.gateway
        page = f"{url(gateway, gateway.port)}/reset/{{token}}?language={{language}}"
        return {
            "CRM_BRANCHES_FILE": settings.branches_file or str(self._root / BRANCHES_FILE),
            "CRM_RESET_URL": settings.reset_url or page,
            **self._codes(),
        }

    def _codes(self) -> dict[str, str]:
        settings = self._settings.crm
        if settings.code_gateway_url or not is_loopback(settings.bind):
            return {}
        return {"CRM_CODE_FILE": settings.code_file or str(self._state / "demo" / "codes.jsonl")}

    def router(self) -> ProcessSpec:
        """The dispatch engine."""
        settings = self._settings.router
        return ProcessSpec(
            name="router",
            argv=_module("switchyard_router.main"),
            env={
                **_listening("ROUTER_", settings),
                "ROUTER_HTTP_PORT": str(settings.http_port),
                "ROUTER_REDIS_URL": self.redis_url,
                **self._targets("ROUTER_"),
                "ROUTER_PSEUDONYM_KEY": self._pseudonym_key,
                "ROUTER_HANG_UP_SECONDS": str(settings.hang_up_seconds),
                **self._models(),
            },
            probe=GrpcProbe(target(settings, settings.port), settings.tls),
            needs=("valkey", "crm_adapter"),
            ports=_ports(settings, "port", "http_port", "metrics_port"),
        )

    def insights(self) -> ProcessSpec:
        """The history of all contacts, kept from the event logs. Nobody needs it to serve."""
        settings = self._settings.insights
        own = settings.database_url
        return ProcessSpec(
            name="insights",
            argv=_module("switchyard_insights.main"),
            env={
                **_listening("INSIGHTS_", settings),
                "INSIGHTS_TENANT": self._settings.run.tenant,
                "INSIGHTS_REDIS_URL": self.redis_url,
                "INSIGHTS_BOT_REDIS_URL": self.one_server_url,
                "INSIGHTS_DATABASE_URL": own
                or f"sqlite+aiosqlite:///{self._state / 'history.sqlite'}",
            },
            probe=GrpcProbe(target(settings, settings.port), settings.tls),
            needs=("valkey",),
            ports=_ports(settings, "port", "metrics_port"),
            essential=False,
        )

    def company(self) -> ProcessSpec:
        """Loads the demo company: a job."""
        return ProcessSpec(
            name="company",
            argv=_module("switchyard_demo.main", "load"),
            env=self._demo(),
            probe=None,
            needs=("crm_adapter", "router"),
        )

    def training(self) -> ProcessSpec:
        """Trains the bot unless its training data is as it was: a job."""
        return ProcessSpec(
            name="training",
            argv=self._bot("train.py"),
            env=self._bot_env(),
            probe=None,
            note="takes a minute when the bot's texts have changed",
            start_seconds=900,
        )

    def rasa(self) -> ProcessSpec:
        """The bot's understanding and dialogue."""
        settings = self._settings.bot
        return ProcessSpec(
            name="rasa",
            argv=self._bot("serve.py"),
            env=self._bot_env(),
            probe=HttpProbe(f"{url(settings, settings.port)}/"),
            needs=("training", "valkey"),
            ports=_ports(settings, "port", "metrics_port"),
            note="takes about 15 s",
            start_seconds=180,
        )

    def actions(self) -> ProcessSpec:
        """The bot's action server."""
        settings = self._settings.actions
        return ProcessSpec(
            name="actions",
            argv=_module("switchyard_actions.main"),
            env={
                **_listening("ACTIONS_", settings),
                **self._targets("ACTIONS_"),
                "ACTIONS_KNOWLEDGE_DIR": str(self._root / BOT_FOLDER / "knowledge"),
                "ACTIONS_CALLBACK_NODE": self._dials,
            },
            probe=HttpProbe(f"{url(settings, settings.port)}/health"),
            needs=("crm_adapter",),
            ports=_ports(settings, "port", "metrics_port"),
        )

    def gateway(self) -> ProcessSpec:
        """The chat page, the conversation service and the hand-over."""
        settings = self._settings.gateway
        bot = self._settings.bot
        return ProcessSpec(
            name="gateway",
            argv=_module("switchyard_gateway.main"),
            env={
                **_listening("GATEWAY_", settings),
                **self._targets("GATEWAY_"),
                "GATEWAY_GRPC_PORT": str(settings.grpc_port),
                "GATEWAY_REDIS_URL": self.one_server_url,
                "GATEWAY_EXAMPLES_FILE": str(self._state / "demo" / "examples.json"),
                "GATEWAY_CALLBACK_NODE": self._dials,
                "GATEWAY_BOT_URL": url(bot, bot.port),
                "GATEWAY_QUEUES": _QUEUES,
            },
            probe=GrpcProbe(target(settings, settings.grpc_port), settings.tls),
            needs=("valkey", "router"),
            ports=_ports(settings, "port", "grpc_port", "metrics_port"),
        )

    def phone(self) -> ProcessSpec:
        """The bot's telephone. Everything else runs without it, for instance where no voice is."""
        settings, bot = self._settings.phone, self._settings.bot
        return ProcessSpec(
            name="phone",
            argv=_module("switchyard_phone.main"),
            env={
                **_listening("PHONE_", settings),
                **self._targets("PHONE_"),
                "PHONE_SIP_PORT": str(settings.sip_port),
                "PHONE_REDIS_URL": self.one_server_url,
                "PHONE_DRAIN_SECONDS": "5",
                "PHONE_DRAIN_WAITING_SECONDS": "5",
                "PHONE_BOT_URL": url(bot, bot.port),
                "PHONE_TEXTS": str(self._root / BOT_TEXTS),
                "PHONE_PROMPTS": str(self._state / "prompts"),
                "PHONE_CALLBACK_NODE": self._dials,
                "PHONE_QUEUES": _QUEUES,
            },
            probe=HttpProbe(f"{url(settings, settings.port)}/healthz"),
            needs=("router", "rasa"),
            ports=_ports(settings, "port", "metrics_port"),
            grace_seconds=35,  # callers are said goodbye to
            essential=False,
        )

    def floor(self) -> ProcessSpec:
        """The simulated company: agents, callers and a telephony node."""
        settings = self._settings.floor
        return ProcessSpec(
            name="floor",
            argv=_module("switchyard_demo.main", "floor"),
            env=self._demo(),
            probe=HttpProbe(f"http://{target(settings, settings.metrics_port)}/metrics"),
            needs=("company", "gateway"),
            ports=_ports(settings, "metrics_port"),
        )

    def _models(self) -> dict[str, str]:
        """The router's model directory: the one that is set, else one made here, if any."""
        own = self._state / "models" / "handle_time"
        folder = self._settings.router.model_dir or (str(own) if own.is_dir() else "")
        return {"ROUTER_MODEL_DIR": folder} if folder else {}

    def _demo(self) -> dict[str, str]:
        gateway = self._settings.gateway
        return {
            **self._targets("DEMO_"),
            "DEMO_CONVERSATION_TARGET": target(gateway, gateway.grpc_port),
            "DEMO_BIND": self._settings.floor.bind,
            "DEMO_METRICS_PORT": str(self._settings.floor.metrics_port),
            "DEMO_SIP_PORT": str(self._settings.floor.sip_port),
            "DEMO_STATE_DIR": str(self._state / "demo"),
            "DEMO_CRM_DATABASE_URL": self.database_url,
        }

    def _targets(self, prefix: str) -> dict[str, str]:
        crm, router = self._settings.crm, self._settings.router
        return {
            f"{prefix}TENANT": self._settings.run.tenant,
            f"{prefix}CRM_TARGET": target(crm, crm.port),
            f"{prefix}ROUTER_TARGET": target(router, router.port),
        }

    def _bot(self, script: str) -> tuple[str, ...]:
        return (str((self._root / BOT_PYTHON).absolute()), str(self._root / BOT_FOLDER / script))

    def _bot_env(self) -> dict[str, str]:
        actions = self._settings.actions
        return {
            **_listening("BOT_", self._settings.bot),
            "BOT_REDIS_URL": self.one_server_url,
            "BOT_MODELS_DIR": str(self._state / "models"),
            "BOT_ACTIONS_URL": f"{url(actions, actions.port)}/webhook",
        }


def target(settings: ServiceSettings, port: int) -> str:
    """host:port by which the other processes of this machine reach a process."""
    return f"{_ANYWHERE.get(settings.bind, settings.bind)}:{port}"


def url(settings: ServiceSettings, port: int) -> str:
    """Where the other processes of this machine reach a process by HTTP."""
    return f"{'http' if settings.tls is None else 'https'}://{target(settings, port)}"


def _module(name: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", name, *arguments)


def _listening(prefix: str, settings: ServiceSettings) -> Mapping[str, str]:
    return {
        f"{prefix}BIND": settings.bind,
        f"{prefix}PORT": str(settings.port),
        f"{prefix}METRICS_PORT": str(settings.metrics_port),
    }


def _ports(settings: ServiceSettings, *fields: str) -> tuple[Port, ...]:
    return tuple(
        Port(settings.bind, getattr(settings, field), settings.env_name(field)) for field in fields
    )


def addresses(settings: RunSettings) -> list[tuple[str, str]]:
    """What a person may want to open or call, and where it is."""
    gateway, router, crm = settings.gateway, settings.router, settings.crm
    phone = settings.phone
    others = (settings.bot, settings.actions, settings.floor, settings.insights)
    measured = (router, crm, gateway, phone, *others)
    metrics = " ".join(f":{each.metrics_port}" for each in measured)
    return [
        ("Chat page", f"{url(gateway, gateway.port)}/"),
        ("Telephone", f"sip:bot@127.0.0.1:{phone.sip_port} (UDP)"),
        ("Router", f"{target(router, router.port)} (gRPC)"),
        ("Router's API", f"{url(router, router.http_port)}/"),
        ("CRM", f"{target(crm, crm.port)} (gRPC)"),
        ("Conversations", f"{target(gateway, gateway.grpc_port)} (gRPC)"),
        ("Metrics", f"{metrics} (/metrics)"),
        ("Logs", f"{settings.run.state_dir}/logs (make logs)"),
    ]
