"""The router takes a request once, for what it is: whatever is asked again must be the same."""

import pytest
from switchyard_common.errors import ErrorKind
from switchyard_gateway.domain.conversation import State
from switchyard_gateway.domain.errors import CallbackFailed, RouterFailed

from tests.fakes.gateway.world import World

pytestmark = pytest.mark.unit

ASK = "a person, please"


@pytest.fixture
def world() -> World:
    return World()


async def test_a_contact_whose_creation_was_not_heard_of_is_asked_for_unchanged(
    world: World,
) -> None:
    chat = await world.chat()

    async def slow(_: str) -> None:
        """Time passes, and a look at the ledger asks for the same contact."""
        world.clock.advance(0.25)
        await world.queue_contact.execute(chat)

    world.router.after_create = slow
    await world.says(chat, ASK)
    conversation = await world.conversation(chat)
    assert conversation.state is State.WAITING_FOR_AGENT
    assert conversation.contact == world.router.only().name


async def test_a_callback_whose_booking_was_not_heard_of_can_be_asked_for_again(
    world: World,
) -> None:
    chat = await world.chat()
    await world.says(chat, ASK)
    world.clock.advance(40)

    async def lost(_: str) -> None:
        raise RouterFailed(ErrorKind.UNAVAILABLE, "UNAVAILABLE", None)

    world.router.after_callback = lost
    with pytest.raises(CallbackFailed):
        await world.callback.execute(chat, "+8613800138000")
    world.router.after_callback = None
    world.clock.advance(20)
    await world.callback.execute(chat, "+8613800138000")
    assert (await world.conversation(chat)).state is State.WITH_BOT
    (call,) = world.router.callbacks.values()
    assert (call.number, call.contact.waited_seconds) == ("+8613800138000", 60)
