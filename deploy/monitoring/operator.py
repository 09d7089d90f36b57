"""The alerts as the Prometheus operator takes them: a PrometheusRule of the component `monitoring`.

Kustomize reads no file from outside a component, so they are written into it.
"""

from typing import Any

import yaml

from deploy.monitoring.alerts import RULES

PATH = "deploy/k8s/components/monitoring/alerts.yaml"
_HEAD = "# Written by `make monitoring` from deploy/prometheus/rules.\n"


def render() -> str:
    """The manifest: every group of every file of rules, in the order of the files' names."""
    groups = [group for path in sorted(RULES.glob("*.yml")) for group in _groups(path.read_text())]
    manifest = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "switchyard"},
        "spec": {"groups": groups},
    }
    return _HEAD + yaml.safe_dump(manifest, sort_keys=False, allow_unicode=True, width=1000)


def _groups(text: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load(text)["groups"])
