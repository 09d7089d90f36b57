"""Contacts that an agent has, without a call: for tests of what comes afterwards."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from switchyard.router.v1 import contact_pb2, contact_service_pb2

from tests.fakes.router.clients import TENANT, Centre, Desktop


@asynccontextmanager
async def served(
    centre: Centre, external_id: str = "call-1", language: str = "en", queue: str = "billing"
) -> AsyncIterator[contact_pb2.Contact]:
    """A contact that agent ada is connected with; the desktop stays for the length of the block."""
    handoff = contact_pb2.Handoff(conversation=f"{TENANT}/conversations/talk-{external_id}")
    async with centre.desktop("ada") as desktop:
        contact = await centre.create(
            external_id, language=language, queue=queue, node="", handoff=handoff
        )
        await connect(centre, desktop, contact.name)
        yield contact


async def connect(centre: Centre, desktop: Desktop, contact: str) -> None:
    """The agent accepts, and the PBX joins them."""
    offer = await desktop.offer(contact)
    await desktop.accept(offer)
    agent = f"{TENANT}/agents/{desktop.agent_id}"
    await centre.report("BRIDGED", contact, offer=offer.name, agent=agent, fence=offer.fence)
    await centre.reaches(contact, "CONNECTED")


async def complete(centre: Centre, contact: str) -> None:
    """The agent says that all is done."""
    request = contact_service_pb2.CompleteContactRequest(name=contact, skip_wrap_up=True)
    await centre.contacts.CompleteContact(request)
    await centre.reaches(contact, "COMPLETED")
