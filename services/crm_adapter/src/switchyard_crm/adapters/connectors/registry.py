"""Kinds of connectors, found by entry point, and connectors made of settings.

A package that brings a kind of its own names a `ConnectorKind` in its entry points:

    [project.entry-points."switchyard.crm.connectors"]
    tryton = "switchyard_crm.adapters.connectors.tryton:KIND"
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict
from switchyard_common.clock import Clock

from switchyard_crm.adapters.connectors.http import HttpLimits, JsonHttp
from switchyard_crm.adapters.connectors.mapped import Mapper
from switchyard_crm.adapters.connectors.mapping import BadFile, load_mapping, validated
from switchyard_crm.adapters.connectors.settings import (
    ConnectorSettings,
    ConnectorsFile,
    read_secrets,
)
from switchyard_crm.domain.identifiers import Normaliser
from switchyard_crm.service.connectors import Connector

GROUP = "switchyard.crm.connectors"


class NoOptions(BaseModel):
    """For kinds that have no options; other kinds give their own model."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class ConnectorParts:
    """What a connector is built of. `options` is of the kind's own model; secrets are by name."""

    name: str
    http: JsonHttp
    mapper: Mapper
    clock: Clock
    options: Any
    secrets: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class ConnectorKind:
    """One kind of CRM. `mapping` is the shipped default, None if an operator has to give one.

    `secrets` must be given, `optional_secrets` may; None there: any (templates name them).
    `base_path` is added to the address that an operator gives.
    """

    build: Callable[[ConnectorParts], Connector]
    mapping: Traversable | Path | None
    secrets: frozenset[str] = frozenset()
    optional_secrets: frozenset[str] | None = frozenset()
    options: type[BaseModel] = NoOptions
    base_path: str = ""


def shipped(name: str) -> Traversable:
    """A default mapping of this package."""
    return files("switchyard_crm.adapters.connectors") / "mappings" / name


class Registry:
    """Makes connectors of settings."""

    def __init__(
        self,
        normaliser: Normaliser,
        clock: Clock,
        installed: Iterable[EntryPoint] | None = None,
    ) -> None:
        """`installed` stands in for the entry points of the environment."""
        self._normaliser = normaliser
        self._clock = clock
        points = entry_points(group=GROUP) if installed is None else installed
        self._points = {point.name: point for point in points}

    def build(self, file: ConnectorsFile, settings: ConnectorSettings) -> Connector:
        """The connector that one entry of the file describes. Raises BadFile."""
        where = file.place(settings)
        kind = self._kind(settings.kind, where)
        _check_secrets(kind, settings, where)
        options = validated(kind.options, settings.options, f"{where}.options")
        secrets = read_secrets(settings.credentials, where)
        mapping = load_mapping(kind.mapping, settings.mapping)
        http = _http(kind, settings, self._clock, where)
        mapper = Mapper(settings.name, mapping, self._normaliser, self._clock)
        return kind.build(
            ConnectorParts(settings.name, http, mapper, self._clock, options, secrets)
        )

    def _kind(self, name: str, where: str) -> ConnectorKind:
        point = self._points.get(name)
        if point is None:
            known = ", ".join(sorted(self._points)) or "none"
            raise BadFile(f"{where}.kind: there is no such kind; installed: {known}")
        kind = point.load()
        if not isinstance(kind, ConnectorKind):
            raise BadFile(f"{where}.kind: the entry point {name} names no ConnectorKind")
        return kind


def _http(kind: ConnectorKind, settings: ConnectorSettings, clock: Clock, where: str) -> JsonHttp:
    limits = HttpLimits(settings.timeout_seconds, settings.concurrency)
    url = settings.url.rstrip("/") + "/" + kind.base_path
    try:
        return JsonHttp(url, limits, clock, ca_file=settings.ca_file)
    except OSError as error:  # ssl.SSLError is one
        raise BadFile(f"{where}.ca_file: cannot be used ({type(error).__name__})") from error


def _check_secrets(kind: ConnectorKind, settings: ConnectorSettings, where: str) -> None:
    given = set(settings.credentials)
    missing = sorted(kind.secrets - given)
    if missing:
        raise BadFile(f"{where}.credentials: missing: {', '.join(missing)}")
    if kind.optional_secrets is None:
        return
    unknown = sorted(given - kind.secrets - kind.optional_secrets)
    if unknown:
        known = ", ".join(sorted(kind.secrets | kind.optional_secrets)) or "none"
        raise BadFile(f"{where}.credentials: unknown: {', '.join(unknown)}; there are {known}")
