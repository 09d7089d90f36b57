"""Ways to the routers: any of them will do."""

import random

import grpc
from switchyard_common.grpc_channel import open_channel
from switchyard_common.grpc_errors import reason_of

_CHANNELS_EACH = 3
_OF_A_DEAD_PEER = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
_OF_THE_CLIENT = "Internal error from Core"


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


def lost_peer(error: grpc.aio.AioRpcError) -> bool:
    """Whether the peer died, rather than answered.

    A write to a stream that just ended is INTERNAL by the name the client's library gives it,
    whatever the peer said (github.com/grpc/grpc/issues/36066): nobody knows whether it was heard.
    """
    return error.code() in _OF_A_DEAD_PEER or error.details() == _OF_THE_CLIENT


def why(error: grpc.aio.AioRpcError) -> str:
    """Code and reason of an error, for counting."""
    if error.details() == _OF_THE_CLIENT:
        return f"{grpc.StatusCode.UNAVAILABLE.name} -"
    reason = reason_of(error) or "-"
    if reason == "-" and not lost_peer(error):
        reason = (error.details() or "-")[:80]
    return f"{error.code().name} {reason}"
