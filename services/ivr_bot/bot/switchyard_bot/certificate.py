"""The bot's certificate: shown by its server and to the action server, and taken anew when it
changes.

The other processes share `switchyard_common.certificate`, which needs a newer Python than Rasa's.
"""

import ssl
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import structlog
from cryptography import x509
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

_LOOK_SECONDS = 1.0
_LOG = structlog.get_logger()


class Certificate:
    """PEM files and what is made of them. Looks at the files at most once a second."""

    def __init__(
        self,
        cert: Path,
        key: Path,
        ca: Path | None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Without `ca` nobody is asked for a certificate, and the system's authorities are trusted.

        Raises:
            OSError, ValueError: the files cannot be used.
        """
        self._cert, self._key, self._ca = cert, key, ca
        self.refused = 0
        self._monotonic = monotonic
        self._stamp = self._stamp_now()
        self._make()
        self._looked = self._monotonic()
        # The contexts of the servers that listen: what they are given is decided per connection.
        self.listening = self._server()
        self.listening.sni_callback = self._choose

    def _choose(self, connection: Any, _: str | None, __: Any) -> None:
        self.look()
        connection.context = self._for_clients

    def to_servers(self) -> ssl.SSLContext:
        """For connections to servers of our own."""
        self.look()
        return self._for_servers

    def expires_at(self) -> float:
        """When it runs out, in seconds since 1970."""
        self.look()
        return self._expires_at

    def look(self) -> None:
        """Take new files; those that cannot be used change nothing."""
        if self._monotonic() - self._looked < _LOOK_SECONDS:
            return
        self._looked = self._monotonic()
        stamp: Any = None
        try:
            stamp = self._stamp_now()
            if stamp != self._stamp:
                self._make()
                _LOG.info("certificate_replaced", file=str(self._cert))
        except (OSError, ValueError) as error:
            if stamp != self._stamp:
                self.refused += 1
                _LOG.error("certificate_refused", file=str(self._cert), problem=str(error))
        self._stamp = stamp

    def _make(self) -> None:
        clients, servers = self._server(), ssl.create_default_context()
        servers.load_cert_chain(self._cert, self._key)
        if self._ca is not None:
            servers.load_verify_locations(self._ca)
        ends = x509.load_pem_x509_certificate(self._cert.read_bytes()).not_valid_after_utc
        self._for_clients, self._for_servers = clients, servers
        self._expires_at = ends.timestamp()

    def _server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self._cert, self._key)
        if self._ca is not None:
            # Probes have none; `strangers` decides what they see.
            context.verify_mode = ssl.CERT_OPTIONAL
            context.load_verify_locations(self._ca)
        return context

    def _stamp_now(self) -> Any:
        files = (self._cert, self._key, *([self._ca] if self._ca else []))
        return [(each.st_mtime_ns, each.st_ino, each.st_size) for each in map(Path.stat, files)]


class CertificateMetrics(Collector):
    """The names are those of all other processes."""

    def __init__(self, registry: CollectorRegistry, certificate: Certificate) -> None:
        """Registers them; they are read with each scrape."""
        self._certificate = certificate
        registry.register(self)

    def collect(self) -> Iterable[Metric]:
        """What a scrape sees."""
        yield GaugeMetricFamily(
            "switchyard_certificate_expires_timestamp_seconds",
            "When the certificate that the process shows runs out, in seconds since 1970.",
            value=self._certificate.expires_at(),
        )
        yield CounterMetricFamily(
            "switchyard_certificate_refused",
            "New certificate files that could not be used; the old ones stayed.",
            value=self._certificate.refused,
        )
