"""Events about conversations, in the stream where those of chats go."""

from importlib.resources import files

import orjson
from redis.asyncio import Redis
from switchyard_common.bot_events import Event

from switchyard_phone.adapters.redis.connection import store_errors
from switchyard_phone.adapters.redis.keys import EVENTS, SURVEY_SECONDS, Keys


class Reports:
    """Writes events; `max_events`: as many the stream keeps."""

    def __init__(self, redis: Redis, keys: Keys, max_events: int) -> None:
        self._keys = keys
        self._max_events = max_events
        folder = files("switchyard_phone.adapters.redis") / "lua"
        self._script = redis.register_script((folder / "report.lua").read_text())

    async def write(self, event: Event, once: str = "") -> None:
        """In the form of switchyard/events/v1/bot.proto; `once`: the hash that keeps that it was
        reported. StoreDown."""
        conversation = str(event.data["conversation"])
        keys = [self._keys.sequence(conversation), EVENTS]
        async with store_errors():
            await self._script(
                keys=[*keys, once] if once else keys,
                args=[
                    event.type,
                    conversation,
                    orjson.dumps(event.data),
                    self._max_events,
                    SURVEY_SECONDS,
                ],
            )
