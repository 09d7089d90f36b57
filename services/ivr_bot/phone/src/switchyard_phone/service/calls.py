"""All calls of the process: each is served by a task of its own until it is over."""

import asyncio

import structlog
from switchyard_common.logs import contact_scope
from switchyard_common.tracing import span

from switchyard_phone.domain.timeline import Timeline, Timelines
from switchyard_phone.service.call import Call, CallTools
from switchyard_phone.service.leg import CallLeg, Exchange
from switchyard_phone.service.survey_call import SurveyCall, SurveyTools

_LAST_WORDS_SECONDS = 10.0


class Calls:
    """Takes calls from lines. As many at once as the lines let in."""

    def __init__(
        self, tools: CallTools, timelines: Timelines, surveys: SurveyTools | None = None
    ) -> None:
        self._tools = tools
        self._surveys = surveys
        self._timelines = timelines
        self._tasks: set[asyncio.Task[None]] = set()
        self._served: set[Call | SurveyCall] = set()
        self._log = structlog.stdlib.get_logger()

    @property
    def active(self) -> int:
        """How many calls there are now."""
        return len(self._tasks)

    async def take(self, exchange: Exchange) -> None:
        """Serve the calls of a line for as long as it lasts; raises what the line raises."""
        async for leg in exchange.arrivals():
            task = asyncio.create_task(self._serve(leg), name="call")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def close(self, *, last: bool) -> None:
        """Tell all callers that the process is to stop; `last`: now."""
        for call in tuple(self._served):
            call.close(last=last)

    async def stop(self) -> None:
        """Every call's task ends; the lines have hung up already."""
        tasks = tuple(self._tasks)
        if not tasks:
            return
        await asyncio.wait(tasks, timeout=_LAST_WORDS_SECONDS)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

    async def _serve(self, leg: CallLeg) -> None:
        clock, meter = self._tools.clock, self._tools.meter
        facts = leg.facts
        began = clock.monotonic()
        timeline = Timeline(facts.id, facts.line, facts.peer, began)
        timeline.add("arrived", began, line=facts.line)
        self._timelines.begin(timeline)
        meter.arrived(facts.line)
        with contact_scope(facts.id), span("phone.call", call=facts.id):
            self._log.info("call_arrived", line=facts.line)
            try:
                await self._run(await self._call(leg, timeline))
            except Exception:  # noqa: BLE001
                # One call must not take the others with it; its caller hears the line end.
                self._log.exception("call_failed")
                await leg.hang_up()
            finally:
                self._account(leg, timeline, began)

    async def _run(self, call: Call | SurveyCall) -> None:
        self._served.add(call)
        try:
            await call.run()
        finally:
            self._served.discard(call)

    async def _call(self, leg: CallLeg, timeline: Timeline) -> Call | SurveyCall:
        if self._surveys is not None and await self._surveys.due.wanted(leg.facts):
            return SurveyCall(leg, self._surveys, timeline)
        return Call(leg, self._tools, timeline)

    def _account(self, leg: CallLeg, timeline: Timeline, began: float) -> None:
        now, heard = self._tools.clock.monotonic(), leg.quality()
        timeline.over = True
        timeline.add(
            "over",
            now,
            received=heard.received,
            lost=heard.lost,
            mos=heard.mos if heard.received else 0,
        )
        cause = leg.ended
        if cause is not None:
            self._tools.meter.ended(cause, now - began, heard if heard.received else None)
        self._log.info("call_over", cause=cause or "", seconds=round(now - began, 1))
