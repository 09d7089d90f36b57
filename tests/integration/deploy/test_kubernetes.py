"""The manifests keep their rules, and every rule notices what it is for."""

import shutil
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.k8s.checks import models, monitoring, network, pods, processes, schemas
from deploy.k8s.checks.__main__ import OVERLAYS, RULES
from deploy.k8s.checks.manifests import Manifests, Resource, build

pytestmark = pytest.mark.integration

type Rule = Callable[[Manifests], Iterator[str]]
type Fault = Callable[[Manifests], object]

TRACED = {"actions", "bot", "crm-adapter", "gateway", "phone", "router"}
PROD = next(overlay for overlay in OVERLAYS if overlay.name == "prod")


@cache
def built(overlay: Path) -> Manifests:
    return build(overlay)


def copy_of(manifests: Manifests) -> Manifests:
    return Manifests(deepcopy(manifests.resources))


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: path.name)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_overlay_keeps_every_rule(overlay: Path, rule: Rule) -> None:
    assert list(rule(built(overlay))) == []


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: path.name)
@pytest.mark.parametrize("version", schemas.versions())
def test_the_last_three_versions_of_kubernetes_take_every_overlay(
    overlay: Path, version: str
) -> None:
    assert list(schemas.problems(built(overlay), version)) == []


def pod(manifests: Manifests, name: str) -> Any:
    return next(each for each in manifests.workloads if each.name == name).pod


def process(manifests: Manifests, name: str) -> Any:
    return pod(manifests, name)["containers"][0]


def mount(manifests: Manifests, name: str, of: str) -> Any:
    return next(each for each in process(manifests, name)["volumeMounts"] if each["name"] == of)


def settings(manifests: Manifests, name: str) -> Any:
    source = process(manifests, name)["envFrom"][0]["configMapRef"]["name"]
    return manifests.named("ConfigMap")[source]["data"]


def policy(manifests: Manifests, name: str) -> Any:
    return manifests.named("NetworkPolicy")[name]["spec"]


def scaler(manifests: Manifests, name: str) -> Any:
    return manifests.named("HorizontalPodAutoscaler")[name]["spec"]


def port(manifests: Manifests, name: str, of: str) -> Any:
    return next(each for each in process(manifests, name)["ports"] if each["name"] == of)


def certificate(manifests: Manifests, name: str) -> Any:
    return manifests.named("Certificate")[name]["spec"]


def pod_monitor(manifests: Manifests) -> Any:
    return manifests.named("PodMonitor")["switchyard"]["spec"]


def rule_of(manifests: Manifests, name: str, way: str, peer: str) -> Resource:
    """The rule of a policy for one peer."""
    return next(rule for rule in policy(manifests, name)[way] if f": '{peer}'" in str(rule))


