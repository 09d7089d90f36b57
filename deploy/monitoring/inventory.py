"""Every metric that the processes export, read off their own classes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.core import Metric
from switchyard_actions.metrics import ActionsMetrics
from switchyard_bot.metrics import BotMetrics
from switchyard_common.certificate_metrics import CertificateMetrics
from switchyard_common.door import DoorMetrics
from switchyard_common.metrics import RpcMetrics
from switchyard_common.settings import TlsFiles
from switchyard_common.tracing_metrics import TracingMetrics
from switchyard_crm.entrypoints.connector_metrics import ConnectorMetrics
from switchyard_crm.entrypoints.link_metrics import LinkMetrics
from switchyard_crm.entrypoints.metrics import CrmMetrics
from switchyard_crm.entrypoints.privacy_metrics import PrivacyMetrics
from switchyard_crm.entrypoints.self_service_metrics import SelfServiceMetrics
from switchyard_crm.entrypoints.source_metrics import SourceMetrics
from switchyard_crm.entrypoints.write_metrics import WriteMetrics
from switchyard_demo.floor.metrics import FloorMetrics
from switchyard_gateway.adapters.metrics import GatewayMetrics
from switchyard_insights.adapters.erasure_metrics import ErasureMetrics
from switchyard_insights.adapters.housekeeping_metrics import HousekeepingMetrics
from switchyard_insights.adapters.metrics import InsightsMetrics
from switchyard_phone.adapters.metrics import PhoneMetrics
from switchyard_phone.adapters.speech_metrics import SpeechMetrics
from switchyard_router.adapters.face_metrics import FaceMetrics
from switchyard_router.adapters.metrics import RouterMetrics
from switchyard_router.adapters.models.drift_metrics import DriftMetrics, ShadowMetrics
from switchyard_router.adapters.models.metrics import ModelMetrics
from switchyard_router.adapters.store_metrics import StoreMetrics

type Maker = Callable[[CollectorRegistry], object]


def _rpc(service: str) -> Maker:
    return partial(RpcMetrics, service=service)


PROCESSES: dict[str, tuple[Maker, ...]] = {
    "router": (
        RouterMetrics,
        StoreMetrics,
        ModelMetrics,
        DriftMetrics,
        ShadowMetrics,
        FaceMetrics,
        _rpc("router"),
    ),
    "crm_adapter": (
        CrmMetrics,
        SourceMetrics,
        ConnectorMetrics,
        WriteMetrics,
        LinkMetrics,
        PrivacyMetrics,
        SelfServiceMetrics,
        partial(DoorMetrics, prefix="switchyard_crm"),
        _rpc("crm"),
    ),
    "gateway": (
        GatewayMetrics,
        partial(DoorMetrics, prefix="switchyard_gateway"),
        _rpc("gateway"),
    ),
    "rasa": (BotMetrics,),
    "actions": (ActionsMetrics,),
    "phone": (PhoneMetrics, SpeechMetrics),
    "insights": (
        InsightsMetrics,
        ErasureMetrics,
        partial(HousekeepingMetrics, now_ms=lambda: 0),
        _rpc("insights"),
    ),
    "floor": (FloorMetrics,),
    "every process": (
        lambda registry: ProcessCollector(registry=registry),
        lambda registry: PlatformCollector(registry=registry),
        lambda registry: GCCollector(registry=registry),
        partial(CertificateMetrics, tls=TlsFiles(Path("cert"), Path("key"), Path("ca"))),
        TracingMetrics,
    ),
}
"""Who makes metrics, by process as it is called in a `make run`; a test finds who is missing."""


@dataclass(frozen=True, slots=True)
class Described:
    """One metric. `name` is what is asked for, without a histogram's suffixes."""

    process: str
    name: str
    kind: str
    labels: tuple[str, ...]
    meaning: str

    @property
    def series(self) -> dict[str, frozenset[str]]:
        """Series as they are queried, with their labels."""
        if self.kind != "histogram":
            return {self.name: frozenset(self.labels)}
        plain = frozenset(self.labels)
        return {
            f"{self.name}_bucket": plain | {"le"},
            f"{self.name}_count": plain,
            f"{self.name}_sum": plain,
        }


@cache
def metrics() -> tuple[Described, ...]:
    """All of them, by process and name."""
    return tuple(
        described
        for process, makers in PROCESSES.items()
        for described in sorted(_described(process, makers), key=lambda each: each.name)
    )


@cache
def series() -> dict[str, frozenset[str]]:
    """Every series that can be asked for, with its labels."""
    return {name: labels for each in metrics() for name, labels in each.series.items()}


def _described(process: str, makers: Iterable[Maker]) -> Iterable[Described]:
    registry = CollectorRegistry()
    for make in makers:
        make(registry)
    collectors: Iterable[Any] = registry._collector_to_names
    for collector in collectors:
        labels = tuple(getattr(collector, "_labelnames", ()))
        for family in _families(collector):
            own = getattr(family, "_labelnames", labels)
            suffix = "_total" if family.type == "counter" else ""
            yield Described(
                process, f"{family.name}{suffix}", family.type, tuple(own), family.documentation
            )


def _families(collector: Any) -> Iterable[Metric]:
    describe = getattr(collector, "describe", None)
    found: Iterable[Metric] = describe() if describe is not None else collector.collect()
    # Those of the interpreter describe nothing, and tell what they have when they are asked.
    return list(found) or list(collector.collect())
