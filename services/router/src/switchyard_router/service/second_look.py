"""The board follows the store by moments: what it does not know may only be new to it."""

from collections.abc import Awaitable, Callable

from switchyard_common.errors import DomainError, ErrorKind

type CatchUp = Callable[[], Awaitable[None]]
"""Waits until the board shows what was stored before; UNAVAILABLE if it does not in time."""


async def second_look[T](look: Callable[[], Awaitable[T]], catch_up: CatchUp) -> T:
    """What a look at the board gives; NOT_FOUND is believed when it has caught up with the store.

    Whoever has just created a queue or a contact, here or at another router, may ask about it at
    once. Costs one read of the store, for names that are unknown alone.
    """
    try:
        return await look()
    except DomainError as error:
        if error.kind is not ErrorKind.NOT_FOUND:
            raise
    await catch_up()
    return await look()