FAULTS: dict[str, tuple[Rule, Fault, str]] = {
    "root": (
        pods.nothing_runs_as_root,
        lambda m: pod(m, "router")["securityContext"].update(runAsUser=0),
        "router: may run as root",
    ),
    "image written to": (
        pods.nothing_runs_as_root,
        lambda m: process(m, "phone")["securityContext"].pop("readOnlyRootFilesystem"),
        "phone/process: may write to its image",
    ),
    "node's network": (
        pods.nothing_runs_as_root,
        lambda m: pod(m, "phone").update(hostNetwork=True),
        "phone: uses the node's network",
    ),
    "no limit": (
        pods.everything_is_limited,
        lambda m: process(m, "bot")["resources"]["limits"].pop("memory"),
        "bot/process: no limits of memory",
    ),
    "no probe": (
        pods.everything_is_probed,
        lambda m: process(m, "actions").pop("livenessProbe"),
        "actions/process: no livenessProbe",
    ),
    "no gRPC probe": (
        pods.everything_is_probed,
        lambda m: process(m, "router").update(readinessProbe={"tcpSocket": {"port": 7301}}),
        "router/process: has a health port",
    ),
    "Rasa cut off while it starts": (
        pods.everything_is_probed,
        lambda m: process(m, "bot")["startupProbe"].update(failureThreshold=3),
        "bot/process: is given less than 180 s",
    ),
    "latest": (
        pods.images_are_pinned,
        lambda m: process(m, "gateway").update(image="switchyard/gateway:latest"),
        "gateway/process: image switchyard/gateway:latest names no version",
    ),
    "no tag, but a registry's port": (
        pods.images_are_pinned,
        lambda m: process(m, "gateway").update(image="registry.example.com:5000/gateway"),
        "gateway/process: image",
    ),
    "token": (
        pods.nobody_has_rights_in_the_cluster,
        lambda m: pod(m, "insights").update(automountServiceAccountToken=True),
        "insights: is given a token",
    ),
    "secret written down": (
        pods.secrets_are_references,
        lambda m: settings(m, "crm-adapter").update(CRM_MASTER_KEY="c2VjcmV0"),
        "crm-adapter-settings",
    ),
    "no budget": (
        pods.disruptions_are_bounded,
        lambda m: m.named("PodDisruptionBudget")["bot"]["spec"]["selector"].update(
            matchLabels={"app.kubernetes.io/name": "bots"}
        ),
        "bot: no PodDisruptionBudget",
    ),
    "all on one machine": (
        pods.disruptions_are_bounded,
        lambda m: pod(m, "router").pop("topologySpreadConstraints"),
        "router: its replicas may all be on one machine",
    ),
    "killed within an offer": (
        pods.leaving_takes_its_time,
        lambda m: pod(m, "router").update(terminationGracePeriodSeconds=20),
        "router: is killed within an offer",
    ),
    "killed while it drains": (
        pods.leaving_takes_its_time,
        lambda m: settings(m, "phone").update(PHONE_DRAIN_SECONDS="900"),
        "phone: is killed while it drains",
    ),
    "no pause": (
        pods.leaving_takes_its_time,
        lambda m: process(m, "gateway").pop("lifecycle"),
        "gateway: leaves before clients know",
    ),
    "open by default": (
        network.nothing_talks_by_itself,
        lambda m: policy(m, "nothing-by-itself").update(policyTypes=["Ingress"]),
        "no NetworkPolicy refuses",
    ),
    "arrow too many": (
        network.only_the_arrows_are_open,
        lambda m: rule_of(m, "actions", "egress", "router")["to"].append(
            {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "redis"}}}
        ),
        "actions -> redis is open and no arrow",
    ),
    "everybody may come": (
        network.only_the_arrows_are_open,
        lambda m: rule_of(m, "bot", "ingress", "bot-balancer").pop("from"),
        "gateway -> bot is open and no arrow",
    ),
    "arrow missing": (
        network.only_the_arrows_are_open,
        lambda m: policy(m, "gateway")["egress"].remove(rule_of(m, "gateway", "egress", "router")),
        "gateway -> router:7101 is open at one end only, not for leaving",
    ),
    "port in no policy": (
        network.every_port_is_in_a_policy,
        lambda m: process(m, "gateway")["ports"].append({"name": "new", "containerPort": 7999}),
        "gateway: no policy lets anybody reach its port new (7999)",
    ),
    "address outside that is closed": (
        network.addresses_outside_are_open,
        lambda m: settings(m, "router").update(ROUTER_TOKEN_KEYS_URL="https://login.example.com"),
        "router: ROUTER_TOKEN_KEYS_URL=https://login.example.com, and no policy lets it out",
    ),
    "setting that is none": (
        processes.settings_exist,
        lambda m: settings(m, "router").update(ROUTER_DRAIN_SECOND="5"),
        "router: there is no setting ROUTER_DRAIN_SECOND",
    ),
    "setting of the bot that is none": (
        processes.settings_exist,
        lambda m: settings(m, "bot").update(BOT_DRAIN_SECONDS="5"),
        "bot: there is no setting BOT_DRAIN_SECONDS",
    ),
    "setting that is missing": (
        processes.settings_exist,
        lambda m: process(m, "router").update(env=[]),
        "router: ROUTER_PSEUDONYM_KEY has no default",
    ),
    "other port than the code's": (
        processes.ports_are_those_of_the_code,
        lambda m: port(m, "router", "http").update(containerPort=8080),
        "router: port http is 8080, the process listens on 7107",
    ),
    "health port that nobody opens": (
        processes.ports_are_those_of_the_code,
        lambda m: settings(m, "router").pop("ROUTER_HEALTH_PORT"),
        "router: port health is 7301, the process listens on 0",
    ),
    "sound kept out": (
        processes.ports_are_those_of_the_code,
        lambda m: settings(m, "phone").update(PHONE_RTP_PORTS="30000-34000"),
        "phone: sound comes in on UDP 30000-34000",
    ),
    "address of nobody": (
        processes.addresses_lead_somewhere,
        lambda m: settings(m, "gateway").update(GATEWAY_ROUTER_TARGET="dns:///routers:7101"),
        "gateway: GATEWAY_ROUTER_TARGET=dns:///routers:7101 is no service here",
    ),
    "metric of nobody": (
        processes.autoscalers_follow_real_metrics,
        lambda m: scaler(m, "phone")["metrics"][0]["pods"]["metric"].update(name="calls"),
        "phone: nobody knows calls",
    ),
    "certificate for another name": (
        processes.certificates_fit,
        lambda m: certificate(m, "actions").update(dnsNames=["actions"]),
        "actions: actions-tls is not for actions-balanced",
    ),
    "model on no volume": (
        models.models_arrive,
        lambda m: settings(m, "router").update(ROUTER_MODEL_DIR="/var/models"),
        "router: ROUTER_MODEL_DIR=/var/models is on no volume",
    ),
    "model that routers may change": (
        models.models_arrive,
        lambda m: mount(m, "router", "models").pop("readOnly"),
        "router: may write to the volume of ROUTER_MODEL_DIR",
    ),
    "model trained for nobody": (
        models.models_arrive,
        lambda m: process(m, "model-training").update(args=["--out", "/models/other"]),
        "model-training: does not put models into /models/handle_time",
    ),
    "process that alerts do not find": (
        monitoring.alerts_find_processes,
        lambda m: pod_monitor(m).pop("jobLabel"),
        "router: is scraped as switchyard/switchyard, alerts ask for switchyard",
    ),
    "process that nobody scrapes": (
        monitoring.alerts_find_processes,
        lambda m: pod_monitor(m)["podMetricsEndpoints"][0].update(port="measures"),
        "insights: no PodMonitor scrapes its metrics",
    ),
    "root for a while": (
        pods.nothing_runs_as_root,
        lambda m: pod(m, "model-training").pop("securityContext"),
        "model-training: may run as root",
    ),
    "store's certificate for another name": (
        processes.certificates_fit,
        lambda m: certificate(m, "redis")["dnsNames"].remove("redis"),
        "redis: redis-tls is not for redis",
    ),
}


