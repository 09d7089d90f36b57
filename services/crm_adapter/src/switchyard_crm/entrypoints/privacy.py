"""The RPCs for the person behind the data: export and erasure."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.json_format import ParseDict
from google.protobuf.struct_pb2 import Struct
from switchyard.crm.v1 import crm_service_pb2 as crm
from switchyard_common.actor import ACTOR

from switchyard_crm.domain.names import parse_customer
from switchyard_crm.entrypoints.fields import bounded
from switchyard_crm.service.audit import AuditTrail
from switchyard_crm.service.subjects import EraseSubject, ExportSubject

_MAX_ACTOR_CHARS = 100

type Context = grpc.aio.ServicerContext[Any, Any]


@dataclass(frozen=True, slots=True)
class Privacy:
    """What export and erasure take."""

    export: ExportSubject
    erase: EraseSubject
    audit: AuditTrail


class PrivacyRpcs:
    """ExportSubject and EraseSubject."""

    _privacy: Privacy

    async def ExportSubject(
        self, request: crm.ExportSubjectRequest, context: Context
    ) -> AsyncIterator[crm.ExportSubjectResponse]:
        """Returns everything stored of a customer."""
        customer = parse_customer(request.customer, "customer")
        self._privacy.audit.note(
            "ExportSubject", customer.tenant, customer.customer, _asked_by(request.actor)
        )
        async for exported in self._privacy.export.run(customer):
            yield crm.ExportSubjectResponse(
                source=exported.source,
                kind=exported.kind,
                record=ParseDict(dict(exported.record), Struct()),
            )

    async def EraseSubject(
        self, request: crm.EraseSubjectRequest, context: Context
    ) -> crm.EraseSubjectResponse:
        """Makes everything stored of a customer unreadable."""
        customer = parse_customer(request.customer, "customer")
        asked_by = _asked_by(request.actor)
        erased = await self._privacy.erase.run(customer, _signed(asked_by))
        self._privacy.audit.note("EraseSubject", customer.tenant, customer.customer, asked_by)
        return crm.EraseSubjectResponse(
            results={source: state.value for source, state in erased.results.items()},
            readable_rows=erased.readable_rows,
        )


def _asked_by(actor: str) -> str:
    return f"for {bounded(actor, _MAX_ACTOR_CHARS, 'actor')}" if actor else ""


def _signed(asked_by: str) -> str:
    return f"{ACTOR.get()} {asked_by}".strip()[:160]
