"""Rules that tie manifests to the code: settings, ports, addresses, metrics, certificates."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import yaml
from switchyard_actions.settings import ActionsSettings
from switchyard_common.settings import ServiceSettings
from switchyard_crm.settings import CrmSettings
from switchyard_gateway.settings import GatewaySettings
from switchyard_insights.settings import InsightsSettings
from switchyard_phone.settings import PhoneSettings
from switchyard_router.settings import RouterSettings

from deploy.k8s.checks.manifests import Manifests, Workload

ROOT = Path(__file__).parents[3]
CLASSES: dict[str, type[ServiceSettings]] = {
    "actions": ActionsSettings,
    "crm-adapter": CrmSettings,
    "gateway": GatewaySettings,
    "insights": InsightsSettings,
    "phone": PhoneSettings,
    "router": RouterSettings,
}
# Which setting a container port is, where the name is not enough.
_FIELDS = {
    ("gateway", "grpc"): "grpc_port",
    ("router", "http"): "http_port",
    ("phone", "sip"): "sip_port",
}
_USUAL = {
    "grpc": "port",
    "health": "health_port",
    "http": "port",
    "metrics": "metrics_port",
    "status": "port",
}
_OF_LIBRARIES = {
    "SSL_CERT_FILE",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_TRACES_SAMPLER",
    "OTEL_TRACES_SAMPLER_ARG",
}
"""Read by OpenSSL and OpenTelemetry, not by our settings."""


def settings_exist(manifests: Manifests) -> Iterator[str]:
    """Every variable is one that the process reads, and none that it needs is missing."""
    for workload in manifests.workloads:
        known, needed = _variables(workload.name)
        given = set(manifests.settings(workload)) if known else set()
        for name in sorted(given - known - _OF_LIBRARIES):
            yield f"{workload.name}: there is no setting {name}"
        for name in sorted(needed - given):
            yield f"{workload.name}: {name} has no default and is not set"


def ports_are_those_of_the_code(manifests: Manifests) -> Iterator[str]:
    """Container ports are what the process listens on: its setting, or the default of it."""
    for workload in manifests.workloads:
        for name, port in workload.ports.items():
            listened = _listened(manifests, workload, name)
            if listened is not None and listened != port:
                yield f"{workload.name}: port {name} is {port}, the process listens on {listened}"
        if workload.name == "phone":
            yield from _sound_is_let_in(manifests, workload)


def addresses_lead_somewhere(manifests: Manifests) -> Iterator[str]:
    """What a process is told to call is a service here, with that port."""
    served = {
        (name, port["port"])
        for name, service in manifests.named("Service").items()
        for port in service["spec"]["ports"]
    }
    for workload in manifests.workloads:
        for variable, value in manifests.settings(workload).items():
            if value and re.search(r"_(TARGET|BOT_URL|ACTIONS_URL)$", variable):
                address = urlsplit(value if value.startswith("http") else f"x://{value[7:]}")
                if (address.hostname, address.port) not in served:
                    yield f"{workload.name}: {variable}={value} is no service here"


def autoscalers_follow_real_metrics(manifests: Manifests) -> Iterator[str]:
    """Each metric is one that a process exports, or a rule of the adapter makes from one."""
    exported, made = _exported(), dict[str, str]()
    for name, config in manifests.named("ConfigMap").items():
        if name.startswith("switchyard-adapter-rules"):
            made |= _made(config["data"]["rules.yaml"])
    for name, source in made.items():
        if re.sub("_(bucket|sum|count)$", "", source) not in exported:
            yield f"adapter: {name} is made from {source}, which nobody exports"
    for scaler in manifests.of("HorizontalPodAutoscaler"):
        for metric in scaler["spec"]["metrics"]:
            of = metric.get("pods") or metric.get("external")
            if of and of["metric"]["name"] not in (made or exported):
                yield f"{scaler['metadata']['name']}: nobody knows {of['metric']['name']}"


def certificates_fit(manifests: Manifests) -> Iterator[str]:
    """Every Secret of TLS is made by a certificate, for each name that the process is called by."""
    certificates = {
        certificate["spec"]["secretName"]: certificate["spec"]
        for certificate in manifests.of("Certificate")
    }
    for workload in manifests.workloads:
        names = _names(manifests, workload)
        for volume in workload.pod.get("volumes", ()):
            secret = volume.get("secret", {}).get("secretName", "")
            if secret.endswith("-tls") and certificates:
                given = set(certificates.get(secret, {}).get("dnsNames", ()))
                if missing := names - given:
                    yield f"{workload.name}: {secret} is not for {', '.join(sorted(missing))}"


def _names(manifests: Manifests, workload: Workload) -> set[str]:
    return {
        name
        for name, service in manifests.named("Service").items()
        if service["spec"]["selector"].items() <= workload.labels.items()
    }


@cache
def _variables(process: str) -> tuple[frozenset[str], frozenset[str]]:
    """Variables that a process reads, and those of them that it cannot do without."""
    if process == "bot":
        text = (ROOT / "services/ivr_bot/bot/switchyard_bot/settings.py").read_text()
        return frozenset(re.findall(r'"(BOT_[A-Z_]+)"', text)), frozenset({"BOT_REDIS_URL"})
    if process not in CLASSES:
        return frozenset(), frozenset()
    cls = CLASSES[process]
    fields = cls.model_fields.items()
    needed = (cls.env_name(name) for name, field in fields if field.is_required())
    return frozenset(cls.env_name(name) for name, _ in fields), frozenset(needed)


def _listened(manifests: Manifests, workload: Workload, name: str) -> int | None:
    field = _FIELDS.get((workload.name, name), _USUAL.get(name, ""))
    if workload.name == "bot":
        return {"http": 7105, "metrics": 9105}.get(name)
    if workload.name not in CLASSES or not field:
        return None
    cls = CLASSES[workload.name]
    given = manifests.settings(workload).get(cls.env_name(field))
    default = cls.model_fields[field].default
    return int(given) if given else (default if default is not None else 0)


def _sound_is_let_in(manifests: Manifests, phone: Workload) -> Iterator[str]:
    first, last = PhoneSettings.model_fields["rtp_ports"].default
    given = manifests.settings(phone).get("PHONE_RTP_PORTS") or f"{first}-{last}"
    policy = manifests.named("NetworkPolicy").get("phone")
    rules = policy["spec"]["ingress"] if policy else ()
    opened = {
        f"{port['port']}-{port['endPort']}"
        for rule in rules
        for port in rule["ports"]
        if port.get("protocol") == "UDP" and "endPort" in port
    }
    if policy and given not in opened:
        yield f"phone: sound comes in on UDP {given}, and the policy opens {opened or 'no range'}"


@cache
def _exported() -> frozenset[str]:
    page = (ROOT / "docs/metrics.md").read_text()
    return frozenset(re.findall(r"^\| `(switchyard_\w+)`", page, re.MULTILINE))


def _made(text: str) -> dict[str, str]:
    """What the adapter makes, by name, and the series that it makes it from."""
    rules = yaml.safe_load(text)
    made = {}
    for rule in (*rules["rules"], *rules.get("externalRules", ())):
        series = rule["seriesQuery"].partition("{")[0]
        made[rule.get("name", {}).get("as", series)] = series
    return made