@pytest.mark.parametrize(("rule", "fault", "told"), FAULTS.values(), ids=FAULTS.keys())
def test_a_planted_fault_is_found(rule: Rule, fault: Fault, told: str) -> None:
    manifests = copy_of(built(PROD))
    fault(manifests)
    assert any(problem.startswith(told) for problem in rule(manifests))


def test_every_rule_has_a_fault_that_it_finds() -> None:
    assert {rule for rule, _, _ in FAULTS.values()} == set(RULES)


def test_what_no_version_knows_and_what_one_refuses_is_found() -> None:
    manifests = copy_of(built(PROD))
    pod(manifests, "router")["terminationGracePeriodSeconds"] = "long"
    manifests.named("HorizontalPodAutoscaler")["bot"]["apiVersion"] = "autoscaling/v2beta2"
    for version in schemas.versions():
        found = "\n".join(schemas.problems(manifests, version))
        assert f"Deployment router: Kubernetes {version} refuses it" in found
        assert (
            f"HorizontalPodAutoscaler bot: Kubernetes {version} has no autoscaling/v2beta2" in found
        )


def taking(component: str, overlay: Path, directory: Path) -> Manifests:
    """An overlay that takes one more component, as its last."""
    copied = shutil.copytree(overlay.parents[1], directory / "k8s") / "overlays" / overlay.name
    file = copied / "kustomization.yaml"
    ours = yaml.safe_load(file.read_text())
    ours["components"].append(f"../../components/{component}")
    file.write_text(yaml.safe_dump(ours))
    return build(copied)


def told_of_a_collector(manifests: Manifests) -> set[str]:
    return {
        each.name
        for each in manifests.workloads
        if "OTEL_EXPORTER_OTLP_ENDPOINT" in manifests.settings(each)
    }


