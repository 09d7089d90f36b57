"""What a process tells of its certificate."""

from collections.abc import Iterable
from typing import override

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from switchyard_common.certificate import certificate_of
from switchyard_common.settings import TlsFiles


class CertificateMetrics(Collector):
    """Looks at the certificate with each scrape, so that a new one is seen without any call."""

    def __init__(self, registry: CollectorRegistry, tls: TlsFiles) -> None:
        self._tls = tls
        registry.register(self)

    @override
    def collect(self) -> Iterable[Metric]:
        """What a scrape sees."""
        certificate = certificate_of(self._tls)
        expires, refused = self.describe()
        expires.add_metric((), certificate.current().expires_at)
        refused.add_metric((), certificate.refused)
        return (expires, refused)

    def describe(self) -> tuple[GaugeMetricFamily, CounterMetricFamily]:
        """The names, without a look at any file."""
        return (
            GaugeMetricFamily(
                "switchyard_certificate_expires_timestamp_seconds",
                "When the certificate that the process shows runs out, in seconds since 1970.",
                labels=(),
            ),
            CounterMetricFamily(
                "switchyard_certificate_refused",
                "New certificate files that could not be used; the old ones stayed.",
                labels=(),
            ),
        )
