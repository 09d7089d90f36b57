"""Rules for what runs: without rights, within limits, watched, kept apart, leaving in order."""

import re
from collections.abc import Iterator

from switchyard_common.settings import ServiceSettings

from deploy.k8s.checks.manifests import Manifests, Resource, Workload

_PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
_START_SECONDS = {"bot": 180}
"""How long a process may at least take until it is ready; Rasa loads its model."""
_OFFER_SECONDS = 20
"""How long an agent is rung where a queue does not say otherwise."""
_SECRET = re.compile(r"PASSWORD|SECRET|MASTER_KEY|PSEUDONYM_KEY|AUTH|REDIS_URL|DATABASE_URL")
_RIGHTS = ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding")


def nothing_runs_as_root(manifests: Manifests) -> Iterator[str]:
    """No user 0, no privileges, nothing of the node, nothing written to the image."""
    for workload in manifests.workloads:
        pod = workload.pod
        context = pod.get("securityContext", {})
        if not (context.get("runAsNonRoot") and context.get("runAsUser")):
            yield f"{workload.name}: may run as root; set runAsNonRoot and runAsUser"
        if any(pod.get(of_node) for of_node in ("hostNetwork", "hostPID", "hostIPC")):
            yield f"{workload.name}: uses the node's network or processes"
        for container in workload.containers:
            yield from _hardened(workload.name, container)


def _hardened(name: str, container: Resource) -> Iterator[str]:
    context = container.get("securityContext", {})
    if context.get("runAsUser") == 0 or context.get("privileged"):
        yield f"{name}/{container['name']}: runs as root or privileged"
    if context.get("allowPrivilegeEscalation") is not False:
        yield f"{name}/{container['name']}: may gain privileges; allowPrivilegeEscalation: false"
    if context.get("readOnlyRootFilesystem") is not True:
        yield f"{name}/{container['name']}: may write to its image; readOnlyRootFilesystem: true"
    if context.get("capabilities", {}).get("drop") != ["ALL"]:
        yield f"{name}/{container['name']}: keeps capabilities; drop: [ALL]"


def everything_is_limited(manifests: Manifests) -> Iterator[str]:
    """Requests and limits for processor and memory."""
    for workload in manifests.workloads:
        for container in workload.containers:
            for part in ("requests", "limits"):
                given = set(container.get("resources", {}).get(part, ()))
                if missing := {"cpu", "memory"} - given:
                    names = ", ".join(sorted(missing))
                    yield f"{workload.name}/{container['name']}: no {part} of {names}"


def everything_is_probed(manifests: Manifests) -> Iterator[str]:
    """Three probes each; gRPC's own where a process has a health port; time enough to start."""
    for workload in manifests.lasting:
        for container in workload.pod["containers"]:
            name = f"{workload.name}/{container['name']}"
            if missing := [probe for probe in _PROBES if probe not in container]:
                yield f"{name}: no {', '.join(missing)}"
                continue
            health = {port["name"]: port["containerPort"] for port in container["ports"]}
            if "health" in health and "grpc" not in container["readinessProbe"]:
                yield f"{name}: has a health port, and its readiness is not asked there by gRPC"
            least = _START_SECONDS.get(workload.name, 0)
            start = container["startupProbe"]
            if start.get("periodSeconds", 10) * start.get("failureThreshold", 3) < least:
                yield f"{name}: is given less than {least} s to start"


def images_are_pinned(manifests: Manifests) -> Iterator[str]:
    """A digest, or a tag that is a version."""
    for workload in manifests.workloads:
        for container in workload.containers:
            image = container["image"]
            tag = image.rpartition("/")[2].partition(":")[2]
            if "@sha256:" not in image and not re.search(r"\d+\.\d+", tag):
                yield f"{workload.name}/{container['name']}: image {image} names no version"


def nobody_has_rights_in_the_cluster(manifests: Manifests) -> Iterator[str]:
    """A service account of its own for each, without token and roles."""
    accounts = manifests.named("ServiceAccount")
    for workload in manifests.workloads:
        account = workload.pod.get("serviceAccountName")
        if account != workload.name or account not in accounts:
            yield f"{workload.name}: has no service account of its own"
        elif accounts[account].get("automountServiceAccountToken") is not False:
            yield f"{workload.name}: its service account hands out tokens"
        if workload.pod.get("automountServiceAccountToken") is not False:
            yield f"{workload.name}: is given a token; automountServiceAccountToken: false"
    yield from (f"{each['metadata']['name']}: gives rights" for each in manifests.of(*_RIGHTS))


def secrets_are_references(manifests: Manifests) -> Iterator[str]:
    """No secret in the manifests, neither as a resource nor as a value."""
    yield from (f"{each['metadata']['name']}: is a Secret" for each in manifests.of("Secret"))
    for name, variable in _written_down(manifests):
        if _SECRET.search(variable):
            yield f"{name}: {variable} is written down; refer to a Secret"


def _written_down(manifests: Manifests) -> Iterator[tuple[str, str]]:
    """Variables with a value in the manifests, and where."""
    for name, config in manifests.named("ConfigMap").items():
        yield from ((name, variable) for variable in config["data"])
    for workload in manifests.workloads:
        for container in workload.containers:
            given = (entry for entry in container.get("env", ()) if "value" in entry)
            yield from ((workload.name, entry["name"]) for entry in given)


def disruptions_are_bounded(manifests: Manifests) -> Iterator[str]:
    """One budget and a spread over machines for each workload."""
    bounded = {
        workload.name
        for budget in manifests.of("PodDisruptionBudget")
        for workload in manifests.selected(budget["spec"]["selector"]["matchLabels"])
    }
    for workload in manifests.lasting:
        if workload.name not in bounded:
            yield f"{workload.name}: no PodDisruptionBudget"
        alone = workload.resource["spec"].get("replicas") == 1
        if not alone and "topologySpreadConstraints" not in workload.pod:
            yield f"{workload.name}: its replicas may all be on one machine"


def leaving_takes_its_time(manifests: Manifests) -> Iterator[str]:
    """Processes leave after clients know, and are not killed within an offer or their drain."""
    for workload in manifests.lasting:
        grace = workload.pod.get("terminationGracePeriodSeconds", 30)
        if grace <= _OFFER_SECONDS:
            yield f"{workload.name}: is killed within an offer of {_OFFER_SECONDS} s"
        if workload.labels.get("app.kubernetes.io/part-of") != "switchyard":
            continue
        pause = _pause_seconds(workload)
        if not pause:
            yield f"{workload.name}: leaves before clients know; add a preStop"
        if grace <= pause + _drain_seconds(manifests, workload):
            yield f"{workload.name}: is killed while it drains; raise its grace"


def _pause_seconds(workload: Workload) -> int:
    hook = workload.containers[0].get("lifecycle", {}).get("preStop", {})
    return int(hook.get("sleep", {}).get("seconds", 0))


def _drain_seconds(manifests: Manifests, workload: Workload) -> float:
    settings = manifests.settings(workload).items()
    given = [float(value) for name, value in settings if value and "_DRAIN_" in name]
    return max(given, default=ServiceSettings.model_fields["drain_seconds"].default)