def let_out_to_a_collector(manifests: Manifests) -> set[str]:
    """Whose policies open the port of the collector's address."""
    return {
        name
        for name, policy in manifests.named("NetworkPolicy").items()
        for rule in policy["spec"].get("egress", ())
        if {"port": 4318} in rule.get("ports", ())
    }


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: path.name)
def test_nothing_is_traced_unless_the_component_is_taken(overlay: Path) -> None:
    assert told_of_a_collector(built(overlay)) == set()
    assert let_out_to_a_collector(built(overlay)) == set()


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: path.name)
def test_all_who_trace_are_told_of_the_collector_and_reach_it(
    overlay: Path, tmp_path: Path
) -> None:
    manifests = taking("tracing", overlay, tmp_path)
    assert told_of_a_collector(manifests) == TRACED
    closed = bool(list(manifests.of("NetworkPolicy")))
    assert let_out_to_a_collector(manifests) == (TRACED if closed else set())
    assert [problem for rule in RULES for problem in rule(manifests)] == []


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: path.name)
def test_all_who_check_tokens_may_fetch_the_keys_of_an_issuer(
    overlay: Path, tmp_path: Path
) -> None:
    manifests = taking("token-issuer", overlay, tmp_path)
    told = {
        each.name
        for each in manifests.workloads
        if any(name.endswith("_TOKEN_KEYS_URL") for name in manifests.settings(each))
    }
    assert told == {"router", "crm-adapter", "gateway"}
    assert [problem for rule in RULES for problem in rule(manifests)] == []


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: path.name)
def test_the_routers_store_refuses_before_it_is_killed(overlay: Path) -> None:
    server = process(built(overlay), "redis")
    (most,) = (each["value"] for each in server["env"] if each["name"] == "MAX_MEMORY")
    assert server["resources"]["limits"]["memory"] == "1Gi"
    assert int(most.removesuffix("mb")) <= 0.7 * 1024
    (scripts,) = (
        each["data"]
        for name, each in built(overlay).named("ConfigMap").items()
        if name.startswith("redis-scripts")
    )
    assert "\nmaxmemory ${MAX_MEMORY}\n" in scripts["server.sh"]


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: path.name)
def test_the_store_of_conversations_refuses_before_it_is_killed(overlay: Path) -> None:
    server = process(built(overlay), "conversations")
    assert server["resources"]["limits"]["memory"] == "1Gi"
    assert " --maxmemory 640mb --maxmemory-policy noeviction" in server["command"][-1]


@pytest.mark.parametrize("store", ["redis", "conversations", "postgres"])
@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: path.name)
def test_stores_speak_tls_only(overlay: Path, store: str) -> None:
    containers = pod(built(overlay), store)["containers"]
    for container in containers:
        assert {"name": "tls", "mountPath": "/tls", "readOnly": True} in container["volumeMounts"]
    config = "".join(
        text
        for name, each in built(overlay).named("ConfigMap").items()
        if name.startswith(("redis-scripts", "postgres-access"))
        for text in each["data"].values()
    )
    assert "port 0\ntls-port" in config
    assert "hostssl all all all" in config
    assert not any(line.startswith("host ") for line in config.splitlines())


def audit_claim(manifests: Manifests, name: str) -> tuple[str, bool]:
    """The claim on which a workload's audit log lies, and whether it only reads there."""
    of = mount(manifests, name, "audit")
    assert of["mountPath"] == "/audit"
    volumes = {each["name"]: each for each in pod(manifests, name)["volumes"]}
    return volumes["audit"]["persistentVolumeClaim"]["claimName"], of.get("readOnly", False)


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: path.name)
@pytest.mark.parametrize(("name", "prefix"), [("router", "ROUTER"), ("crm-adapter", "CRM")])
def test_an_audit_log_outlives_its_pod_and_is_sealed(overlay: Path, name: str, prefix: str) -> None:
    manifests = built(overlay)
    (workload,) = (each for each in manifests.workloads if each.name == name)
    assert manifests.settings(workload)[f"{prefix}_AUDIT_DIR"] == "/audit"
    assert audit_claim(manifests, name) == ("audit", False)
    (key,) = (
        each for each in process(manifests, name)["env"] if each["name"] == f"{prefix}_AUDIT_KEY"
    )
    assert key["valueFrom"]["secretKeyRef"] == {"name": "switchyard-secrets", "key": "audit-key"}


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: path.name)
def test_audit_logs_are_verified_every_night_by_what_cannot_write_them(overlay: Path) -> None:
    manifests = built(overlay)
    assert audit_claim(manifests, "audit-verify") == ("audit", True)
    container = process(manifests, "audit-verify")
    assert [*container["command"], *container["args"]][:4] == [
        *("switchyard", "audit", "verify", "/audit")
    ]


def test_alerts_watch_the_nightly_check_by_its_name() -> None:
    manifests = built(PROD)
    assert monitoring.asked_for(manifests, "cronjob") == {"audit-verify"}
    assert "audit-verify" in manifests.named("CronJob")
