"""Rules for alerts: they find the processes that they watch."""

import re
from collections.abc import Iterator

from deploy.k8s.checks.manifests import Manifests, Resource, Workload

_METRICS = "metrics"


def alerts_find_processes(manifests: Manifests) -> Iterator[str]:
    """Every process with metrics is scraped, under a job that the rules ask for."""
    monitors = list(manifests.of("PodMonitor"))
    asked = asked_for(manifests, "job")
    for workload in manifests.workloads if monitors else ():
        if _METRICS not in workload.ports:
            continue
        jobs = {_job(each, workload) for each in monitors if _scrapes(each, workload)}
        if not jobs:
            yield f"{workload.name}: no PodMonitor scrapes its metrics"
        for job in sorted(asked - jobs if jobs else ()):
            yield f"{workload.name}: is scraped as {', '.join(sorted(jobs))}, alerts ask for {job}"


def _scrapes(monitor: Resource, workload: Workload) -> bool:
    selector = monitor["spec"]["selector"]["matchLabels"]
    ports = {endpoint["port"] for endpoint in monitor["spec"]["podMetricsEndpoints"]}
    return bool(selector.items() <= workload.labels.items() and _METRICS in ports)


def _job(monitor: Resource, workload: Workload) -> str:
    """The label `job` as the operator makes it: of a pod's label, or of the monitor's name."""
    metadata = monitor["metadata"]
    own = f"{metadata.get('namespace', 'default')}/{metadata['name']}"
    return workload.labels.get(monitor["spec"].get("jobLabel", ""), own)


def asked_for(manifests: Manifests, label: str) -> set[str]:
    """Values of a label that expressions of alerts ask for."""
    return {
        value
        for resource in manifests.of("PrometheusRule")
        for group in resource["spec"]["groups"]
        for rule in group["rules"]
        for value in re.findall(rf'\b{label}="([^"]+)"', rule["expr"])
    }
