"""What an overlay amounts to: built by kubectl, asked by rules."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

type Resource = dict[str, Any]

_JOB = "CronJob"
_WORKLOADS = ("Deployment", "StatefulSet", _JOB)
_NAME = "app.kubernetes.io/name"
_KUBECTL = Path(sys.executable).parent / "kubectl"


@dataclass(frozen=True)
class Workload:
    """Pods of one kind: their name, what they are made from, and their containers."""

    name: str
    resource: Resource

    @property
    def ends(self) -> bool:
        """Whether its pods do one thing and are gone: nobody asks them, and nobody misses them."""
        return bool(self.resource["kind"] == _JOB)

    @property
    def _template(self) -> Resource:
        spec: Resource = self.resource["spec"]
        template: Resource = (spec["jobTemplate"]["spec"] if self.ends else spec)["template"]
        return template

    @property
    def pod(self) -> Resource:
        """The specification of its pods."""
        pod: Resource = self._template["spec"]
        return pod

    @property
    def containers(self) -> list[Resource]:
        """All containers of a pod, those that prepare it included."""
        return [*self.pod.get("initContainers", ()), *self.pod["containers"]]

    @property
    def labels(self) -> dict[str, str]:
        """What services and policies find its pods by."""
        labels: dict[str, str] = self._template["metadata"]["labels"]
        return labels

    @property
    def ports(self) -> dict[str, int]:
        """Container ports by name."""
        return {
            port["name"]: port["containerPort"]
            for container in self.containers
            for port in container.get("ports", ())
        }


@dataclass(frozen=True)
class Manifests:
    """All resources of an overlay."""

    resources: tuple[Resource, ...]

    def of(self, *kinds: str) -> Iterator[Resource]:
        """Resources of these kinds."""
        return (resource for resource in self.resources if resource["kind"] in kinds)

    def named(self, kind: str) -> dict[str, Resource]:
        """Resources of a kind by name."""
        return {resource["metadata"]["name"]: resource for resource in self.of(kind)}

    @cached_property
    def workloads(self) -> tuple[Workload, ...]:
        """Everything that runs, what runs for a while included."""
        return tuple(
            Workload(resource["metadata"]["name"], resource) for resource in self.of(*_WORKLOADS)
        )

    @cached_property
    def lasting(self) -> tuple[Workload, ...]:
        """Everything that runs until it is told to go."""
        return tuple(each for each in self.workloads if not each.ends)

    def selected(self, labels: dict[str, str]) -> Iterator[Workload]:
        """Workloads whose pods carry these labels."""
        return (each for each in self.workloads if labels.items() <= each.labels.items())

    def settings(self, workload: Workload) -> dict[str, str | None]:
        """The environment of a workload's first container; None: set from elsewhere."""
        maps, found = self.named("ConfigMap"), dict[str, str | None]()
        (container, *_) = workload.containers
        for source in container.get("envFrom", ()):
            found |= maps[source["configMapRef"]["name"]]["data"]
        return found | {entry["name"]: entry.get("value") for entry in container.get("env", ())}


def build(overlay: Path) -> Manifests:
    """Builds an overlay with the kubectl of this environment.

    Raises CalledProcessError when it cannot be built; what is wrong is on stderr then.
    """
    command = (str(_KUBECTL), "kustomize", str(overlay))
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return read(text)


def read(text: str) -> Manifests:
    """Reads a stream of YAML documents."""
    return Manifests(tuple(each for each in yaml.safe_load_all(text) if each))
