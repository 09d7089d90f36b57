"""The router and the CRM adapter together: a caller is known or unknown, and waits for neither."""

import asyncio
from itertools import count

import grpc
import pytest
from switchyard.crm.v1 import crm_service_pb2 as crm
from switchyard.crm.v1 import customer_pb2 as model
from switchyard_common.grpc_errors import reason_of

from tests.fakes.crm.databases import PostgresServer
from tests.fakes.crm.people import WANG_PHONE, wang
from tests.fakes.crm.running import RunningCrm, fill, running_crm
from tests.fakes.router.clients import Centre, centre
from tests.fakes.router.server import router

pytestmark = pytest.mark.integration

WANG = "tenants/demo/customers/c-1"
RESOLVE = crm.ResolveRequest(
    parent="tenants/demo", identifiers=[model.Identifier(kind=model.PHONE, value=WANG_PHONE)]
)


async def taken_for(small: Centre, call: str) -> str:
    """Whom the router takes the caller for, in the end; the call waits for an agent either way."""
    contact = await small.create(call, caller=WANG_PHONE)
    assert await small.state(contact.name) == "QUEUED"
    for _ in range(20):
        if customer := (await small.contact(contact.name)).customer:
            return customer
        await asyncio.sleep(0.05)
    return ""


async def known_again(small: Centre, calls: str) -> bool:
    """Whether the router comes to know the caller: an answer that is late on a busy machine makes
    one call of an unknown caller, and so does the pause after many that were."""
    async with asyncio.timeout(60):
        for number in count():
            if await taken_for(small, f"{calls}-{number}") == WANG:
                return True
    return False


async def refusal(service: RunningCrm) -> str | None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await service.crm.Resolve(RESOLVE, timeout=120)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    return reason_of(caught.value)


async def test_a_database_that_is_down_makes_a_caller_unknown_and_stops_no_call(
    redis_url: str, postgres_server: PostgresServer, postgres_database: str
) -> None:
    await fill(postgres_database, [wang()])
    async with (
        running_crm(postgres_database, health_interval_seconds=0.1) as service,
        router(redis_url, service.target, context_seconds=60) as address,
        centre(address) as small,
    ):
        await small.queue()
        assert await known_again(small, "before")
        await asyncio.to_thread(postgres_server.stop)
        try:
            assert await refusal(service) == "STORE_UNAVAILABLE"
            assert await taken_for(small, "meanwhile") == ""
        finally:
            postgres_server.start()
        assert await known_again(small, "after")
