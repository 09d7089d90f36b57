"""Decision records in Redis: written beside the step they explain, never in its way."""

from collections.abc import Sequence

from switchyard_router.adapters.redis.keys import DAY_SECONDS, Keys
from switchyard_router.adapters.redis.link import Command, Link
from switchyard_router.adapters.redis.scripts import store_errors

_PER_CONTACT = 50


class RedisDecisions:
    """Encoded decisions by id, and the ids of a contact's decisions."""

    def __init__(self, link: Link, keys: Keys) -> None:
        self._link = link
        self._keys = keys

    async def put(self, decisions: Sequence[tuple[str, str, bytes]]) -> None:
        """Store (decision id, contact id, encoded decision) in one round trip."""
        commands: list[Command] = []
        for decision_id, contact_id, data in decisions:
            of_contact = self._keys.of("decisions_of", contact_id)
            commands += [
                ("SET", self._keys.of("decision", decision_id), data, "EX", DAY_SECONDS),
                ("LPUSH", of_contact, decision_id),
                ("LTRIM", of_contact, 0, _PER_CONTACT - 1),
                ("EXPIRE", of_contact, DAY_SECONDS),
            ]
        with store_errors():
            await self._link.calls(commands)

    async def get(self, decision_id: str) -> bytes | None:
        """An encoded decision, None if unknown or older than a day."""
        with store_errors():
            data: bytes | None = await self._link.call(
                "GET", self._keys.of("decision", decision_id)
            )
        return data
