"""Calls that a centre has served, for its event log."""

import asyncio

from tests.fakes.router.clients import Centre, Desktop, Node


async def serve(small: Centre, desktop: Desktop, node: Node, call: str) -> None:
    """One call from its arrival to the end of its paperwork."""
    contact = await small.create(call)
    offer = await desktop.offer(contact.name)
    await desktop.accept(offer)
    await node.tell("ANSWERED", contact.name, fence=offer.fence)
    await node.tell("BRIDGED", contact.name, fence=offer.fence)
    await asyncio.sleep(0.03)
    await node.tell("CALLER_HANGUP", contact.name)
    await small.reaches(contact.name, "COMPLETED")


async def some_calls(small: Centre, count: int = 6) -> None:
    """Calls to ann, one after the other; bob is not there."""
    await small.queue()
    await small.agent("ann", skills={"gold": 1})
    await small.agent("bob")
    async with small.desktop("ann") as ann, small.node() as node:
        for number in range(count):
            await serve(small, ann, node, f"call-{number}")
