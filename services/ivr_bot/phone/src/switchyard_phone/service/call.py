"""One call from its first ring to its end: the caller's machine, driven on a leg."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from math import inf

import structlog
from switchyard_common.clock import Clock

from switchyard_phone.domain import caller_events as ev
from switchyard_phone.domain.caller import Caller
from switchyard_phone.domain.caller_session import Phase
from switchyard_phone.domain.calls import Ended
from switchyard_phone.domain.menus import Menus
from switchyard_phone.domain.timeline import Timeline
from switchyard_phone.domain.waiting import WaitingWords
from switchyard_phone.service.bot_account import BotAccount, BotEvents
from switchyard_phone.service.bot_turns import BotTurns, Turn
from switchyard_phone.service.call_record import CallRecord
from switchyard_phone.service.customers import Customers, Known
from switchyard_phone.service.dialogue import Dialogue
from switchyard_phone.service.due_survey import known_as
from switchyard_phone.service.ears import CallEar, Ears
from switchyard_phone.service.find_person import FindPerson, Found, Hold
from switchyard_phone.service.leg import CallLeg, Digit, LegEnded, LegEvent, LegGone
from switchyard_phone.service.meter import CallMeter
from switchyard_phone.service.prompts import Prompts
from switchyard_phone.service.routing import Routing, Wanted
from switchyard_phone.service.speaker import Speaker

_FIRST_BREATH_SECONDS = 0.2
"""Between answer and greeting: mostly enough to learn in which language to greet."""
_OUTCOME_SECONDS = 5.0
_MOST_EARLY = 32
_JOINED, _CALLED_BACK, _GONE, _LEFT = "joined", "called_back", "gone", "left"
_TO_PBX = "left_to_pbx"
_OVER = frozenset({_JOINED, _CALLED_BACK, _GONE})
_SERVED = frozenset({_JOINED, _CALLED_BACK, _TO_PBX})


@dataclass(frozen=True, slots=True)
class CallTools:
    """What all calls share. `number` makes E.164 of what a switch says, or nothing."""

    menus: Menus
    caller: Caller
    prompts: Prompts
    dialogue: Dialogue
    routing: Routing
    customers: Customers
    words: WaitingWords
    meter: CallMeter
    clock: Clock
    new_id: Callable[[], str]
    number: Callable[[str], str]
    hold: Hold
    ears: Ears
    bot_events: BotEvents
    attended: bool = False
    ring_seconds: float = 0.0


class Call:
    """One caller. `run` it once; it ends with the call."""

    def __init__(self, leg: CallLeg, tools: CallTools, timeline: Timeline) -> None:
        self._leg = leg
        self._tools = tools
        self._timeline = timeline
        self._record = CallRecord(timeline, tools.meter, tools.clock)
        self._speaker = Speaker(leg, tools.prompts, tools.meter)
        self._events: asyncio.Queue[ev.Event] = asyncio.Queue()
        self._ear = CallEar(
            leg, tools.ears, lambda: self._speaker.speaking, self._events.put_nowait
        )
        self._session = tools.caller.new()
        self._number = tools.number(leg.facts.caller)
        conversation = tools.new_id()
        self._account = BotAccount(tools.bot_events, tools.clock, conversation)
        self._bot = BotTurns(
            tools.dialogue,
            tools.meter,
            tools.clock,
            timeline,
            self._account,
            conversation,
            self._number,
        )
        self._known = Known()
        self._begun = False
        # Keys of callers who know the menu and do not wait for it.
        self._early: deque[str] = deque(maxlen=_MOST_EARLY)
        self._looking = asyncio.create_task(self._look_up())
        self._work: asyncio.Task[None] | None = None
        self._search: FindPerson | None = None
        self._log = structlog.stdlib.get_logger()

    async def run(self) -> None:
        """Serve the caller until the call is over."""
        listening = asyncio.create_task(self._listen())
        tasks = (listening, asyncio.create_task(self._ear.run()), self._looking)
        try:
            await self._answer(listening)
            await self._serve()
        except LegGone:
            self._record.tell("gone")
        finally:
            await self._stop(*tasks)
            if self._begun:
                self._account.over(self._session.language)

    async def _answer(self, listening: asyncio.Task[None]) -> None:
        """Nobody is kept ringing for what is not known yet: it is looked up beside the greeting."""
        began = self._tools.clock.monotonic()
        if self._tools.ring_seconds and not self._leg.goes_on:
            await asyncio.wait((listening,), timeout=self._tools.ring_seconds)
        await self._leg.answer()
        self._tools.meter.answered(self._tools.clock.monotonic() - began)
        self._record.tell("answered")
        await asyncio.wait((self._looking,), timeout=_FIRST_BREATH_SECONDS)
        self._begun = True
        self._events.put_nowait(ev.Begun(self._known.language, self._leg.facts.dialled))
        for key in self._early:
            self._events.put_nowait(ev.Pressed(key))

    async def _look_up(self) -> None:
        number = self._number
        known = Known(outcome="withheld")
        if number:
            known = await self._tools.customers.by_number(number)
        self._known = known
        self._tools.meter.looked_up(known.outcome)
        self._record.tell("looked_up", outcome=known.outcome)
        if self._begun and known.language is not None:
            self._events.put_nowait(ev.Recognised(known.language))

    async def _serve(self) -> None:
        while self._session.phase is not Phase.ENDED:
            event = await self._next()
            if isinstance(event, ev.Closing):
                await self._close(event)
            before = self._session.heard_by(self._tools.ears.work)
            now = self._tools.clock.monotonic()
            self._session, outputs = self._tools.caller.step(before, event, now)
            self._record.step(before, self._session, event)
            for output in outputs:
                await self._do(output)
            await self._ear.follow(self._session.voice.ear)

    async def _next(self) -> ev.Event:
        """What happens next; time that passes is an event as well."""
        left = self._session.due - self._tools.clock.monotonic()
        if left == inf:
            return await self._events.get()
        try:
            async with asyncio.timeout(max(0.0, left)):
                return await self._events.get()
        except TimeoutError:
            return ev.Waited()

    # What happens.

    async def _listen(self) -> None:
        async for event in self._leg.events():
            self._hear(event)

    def _hear(self, event: LegEvent) -> None:
        match event:
            case Digit(key):
                self._tools.meter.key()
                if not self._begun:
                    self._early.append(key)
                elif self._search is not None:
                    self._search.pressed(key)
                else:
                    self._events.put_nowait(ev.Pressed(key))
            case LegEnded(cause):
                self._record.tell("ended", cause=cause, at=self._session.at)
                self._events.put_nowait(ev.Gone())
            case _:
                self._record.tell(type(event).__name__.lower())

    # What is to be done.

    async def _do(self, output: ev.Output) -> None:
        match output:
            case ev.Heard() | ev.Settled():
                self._record.heard(output)
            case ev.Collect():
                pass  # keys are always heard; what they mean is the machine's matter
            case ev.Ask(turn):
                await self._begin(self._ask(turn))
            case ev.Transfer(handover):
                await self._begin(self._find_person(handover))
            case ev.HangUp():
                await self._say_goodbye()
            case _:
                await self._sound(output)

    async def _sound(self, output: ev.Stop | ev.Hush | ev.Resume | ev.Play) -> None:
        match output:
            case ev.Play(lines):
                self._speaker.say(lines, lambda: self._events.put_nowait(ev.Played()))
            case ev.Stop(by):
                self._note_silence(by)
                await self._speaker.stop()
            case ev.Hush():
                self._note_silence(ev.By.VOICE)
                await self._speaker.hush()
            case ev.Resume():
                self._record.tell("resumed")
                self._speaker.resume()

    def _note_silence(self, by: ev.By | None) -> None:
        if by is not None and self._speaker.speaking:
            self._record.barge_in(by)

    async def _say_goodbye(self) -> None:
        """All is said before the end; nobody has to stay for it."""
        gone = asyncio.create_task(self._until_gone())
        quiet = asyncio.create_task(self._speaker.heard_out())
        await asyncio.wait((gone, quiet), return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        await self._speaker.stop()
        await asyncio.wait((gone, quiet))
        await self._leg.hang_up(Ended.HERE)

    async def _until_gone(self) -> None:
        while not isinstance(await self._events.get(), ev.Gone):
            continue

    async def _begin(self, work: Coroutine[None, None, None]) -> None:
        """One thing at a time is worked on beside the call: a question, or a search."""
        await self._end_work()
        self._work = asyncio.create_task(self._guarded(work))

    async def _guarded(self, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        except Exception:  # noqa: BLE001  a caller must not wait for what has died
            self._log.exception("call_work_failed", call=self._leg.facts.id)
            lost = self._session.phase is Phase.PERSON
            self._events.put_nowait(ev.NoPerson("router_down") if lost else ev.BotFailed())

    async def _end_work(self) -> None:
        if self._work is not None and not self._work.done():
            self._work.cancel()
            await asyncio.wait((self._work,))
        self._work = None

    # The bot.

    async def _ask(self, turn: Turn) -> None:
        self._events.put_nowait(await self._bot.ask(turn, self._session.language))

    # A person.

    async def _find_person(self, handover: ev.Handover) -> None:
        """Queued while the last words are still being said."""
        self._search = FindPerson(
            self._leg,
            self._speaker,
            self._tools.routing,
            self._tools.words,
            self._tools.meter,
            self._timeline,
            self._tools.clock.monotonic,
            self._tools.hold,
            self._account.queued,
            attended=self._tools.attended,
        )
        try:
            handover = await self._bot.told_of(handover, self._session.language)
            await asyncio.wait((self._looking,))
            wanted = self._wanted(handover)
            await self._speaker.quiet()
            found = await self._search.execute(wanted)
        finally:
            self._search = None
        self._tools.meter.person(found.outcome)
        await self._after(found)

    async def _after(self, found: Found) -> None:
        if found.outcome in _SERVED:
            self._account.served()
        if found.outcome == _CALLED_BACK:
            await self._speaker.heard_out()
            await self._leg.hang_up(Ended.HERE)
        elif found.outcome == _TO_PBX:
            await self._leg.hang_up(Ended.TRANSFERRED)
        elif found.outcome == _LEFT:
            self._events.put_nowait(ev.Back("left_queue"))
        elif found.outcome not in _OVER:
            self._events.put_nowait(ev.NoPerson(found.outcome))

    def _wanted(self, handover: ev.Handover) -> Wanted:
        return Wanted(
            call=self._leg.facts.id,
            conversation=self._bot.conversation,
            reason=handover.reason,
            language=self._session.language,
            queue=handover.queue,
            caller=self._number,
            customer=self._known.customer,
            notice=handover.notice,
            known_as=known_as(self._leg.facts),
        )

    # The end.

    def close(self, *, last: bool) -> None:
        """The process is to stop; `last`: now. The caller is told so, unless it is over."""
        self._events.put_nowait(ev.Closing(last))

    async def _close(self, event: ev.Closing) -> None:
        self._record.tell("closing", last=int(event.last))
        if event.last:
            await self._give_up()

    async def _give_up(self) -> None:
        """Nothing is worked on beside the call any more; what a transfer comes to is waited for."""
        if self._work is not None and self._search is not None and self._search.transferring:
            await asyncio.wait((self._work,), timeout=_OUTCOME_SECONDS)
        await self._end_work()

    async def _stop(self, *tasks: asyncio.Task[None]) -> None:
        await self._give_up()
        if self._leg.ended is None:
            await self._leg.hang_up(Ended.HERE)
        await self._speaker.stop()
        await self._ear.close()
        self._looking.cancel()
        await asyncio.wait(tasks)
        for task in tasks:
            if not task.cancelled() and (error := task.exception()) is not None:
                raise error
