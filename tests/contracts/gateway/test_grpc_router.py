"""The gRPC adapter keeps the contract: against the fake service, and against the real router."""

from collections.abc import AsyncIterator

import pytest
from switchyard_common.grpc_channel import open_channel
from switchyard_gateway.adapters.router.client import GrpcRouter
from switchyard_gateway.domain.errors import RouterFailed
from switchyard_gateway.domain.names import Tenant
from switchyard_gateway.service.router import Router

from tests.contracts.gateway.router_contract import HANDOFF, RouterContract, request
from tests.fakes.gateway.contact_service import FakeContactService, serving
from tests.fakes.gateway.router import ANN, FakeRouter
from tests.fakes.router.clients import centre
from tests.fakes.router.server import router as real_router

pytestmark = pytest.mark.integration

DEMO = Tenant("demo")


@pytest.fixture
def service() -> FakeContactService:
    return FakeContactService(FakeRouter())


class TestAgainstTheFakeService(RouterContract):
    @pytest.fixture
    async def router(self, service: FakeContactService) -> AsyncIterator[Router]:
        async with serving(service) as port, open_channel(f"127.0.0.1:{port}") as channel:
            yield GrpcRouter(channel, DEMO, timeout_seconds=400)

    async def test_everything_known_goes_with_the_contact(
        self, router: Router, service: FakeContactService
    ) -> None:
        await router.create_contact(request())
        (created,) = service.created
        assert created.parent == "tenants/demo"
        contact = created.contact
        assert contact.queue == "tenants/demo/queues/general"
        assert (contact.language, contact.node, contact.age_credit.nanos) == (
            "zh",
            "n1",
            500_000_000,
        )
        handoff = contact.handoff
        assert handoff.conversation == "tenants/demo/conversations/chat-1"
        assert handoff.summary == HANDOFF.summary
        assert handoff.slots["order_number"] == "SY10240001"
        assert handoff.sentiment == -0.5

    async def test_an_agents_name_is_read(self, router: Router) -> None:
        assert await router.agent_display(ANN) == "Ann Lee"


class TestAgainstTheRealRouter(RouterContract):
    @pytest.fixture
    async def router(self, redis_url: str) -> AsyncIterator[Router]:
        async with real_router(redis_url) as target, centre(target) as clients:
            await clients.queue("general")
            async with open_channel(target) as channel:
                yield GrpcRouter(channel, DEMO, timeout_seconds=400)


async def test_a_router_that_is_down_is_worth_another_try() -> None:
    async with open_channel("127.0.0.1:1") as channel:
        router = GrpcRouter(channel, DEMO)
        with pytest.raises(RouterFailed) as failed:
            await router.create_contact(request())
        assert failed.value.is_transient
        assert failed.value.reason == "ROUTER_UNAVAILABLE"
        assert await router.agent_display(ANN) == ""
        assert await router.estimate_wait("tenants/demo/contacts/c1") is None
