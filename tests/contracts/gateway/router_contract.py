"""What every router does for the gateway. Subclasses give the router."""

import pytest
from switchyard_gateway.domain.contacts import ContactState
from switchyard_gateway.domain.conversation import ConversationId
from switchyard_gateway.domain.errors import RouterFailed
from switchyard_gateway.domain.handoff import Handoff
from switchyard_gateway.service.router import CallbackRequest, ContactRequest, Router

HANDOFF = Handoff(
    reason="asked",
    intent="order_status",
    summary="询问订单 SY10240001",
    slots={"order_number": "SY10240001", "nested": {"list": [1, "two", None, True]}},
    verification_level="verified",
    sentiment=-0.5,
)


def request(chat: str = "chat-1", request_id: str = "r1", queue: str = "general") -> ContactRequest:
    return ContactRequest(
        request_id=request_id,
        conversation=ConversationId(chat),
        queue=queue,
        language="zh",
        node="n1",
        handoff=HANDOFF,
        waited_seconds=1.5,
    )


class RouterContract:
    """Mix into a test class that has a fixture `router`, with a queue `general` nobody serves."""

    async def test_a_contact_is_queued_for_the_conversation(self, router: Router) -> None:
        contact = await router.create_contact(request())
        assert contact.name.startswith("tenants/demo/contacts/")
        assert (contact.conversation, contact.state) == ("chat-1", ContactState.QUEUED)
        assert contact == await router.get_contact(contact.name)

    async def test_the_same_request_again_is_the_same_contact(self, router: Router) -> None:
        first = await router.create_contact(request())
        assert (await router.create_contact(request())).name == first.name
        other = await router.create_contact(request("chat-2", "r2"))
        assert other.name != first.name

    async def test_an_unknown_queue_is_refused_for_good(self, router: Router) -> None:
        with pytest.raises(RouterFailed) as refused:
            await router.create_contact(request(queue="nowhere"))
        assert not refused.value.is_transient

    async def test_an_unknown_contact_is_unknown(self, router: Router) -> None:
        with pytest.raises(RouterFailed) as refused:
            await router.get_contact("tenants/demo/contacts/nobody")
        assert not refused.value.is_transient

    async def test_ending_what_is_over_is_no_error(self, router: Router) -> None:
        await router.complete_contact("tenants/demo/contacts/nobody", "solved", "r9")

    async def test_places_in_the_queue_are_told(self, router: Router) -> None:
        first = await router.create_contact(request("chat-1", "r1"))
        wait = await router.estimate_wait(first.name)
        assert wait is not None
        assert wait.position == 1

    async def test_a_call_back_takes_the_place_of_a_contact(self, router: Router) -> None:
        chat = await router.create_contact(request())
        call = CallbackRequest(request(request_id="r2"), "+8613800138000", chat.name)
        name = await router.create_callback(call)
        assert name not in ("", chat.name)
        assert await router.create_callback(call) == name
        await router.withdraw_contact(chat.name, "CALLBACK_BOOKED", "r3")
        assert (await router.get_contact(chat.name)).state is ContactState.CANCELLED
        await router.withdraw_contact(chat.name, "CALLBACK_BOOKED", "r4")

    async def test_a_call_back_goes_to_the_number_given_last(self, router: Router) -> None:
        chat = await router.create_contact(request())
        first = CallbackRequest(request(request_id="r2"), "+8613800138000", chat.name)
        again = CallbackRequest(request(request_id="r3"), "+8613800138001", chat.name)
        assert await router.create_callback(first) == await router.create_callback(again)

    async def test_an_agent_nobody_knows_has_no_name(self, router: Router) -> None:
        assert await router.agent_display("tenants/demo/agents/nobody") == ""
