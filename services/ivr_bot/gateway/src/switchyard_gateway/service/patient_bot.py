"""A bot that is away for a moment is waited for: it restarts, or its model is exchanged."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog
from switchyard_common.clock import Clock

from switchyard_gateway.domain.errors import BotFailed
from switchyard_gateway.service.bot import Bot, Question, Reply
from switchyard_gateway.service.observer import Observer
from switchyard_gateway.service.places import Places

_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 2.0
_AWAY = "unreachable"
# It runs and cannot answer: its store is away for a moment, or this message is more than it takes.
_UNAVAILABLE = "unavailable"
_UNAVAILABLE_SECONDS = 11.0
# It still works on the message, and gives the same answer to both.
_SLOW = "timeout"
_SLOW_TRIES = 2
# So many in a row without an answer, and it is hung: until it answers a probe, nobody waits for it.
_SLOW_AT_MOST = 16
_PROBE_EVERY_SECONDS = 5.0
_HUNG = "hung"


@dataclass(frozen=True, slots=True)
class BotPatience:
    """How long a bot that is away is waited for, and after how long customers are told."""

    seconds: float
    tell_after_seconds: float


type OnPause = Callable[[float], Awaitable[None]]
"""Called before each pause with the seconds waited so far."""


class PatientBot:
    """Asks the bot again while it is away, up to a bound over all messages together.

    The bound counts from when it went away: the first messages wait for it, and when it has been
    away for longer than that, everybody is told at once. Who waits leaves the place that requests
    take, so that others are told, too. A bot that lets everybody wait is not asked at all
    (BotFailed, `hung`) but by a message now and then, until it answers.
    """

    def __init__(
        self,
        bot: Bot,
        patience: BotPatience,
        observer: Observer,
        clock: Clock,
        places: Places,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._bot = bot
        self._patience = patience
        self._observer = observer
        self._clock = clock
        self._places = places
        self._sleep = sleep
        self._slow_in_a_row = 0
        self._probed = 0.0
        self._away_since: float | None = None
        self._away_last = 0.0
        self._log = structlog.stdlib.get_logger()

    async def reply(self, question: Question, on_pause: OnPause) -> Reply:
        """The bot's answer; BotFailed when it is away for too long, or fails otherwise."""
        self._check_hung()
        began = self._clock.monotonic()
        pause, tries = _FIRST_PAUSE_SECONDS, 1
        while True:
            try:
                reply = await self._bot.reply(question)
            except BotFailed as error:
                self._slow_in_a_row = self._slow_in_a_row + 1 if error.cause == _SLOW else 0
                waited = self._clock.monotonic() - began
                if not self._worth_waiting(error.cause, tries, waited):
                    raise
                self._observer.bot_retry(error.cause)
                self._log.info("bot_waited_for", cause=error.cause, tries=tries)
            else:
                self._came_back()
                return reply
            await on_pause(self._clock.monotonic() - began)
            async with self._places.left():
                await self._sleep(pause)
            pause, tries = min(pause * 2, _LONGEST_PAUSE_SECONDS), tries + 1

    def _check_hung(self) -> None:
        """One message in a while is let through."""
        if self._slow_in_a_row < _SLOW_AT_MOST:
            return
        now = self._clock.monotonic()
        if now - self._probed < _PROBE_EVERY_SECONDS:
            raise BotFailed(_HUNG)
        self._probed = now

    def _worth_waiting(self, cause: str, tries: int, waited_seconds: float) -> bool:
        if cause == _SLOW:
            return tries < _SLOW_TRIES and self._slow_in_a_row < _SLOW_AT_MOST
        if cause == _UNAVAILABLE:
            return waited_seconds < min(_UNAVAILABLE_SECONDS, self._patience.seconds)
        if cause != _AWAY:
            return False
        now = self._clock.monotonic()
        if self._away_since is None or now - self._away_last > self._patience.seconds:
            self._away_since = now  # if it was away long ago, that was another time
        self._away_last = now
        return now - self._away_since < self._patience.seconds

    def _came_back(self) -> None:
        self._slow_in_a_row = 0
        if self._away_since is not None:
            seconds = self._clock.monotonic() - self._away_since
            self._log.info("bot_came_back", seconds=round(seconds, 1))
            self._away_since = None
