"""Somebody who leaves after the first part of a stream has read it all the same."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from switchyard.crm.v1 import crm_service_pb2 as crm
from switchyard_common.clock import FakeClock
from switchyard_common.ids import IdFactory
from switchyard_crm.domain.context import CustomerContext
from switchyard_crm.domain.identifiers import Normaliser
from switchyard_crm.domain.names import CustomerId, CustomerName
from switchyard_crm.domain.resolution import ResolveOutcome
from switchyard_crm.entrypoints.lookup import Lookup, LookupRpcs
from switchyard_crm.entrypoints.metrics import CrmMetrics
from switchyard_crm.entrypoints.privacy_metrics import PrivacyMetrics
from switchyard_crm.entrypoints.requests import Requests
from switchyard_crm.service.audit import AuditTrail
from switchyard_crm.service.context import ContextAnswer

from tests.fakes.crm.people import DEMO, NOW
from tests.fakes.crm.privacy import MemoryAccessLog

pytestmark = pytest.mark.unit

WANG = CustomerId("c-1")


class Parts:
    """What the store knows; a CRM would follow."""

    async def updates(self, *_: object) -> AsyncGenerator[ContextAnswer]:
        for complete in (False, True):
            whom = CustomerName(DEMO, WANG)
            yield ContextAnswer(
                ResolveOutcome.UNIQUE, CustomerContext(), (), (), complete=complete, whom=whom
            )


class Call:
    def time_remaining(self) -> float:
        return 10.0


class Servicer(LookupRpcs):
    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup


async def test_the_read_is_kept() -> None:
    clock, registry, log = FakeClock(NOW), CollectorRegistry(), MemoryAccessLog()
    trail = AuditTrail(log, IdFactory(clock), clock, PrivacyMetrics(registry))
    none: Any = None
    parts: Any = Parts()
    servicer = Servicer(
        Lookup(
            resolve=none,
            get_context=parts,
            proofs=none,
            reads=Requests(Normaliser("CN")),
            metrics=CrmMetrics(registry),
            clock=clock,
            audit=trail,
        )
    )
    query = crm.GetContextRequest(parent="tenants/demo", customer="tenants/demo/customers/c-1")
    call: Any = Call()
    stream = servicer.StreamContext(crm.StreamContextRequest(query=query), call)
    await anext(stream)
    await stream.aclose()
    await trail.flush()
    assert [access.rpc for access in await log.of(DEMO, [WANG], 10)] == ["StreamContext"]
