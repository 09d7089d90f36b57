"""A caller who comes back after an agent, and is asked how it was."""

import asyncio
from dataclasses import dataclass
from math import inf

import structlog
from switchyard_common.clock import Clock

from switchyard_phone.domain import caller_events as ev
from switchyard_phone.domain.calls import Ended
from switchyard_phone.domain.survey import SurveyScript, SurveySession
from switchyard_phone.domain.timeline import Timeline
from switchyard_phone.service.due_survey import DueSurvey
from switchyard_phone.service.leg import CallLeg, Digit, LegEnded, LegGone
from switchyard_phone.service.meter import CallMeter
from switchyard_phone.service.prompts import Prompts
from switchyard_phone.service.speaker import Speaker
from switchyard_phone.service.surveys import NoSurvey, Served, StoreDown, SurveyLedger

_UNKNOWN, _GONE, _BUSY = 404, 410, 503
_STATUS = {"asked_before": _GONE, "too_late": _GONE, "no_store": _BUSY, "unavailable": _BUSY}


@dataclass(frozen=True, slots=True)
class SurveyTools:
    """What all surveys share."""

    due: DueSurvey
    script: SurveyScript
    ledger: SurveyLedger
    prompts: Prompts
    meter: CallMeter
    clock: Clock


class SurveyCall:
    """One survey. `run` it once; it ends with the call.

    Who cannot be asked is refused before the call is answered, and the PBX's dialplan goes on.
    """

    def __init__(self, leg: CallLeg, tools: SurveyTools, timeline: Timeline) -> None:
        self._leg = leg
        self._tools = tools
        self._timeline = timeline
        self._speaker = Speaker(leg, tools.prompts, tools.meter)
        self._events: asyncio.Queue[ev.Event] = asyncio.Queue()
        self._log = structlog.stdlib.get_logger()

    async def run(self) -> None:
        """Ask, and report what was answered."""
        listening = asyncio.create_task(self._listen())
        try:
            await self._serve()
        except LegGone:
            self._tell("gone")
        finally:
            if self._leg.ended is None:
                await self._leg.hang_up(Ended.HERE)
            await self._speaker.stop()
            await asyncio.wait((listening,))
        if (error := listening.exception()) is not None:
            raise error

    def close(self, *, last: bool) -> None:
        """A survey is short: it ends by itself while the process drains, or with it."""
        if last:
            self._events.put_nowait(ev.Gone())

    async def _serve(self) -> None:
        began = self._tools.clock.monotonic()
        try:
            served = await self._tools.due.execute(self._leg.facts)
        except NoSurvey as error:
            self._tell("survey_refused", reason=error.reason)
            self._tools.meter.survey(error.reason)
            await self._leg.refuse(_STATUS.get(error.reason, _UNKNOWN))
            return
        self._tell("survey", contact=served.contact.rpartition("/")[2], agent=served.agent)
        await self._leg.answer()
        self._tools.meter.answered(self._tools.clock.monotonic() - began)
        self._tell("answered")
        session = await self._ask(served)
        await self._report(served, session)

    async def _ask(self, served: Served) -> SurveySession:
        session, outputs = self._tools.script.begin(served.language)
        await self._do(outputs)
        while not session.over:
            event = await self._next(session)
            session, outputs = self._tools.script.step(
                session, event, self._tools.clock.monotonic()
            )
            await self._do(outputs)
        return session

    async def _report(self, served: Served, session: SurveySession) -> None:
        """What was answered before somebody hung up counts."""
        answers = session.answers
        self._tools.meter.survey("answered" if answers.csat else "not_answered")
        resolved = {True: "yes", False: "no", None: ""}[answers.resolved]
        self._tell("survey_answered", csat=answers.csat, resolved=resolved)
        if answers.csat:
            try:
                await self._tools.ledger.report(
                    answers, served.conversation, served.agent, served.contact
                )
            except StoreDown:
                self._tell("survey_lost")
                self._log.error("survey_not_stored")
        if self._leg.ended is None:
            await self._until_said()

    async def _until_said(self) -> None:
        quiet = asyncio.create_task(self._speaker.heard_out())
        gone = asyncio.create_task(self._until_gone())
        await asyncio.wait((quiet, gone), return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        await self._speaker.stop()
        await asyncio.wait((quiet, gone))

    async def _until_gone(self) -> None:
        while not isinstance(await self._events.get(), ev.Gone):
            continue

    async def _next(self, session: SurveySession) -> ev.Event:
        left = session.due - self._tools.clock.monotonic()
        try:
            async with asyncio.timeout(None if left == inf else max(0.0, left)):
                return await self._events.get()
        except TimeoutError:
            return ev.Waited()

    async def _do(self, outputs: tuple[ev.Output, ...]) -> None:
        for output in outputs:
            match output:
                case ev.Stop():
                    if self._speaker.speaking:
                        self._tools.meter.barge_in()
                    await self._speaker.stop()
                case ev.Play(lines):
                    self._speaker.say(lines, lambda: self._events.put_nowait(ev.Played()))
                case _:
                    pass  # keys are always heard, and the end comes once all was said

    async def _listen(self) -> None:
        async for event in self._leg.events():
            match event:
                case Digit(key):
                    self._tools.meter.key()
                    self._events.put_nowait(ev.Pressed(key))
                case LegEnded(cause):
                    self._tell("ended", cause=cause)
                    self._events.put_nowait(ev.Gone())
                case _:
                    self._tell(type(event).__name__.lower())

    def _tell(self, what: str, **facts: str | int | float) -> None:
        self._timeline.add(what, self._tools.clock.monotonic(), **facts)
