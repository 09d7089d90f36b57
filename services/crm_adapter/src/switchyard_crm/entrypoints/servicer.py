"""The gRPC service, put together from one class of RPCs per subject.

Each of them reads the request, runs the use case and writes the answer, and holds what it needs in
one value.
"""

from switchyard.crm.v1.crm_service_pb2_grpc import CrmServiceServicer

from switchyard_crm.entrypoints.consents import ConsentRpcs, Consents
from switchyard_crm.entrypoints.links import LinkRpcs, Links
from switchyard_crm.entrypoints.lookup import Lookup, LookupRpcs
from switchyard_crm.entrypoints.privacy import Privacy, PrivacyRpcs
from switchyard_crm.entrypoints.self_service import SelfService, SelfServiceRpcs
from switchyard_crm.entrypoints.verification import Verification, VerificationRpcs
from switchyard_crm.entrypoints.writes import WriteRpcs, Writes


class CrmServicer(
    LookupRpcs,
    VerificationRpcs,
    SelfServiceRpcs,
    WriteRpcs,
    ConsentRpcs,
    LinkRpcs,
    PrivacyRpcs,
    CrmServiceServicer,
):
    """Serves `switchyard.crm.v1.CrmService`."""

    def __init__(
        self,
        lookup: Lookup,
        writes: Writes,
        consents: Consents,
        links: Links,
        privacy: Privacy,
        verification: Verification,
        self_service: SelfService,
    ) -> None:
        self._lookup = lookup
        self._writes = writes
        self._consents = consents
        self._links = links
        self._privacy = privacy
        self._verification = verification
        self._self_service = self_service
