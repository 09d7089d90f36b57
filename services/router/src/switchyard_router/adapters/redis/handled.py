"""Services counted by agent and type of contact; the scripts count when a conversation ends."""

from collections.abc import Mapping, Sequence

from switchyard_router.adapters.redis.keys import Keys
from switchyard_router.adapters.redis.link import Link
from switchyard_router.adapters.redis.scripts import store_errors
from switchyard_router.domain.handle_time_table import ContactType


class RedisHandled:
    """Reads `handled:{agent}`: fields "{queue}|{channel}|n" and "{queue}|{channel}|ms"."""

    def __init__(self, link: Link, keys: Keys) -> None:
        self._link = link
        self._keys = keys

    async def handled(
        self, agent_ids: Sequence[str]
    ) -> list[Mapping[ContactType, tuple[int, int]]]:
        """Services and milliseconds by type, of agents in the order asked for; one round trip."""
        with store_errors():
            rows = await self._link.calls(
                [("HGETALL", self._keys.of("handled", agent_id)) for agent_id in agent_ids]
            )
        return [counts_of(row) for row in rows]


def counts_of(fields: Mapping[bytes, bytes]) -> dict[ContactType, tuple[int, int]]:
    """The counts in a hash."""
    numbers: dict[ContactType, dict[str, int]] = {}
    for name, value in fields.items():
        # Queue ids hold no bar, but only the last two parts are what they must be.
        queue, channel, what = name.decode().rsplit("|", 2)
        numbers.setdefault((queue, channel), {})[what] = int(value)
    return {kind: (found.get("n", 0), found.get("ms", 0)) for kind, found in numbers.items()}
