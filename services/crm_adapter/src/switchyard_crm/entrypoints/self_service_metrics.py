"""What is counted of what customers do alone; no labels that tell of whom."""

from prometheus_client import CollectorRegistry, Counter, Histogram

from switchyard_crm.service.codes import CodeOutcome
from switchyard_crm.service.proof_limits import ProofKind
from switchyard_crm.service.verifying import Outcome

_SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class SelfServiceMetrics:
    """Proofs, codes, links, and what was asked for or booked."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._proofs = Counter(
            "switchyard_crm_verifications_total",
            "Proofs of being a customer, by kind and outcome: VERIFIED, NOT_VERIFIED, LOCKED.",
            ("proof", "outcome"),
            registry=registry,
        )
        self._codes = Counter(
            "switchyard_crm_codes_total",
            "Requests for one-time codes: sent, nobody (nothing on file, so none was sent), locked "
            "(too many), refused (by the gateway, for that address), failed (it does not work).",
            ("outcome",),
            registry=registry,
        )
        self._sender = Histogram(
            "switchyard_crm_code_gateway_latency_seconds",
            "Time the gateway for codes took, tries and all: ok, refused, unavailable.",
            ("outcome",),
            registry=registry,
            buckets=_SECONDS,
        )
        self._links = Counter(
            "switchyard_crm_reset_links_total",
            "Links that set a PIN: issued, repeated, locked (too many), redeemed, weak_pin.",
            ("outcome",),
            registry=registry,
        )
        self._requests = Counter(
            "switchyard_crm_self_service_total",
            "Addresses changed, payments arranged, appointments booked and cancelled: stored, "
            "repeated, or the reason why not.",
            ("what", "outcome"),
            registry=registry,
        )

    def verification(self, proof: ProofKind, outcome: Outcome) -> None:
        """Somebody gave a proof."""
        self._proofs.labels(proof.value, outcome.value).inc()

    def code(self, outcome: CodeOutcome) -> None:
        """A request for a code has come to this."""
        self._codes.labels(outcome.value).inc()

    def sender(self, outcome: str, took_seconds: float) -> None:
        """A call to the gateway has ended."""
        self._sender.labels(outcome).observe(took_seconds)

    def reset_link(self, outcome: str) -> None:
        """A link was issued, redeemed or refused."""
        self._links.labels(outcome).inc()

    def self_service(self, what: str, outcome: str) -> None:
        """Something was asked for."""
        self._requests.labels(what, outcome).inc()
