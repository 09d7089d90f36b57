"""Ways to the routers: any of them will do."""

import random

import grpc
from switchyard_common.grpc_channel import open_channel
from switchyard_common.grpc_errors import reason_of

_CHANNELS_EACH = 3
_OF_A_DEAD_PEER = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


class Routes:
    """Channels to all routers, for the length of an `async with`; each client takes any."""

    def __init__(self, targets: list[str], chance: random.Random) -> None:
        self._targets = targets
        self._chance = chance
        self._channels: list[grpc.aio.Channel] = []

    async def __aenter__(self) -> "Routes":
        self._channels = [open_channel(t) for t in self._targets for _ in range(_CHANNELS_EACH)]
        return self

    async def __aexit__(self, *_: object) -> None:
        for channel in self._channels:
            await channel.close()

    def any(self) -> grpc.aio.Channel:
        """One of them."""
        return self._chance.choice(self._channels)


def why(error: grpc.aio.AioRpcError) -> str:
    """Code and reason of an error, for counting."""
    reason = reason_of(error) or "-"
    if reason == "-" and error.code() not in _OF_A_DEAD_PEER:
        reason = (error.details() or "-")[:80]
    return f"{error.code().name} {reason}"
