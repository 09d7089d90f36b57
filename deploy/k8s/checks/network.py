"""Rules for who talks to whom: the arrows of the architecture, whole and no others."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from deploy.k8s.checks.manifests import Manifests, Resource, Workload

ARROWS = frozenset(
    {
        ("actions", "crm-adapter"),
        ("actions", "router"),
        ("bot", "actions"),
        ("bot", "conversations"),
        ("bot-balancer", "bot"),
        ("crm-adapter", "postgres"),
        ("crm-adapter", "redis"),
        ("gateway", "bot-balancer"),
        ("gateway", "conversations"),
        ("gateway", "crm-adapter"),
        ("gateway", "router"),
        ("insights", "conversations"),
        ("insights", "postgres"),
        ("insights", "redis"),
        ("model-training", "postgres"),
        ("phone", "bot-balancer"),
        ("phone", "conversations"),
        ("phone", "crm-adapter"),
        ("phone", "router"),
        ("redis", "redis"),
        ("router", "crm-adapter"),
        ("router", "redis"),
    }
)
"""Who opens connections to whom. The balancer stands between channels and bots."""

_PROBED = ("health", "status")
_SCHEMES = {"http": 80, "https": 443}

type Arrow = tuple[str, str, int]


def nothing_talks_by_itself(manifests: Manifests) -> Iterator[str]:
    """Where there are policies, one refuses everything that the others do not name."""
    policies = list(manifests.of("NetworkPolicy"))
    closed = any(
        not policy["spec"]["podSelector"]
        and set(policy["spec"]["policyTypes"]) == {"Ingress", "Egress"}
        and not {"ingress", "egress"} & policy["spec"].keys()
        for policy in policies
    )
    if policies and not closed:
        yield "no NetworkPolicy refuses what the others do not allow"


def only_the_arrows_are_open(manifests: Manifests) -> Iterator[str]:
    """Both ends of each arrow are open for the same port, and no other way is."""
    if not list(manifests.of("NetworkPolicy")):
        return
    out, into = _arrows(manifests, "egress", "to"), _arrows(manifests, "ingress", "from")
    for source, target, port in sorted(out ^ into):
        end = "leaving" if (source, target, port) in into else "arriving"
        yield f"{source} -> {target}:{port} is open at one end only, not for {end}"
    pairs = {(source, target) for source, target, _ in out | into}
    for source, target in sorted(pairs - ARROWS):
        yield f"{source} -> {target} is open and no arrow of the architecture"
    for source, target in sorted(ARROWS - pairs):
        yield f"{source} -> {target} is an arrow of the architecture and closed"


def every_port_is_in_a_policy(manifests: Manifests) -> Iterator[str]:
    """No port is served that nobody may reach; those for probes are the kubelet's alone."""
    policies = list(manifests.of("NetworkPolicy"))
    for workload in manifests.workloads if policies else ():
        opened = set().union(*(_opened(policy) for policy in _policies_of(workload, policies)))
        for name, port in workload.ports.items():
            if name not in _PROBED and port not in opened:
                yield f"{workload.name}: no policy lets anybody reach its port {name} ({port})"


def addresses_outside_are_open(manifests: Manifests) -> Iterator[str]:
    """Who is told of an address outside has a policy that lets it out to that port."""
    policies, own = list(manifests.of("NetworkPolicy")), manifests.named("Service").keys()
    for workload in manifests.workloads if policies else ():
        let_out = set().union(*(_let_out(each) for each in _policies_of(workload, policies)))
        for variable, value in manifests.settings(workload).items():
            if not (value and re.search(r"_(URL|ENDPOINT)$", variable)):
                continue
            address = urlsplit(value)
            port = address.port or _SCHEMES.get(address.scheme)
            if address.hostname not in own and port not in let_out:
                yield f"{workload.name}: {variable}={value}, and no policy lets it out there"


def _let_out(policy: Resource) -> set[int]:
    """Ports outside the namespace that a policy opens."""
    return {
        port["port"]
        for rule in policy["spec"].get("egress", ())
        for port in rule.get("ports", ())
        if any("ipBlock" in peer or "namespaceSelector" in peer for peer in rule.get("to", ()))
    }


def _policies_of(workload: Workload, policies: list[Resource]) -> Iterator[Resource]:
    for policy in policies:
        labels = policy["spec"]["podSelector"].get("matchLabels", {})
        if labels and labels.items() <= workload.labels.items():
            yield policy


def _opened(policy: Resource) -> set[int]:
    rules = policy["spec"].get("ingress", ())
    return {port["port"] for rule in rules for port in rule.get("ports", ())}


def _arrows(manifests: Manifests, way: str, peers: str) -> set[Arrow]:
    found = set[Arrow]()
    for policy in manifests.of("NetworkPolicy"):
        selector = policy["spec"]["podSelector"].get("matchLabels", {})
        own = [each.name for each in manifests.selected(selector)]
        for rule in policy["spec"].get(way, ()):
            others = list(_others(manifests, rule.get(peers)))
            ports = [port["port"] for port in rule.get("ports", ({"port": 0},))]
            pairs = [(a, b) for a in own for b in others]
            ends = pairs if way == "egress" else [(b, a) for a, b in pairs]
            found |= {(*pair, port) for pair in ends for port in ports}
    return found


def _others(manifests: Manifests, peers: Any) -> Iterator[str]:
    """Workloads among a rule's peers; a rule without peers is for all of them."""
    if not peers:
        yield from (each.name for each in manifests.workloads)
        return
    for peer in peers:
        if "podSelector" in peer and "namespaceSelector" not in peer:
            labels = peer["podSelector"].get("matchLabels", {})
            yield from (each.name for each in manifests.selected(labels))
