"""Who may call the conversation service, put together."""

from switchyard_common.admission import Admission, Journal
from switchyard_common.authentication import Authenticator
from switchyard_common.door import DoorMetrics

from switchyard_gateway.entrypoints.grpc.access import ServedByCaller, rules
from switchyard_gateway.settings import GatewaySettings


def admission(
    settings: GatewaySettings,
    served: ServedByCaller,
    metrics: DoorMetrics,
    journal: Journal | None,
) -> Admission:
    """The door of the gRPC server; the chat's pages have a key for their conversation instead."""
    known_by = Authenticator(
        settings.tenant, settings.verifier(metrics), tls=settings.tls is not None
    )
    return Admission(
        settings.tenant, known_by, rules(served), settings.limits, metrics, journal=journal
    )
