"""Rules for models: what is trained arrives where routers look."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from deploy.k8s.checks.manifests import Manifests, Workload

_DIRECTORY = "ROUTER_MODEL_DIR"
_TRAINING = "model-training"


def models_arrive(manifests: Manifests) -> Iterator[str]:
    """Routers that look for a model read the volume that training writes to."""
    for router in (each for each in manifests.workloads if each.name == "router"):
        directory = manifests.settings(router).get(_DIRECTORY)
        if not directory:
            continue
        found = _claim(router, directory)
        if found is None:
            yield f"router: {_DIRECTORY}={directory} is on no volume"
            continue
        if not found[1]:
            yield f"router: may write to the volume of {_DIRECTORY}; readOnly: true"
        yield from _trained(manifests, directory, found[0])


def _trained(manifests: Manifests, directory: str, claim: str) -> Iterator[str]:
    for training in (each for each in manifests.workloads if each.name == _TRAINING):
        (container,) = training.containers
        if directory not in container["args"] or _claim(training, directory) != (claim, False):
            yield f"{_TRAINING}: does not put models into {directory} of the volume {claim}"


def _claim(workload: Workload, directory: str) -> tuple[str, bool] | None:
    """The volume claim that a directory is on, and whether it is only read there."""
    claims = {
        volume["name"]: volume["persistentVolumeClaim"]["claimName"]
        for volume in workload.pod.get("volumes", ())
        if "persistentVolumeClaim" in volume
    }
    for mount in workload.containers[0].get("volumeMounts", ()):
        if mount["name"] in claims and PurePosixPath(directory).is_relative_to(mount["mountPath"]):
            return claims[mount["name"]], mount.get("readOnly", False)
    return None
