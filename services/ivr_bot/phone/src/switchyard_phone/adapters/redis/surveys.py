"""Surveys in Redis: each contact once, answers into the stream where those of chats go."""

from importlib.resources import files

import orjson
from redis.asyncio import Redis

from switchyard_phone.adapters.redis.connection import store_errors
from switchyard_phone.adapters.redis.keys import EVENTS, SURVEY_SECONDS, Keys
from switchyard_phone.domain.survey import Answers

_RESOLVED = {True: "YES", False: "NO", None: ""}


class RedisSurveys:
    """The port SurveyLedger. `max_events`: as many the stream keeps."""

    def __init__(self, redis: Redis, keys: Keys, max_events: int) -> None:
        self._redis = redis
        self._keys = keys
        self._max_events = max_events
        folder = files("switchyard_phone.adapters.redis") / "lua"
        self._report = redis.register_script((folder / "report.lua").read_text())

    async def contact_of(self, known_as: str) -> str:
        """The contact of a call; empty if none is known."""
        async with store_errors():
            found = await self._redis.get(self._keys.call(known_as))
        return str(found or "")

    async def claim(self, contact: str) -> bool:
        """Whether nobody was asked about this contact before."""
        key = self._keys.survey(contact)
        async with store_errors(), self._redis.pipeline(transaction=True) as pipeline:
            pipeline.hsetnx(key, "asked", "1")
            pipeline.expire(key, SURVEY_SECONDS)
            first, _ = await pipeline.execute()
        return bool(first)

    async def report(
        self, answers: Answers, conversation: str, agent: str = "", contact: str = ""
    ) -> None:
        """survey.answered, in the form of switchyard/events/v1/bot.proto."""
        data = {
            "conversation": conversation,
            "csat": answers.csat,
            "resolved": _RESOLVED[answers.resolved],
            "agent": agent,
            "contact": contact.rpartition("/")[2],
        }
        async with store_errors():
            await self._report(
                keys=[
                    self._keys.survey(contact or conversation),
                    self._keys.sequence(conversation),
                    EVENTS,
                ],
                args=[conversation, orjson.dumps(data), self._max_events, SURVEY_SECONDS],
            )
