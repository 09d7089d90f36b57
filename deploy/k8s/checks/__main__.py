"""Builds every overlay and tells what is wrong with it: `python -m deploy.k8s.checks`."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from deploy.k8s.checks import models, monitoring, network, pods, processes, schemas
from deploy.k8s.checks.manifests import Manifests, build

OVERLAYS = tuple(sorted((Path(__file__).parents[1] / "overlays").iterdir()))
RULES: tuple[Callable[[Manifests], Iterator[str]], ...] = (
    pods.nothing_runs_as_root,
    pods.everything_is_limited,
    pods.everything_is_probed,
    pods.images_are_pinned,
    pods.nobody_has_rights_in_the_cluster,
    pods.secrets_are_references,
    pods.disruptions_are_bounded,
    pods.leaving_takes_its_time,
    network.nothing_talks_by_itself,
    network.only_the_arrows_are_open,
    network.every_port_is_in_a_policy,
    network.addresses_outside_are_open,
    processes.settings_exist,
    processes.ports_are_those_of_the_code,
    processes.addresses_lead_somewhere,
    processes.autoscalers_follow_real_metrics,
    processes.certificates_fit,
    models.models_arrive,
    monitoring.alerts_find_processes,
)


def main() -> int:
    """Returns the exit code: 1 if anything is wrong."""
    failed = False
    for overlay in OVERLAYS:
        manifests = build(overlay)
        found = [problem for rule in RULES for problem in rule(manifests)]
        for version in schemas.versions():
            found += schemas.problems(manifests, version)
        print(f"{overlay.name}: {len(manifests.resources)} resources, {len(found)} problems")
        for problem in found:
            print(f"  {problem}", file=sys.stderr)
        failed = failed or bool(found)
    print(f"{len(RULES)} rules, schemas of Kubernetes {', '.join(schemas.versions())}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
