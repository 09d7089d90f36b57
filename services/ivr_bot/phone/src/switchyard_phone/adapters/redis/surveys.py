"""Surveys in Redis: each contact once, answers into the stream where those of chats go."""

from redis.asyncio import Redis
from switchyard_common.bot_events import Survey, surveyed

from switchyard_phone.adapters.redis.connection import store_errors
from switchyard_phone.adapters.redis.keys import SURVEY_SECONDS, Keys
from switchyard_phone.adapters.redis.reports import Reports
from switchyard_phone.domain.survey import Answers

_RESOLVED = {True: "YES", False: "NO", None: ""}


class RedisSurveys:
    """The port SurveyLedger. `max_events`: as many the stream keeps."""

    def __init__(self, redis: Redis, keys: Keys, max_events: int) -> None:
        self._redis = redis
        self._keys = keys
        self._reports = Reports(redis, keys, max_events)

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
        found = Survey(answers.csat, _RESOLVED[answers.resolved], agent)
        told = surveyed(conversation, found, contact)
        await self._reports.write(told, once=self._keys.survey(contact or conversation))
