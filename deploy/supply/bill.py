"""A bill of materials in CycloneDX 1.6 (OWASP, ECMA-424) of what is installed."""

from collections.abc import Iterable
from typing import Any

from deploy.supply.licences import Package


def bill(name: str, version: str, packages: Iterable[Package]) -> dict[str, Any]:
    """The bill of `name`: its packages with their purl and licence, in a stable order."""
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": name, "version": version}},
        "components": [_component(package) for package in packages],
    }


def _component(package: Package) -> dict[str, Any]:
    purl = f"pkg:pypi/{package.name}@{package.version}"
    part: dict[str, Any] = {
        "type": "library",
        "bom-ref": purl,
        "name": package.name,
        "version": package.version,
        "purl": purl,
    }
    if package.licence:
        part["licenses"] = [{"license": {"name": package.licence}}]
    return part
