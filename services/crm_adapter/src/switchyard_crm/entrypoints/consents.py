"""The RPCs about what customers allow."""

from dataclasses import dataclass
from typing import Any

import grpc
from switchyard.crm.v1 import crm_service_pb2 as crm

from switchyard_crm.entrypoints import consent_messages as messages
from switchyard_crm.entrypoints.repeats import write_of
from switchyard_crm.entrypoints.requests import Requests
from switchyard_crm.entrypoints.write_metrics import WriteMetrics
from switchyard_crm.service.consents import CheckContactable, SetConsent
from switchyard_crm.service.requests import BlindIndex

type Context = grpc.aio.ServicerContext[Any, Any]


@dataclass(frozen=True, slots=True)
class Consents:
    """What consents take."""

    set_consent: SetConsent
    check_contactable: CheckContactable
    index: BlindIndex
    reads: Requests
    metrics: WriteMetrics


class ConsentRpcs:
    """SetConsent and CheckContactable."""

    _consents: Consents

    async def SetConsent(
        self, request: crm.SetConsentRequest, context: Context
    ) -> crm.SetConsentResponse:
        """Records what a customer allows."""
        customer, answer = messages.consent(request)
        write = write_of(request, customer.tenant, self._consents.index)
        time = await self._consents.set_consent.run(customer, answer, write)
        response = crm.SetConsentResponse()
        response.time.FromDatetime(time)
        return response

    async def CheckContactable(
        self, request: crm.CheckContactableRequest, context: Context
    ) -> crm.CheckContactableResponse:
        """Says whether a customer may be contacted; in doubt: no."""
        asked = messages.question(self._consents.reads, request)
        refusal = await self._consents.check_contactable.run(asked, context.time_remaining())
        self._consents.metrics.contactable(refusal or "ALLOWED")
        return crm.CheckContactableResponse(allowed=refusal is None, reason=refusal or "")
