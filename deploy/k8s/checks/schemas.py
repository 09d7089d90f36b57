"""Whether the versions of Kubernetes that are in use take the manifests."""

from collections.abc import Iterator

from kubernetes_validate import SchemaNotFoundError, ValidationError, validate
from kubernetes_validate.utils import all_versions, major_minor

from deploy.k8s.checks.manifests import Manifests

OTHERS = frozenset({"cert-manager.io/v1", "monitoring.coreos.com/v1"})
"""Resources of operators, whose schemas Kubernetes does not have."""
_VERSIONS = 3


def versions() -> tuple[str, ...]:
    """The last three minor versions, the oldest first."""
    known = {major_minor(version) for version in all_versions()}
    return tuple(sorted(known, key=lambda each: tuple(map(int, each.split(".")))))[-_VERSIONS:]


def problems(manifests: Manifests, version: str) -> Iterator[str]:
    """What a version would refuse, or does not know."""
    for resource in manifests.resources:
        if resource["apiVersion"] in OTHERS:
            continue
        name = f"{resource['kind']} {resource['metadata']['name']}"
        try:
            validate(resource, version, strict=True)
        except ValidationError as error:
            yield f"{name}: Kubernetes {version} refuses it: {error.message}"
        except SchemaNotFoundError:
            yield f"{name}: Kubernetes {version} has no {resource['apiVersion']}"
