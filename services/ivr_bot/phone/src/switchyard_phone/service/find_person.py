"""A person for a caller: queued at the router, told where they stand, joined with an agent."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from switchyard_phone.domain.audio import frames_of
from switchyard_phone.domain.caller_events import Line
from switchyard_phone.domain.calls import Ended, Transfer, Transferred
from switchyard_phone.domain.language import Language
from switchyard_phone.domain.timeline import Timeline
from switchyard_phone.domain.waiting import (
    SAY_AGAIN_SECONDS,
    WISHES,
    Patience,
    Stand,
    WaitingWords,
    Wish,
)
from switchyard_phone.service.leg import CallLeg, LegGone
from switchyard_phone.service.meter import CallMeter
from switchyard_phone.service.routing import (
    News,
    NotQueued,
    Offer,
    Over,
    Place,
    QueuedAnew,
    Routing,
    Waiting,
    Wanted,
)
from switchyard_phone.service.speaker import Speaker

CONTACT_HEADER = "X-Switchyard-Contact"
_MOST_FAILED = 10  # agents who could not be joined; then something else is wrong


@dataclass(frozen=True, slots=True)
class Found:
    """How it ended: `joined` (the leg is over), `called_back`, `left_to_pbx`, `left`, `gone`, or
    why nobody."""

    outcome: str


@dataclass(frozen=True, slots=True)
class Hold:
    """What is heard while waiting: sound to repeat, empty for silence."""

    music: bytes = b""


class FindPerson:
    """Serves one caller at a time; make one for each search.

    `queued` hears of the contact that the caller became, why, and in which language.
    """

    def __init__(
        self,
        leg: CallLeg,
        speaker: Speaker,
        routing: Routing,
        words: WaitingWords,
        meter: CallMeter,
        timeline: Timeline,
        now: Callable[[], float],
        hold: Hold,
        queued: Callable[[str, str, Language], None],
        *,
        attended: bool = False,
    ) -> None:
        self._leg = leg
        self._speaker = speaker
        self._routing = routing
        self._words = words
        self._meter = meter
        self._timeline = timeline
        self._now = now
        self._hold = hold
        self._queued = queued
        self._attended = attended
        self._keys: asyncio.Queue[str] = asyncio.Queue()
        self._failed = 0
        self._joining: Offer | None = None
        self._settled = False  # the router knows how it ended

    @property
    def transferring(self) -> bool:
        """Whether an agent is just being joined: what comes of it is known in a moment."""
        return self._joining is not None

    def pressed(self, key: str) -> None:
        """The caller pressed a key."""
        self._keys.put_nowait(key)

    async def execute(self, wanted: Wanted) -> Found:
        """Until somebody has the caller, or nobody will. Cancelled, it withdraws the contact."""
        if self._leg.goes_on:
            return await self._leave_to_pbx(wanted)
        try:
            waiting = await self._routing.queue(wanted)
        except NotQueued as error:
            self._tell("not_queued", reason=error.reason)
            return Found(error.reason)
        self._tell_queued(waiting.contact, wanted)
        try:
            return await self._wait(waiting, _patience(wanted), wanted.caller)
        finally:
            if not self._settled:
                self._leave(waiting)
            waiting.release()

    async def _leave_to_pbx(self, wanted: Wanted) -> Found:
        """This line transfers nobody: the PBX waits with the caller, and joins them."""
        try:
            contact = await self._routing.leave_to_pbx(wanted)
        except NotQueued as error:
            self._tell("not_queued", reason=error.reason)
            return Found(error.reason)
        self._tell_queued(contact, wanted)
        return Found("left_to_pbx")

    def _tell_queued(self, contact: str, wanted: Wanted) -> None:
        self._tell("queued", contact=contact.rpartition("/")[2], reason=wanted.reason)
        self._queued(contact, wanted.reason, wanted.language)

    def _leave(self, waiting: Waiting) -> None:
        """Nobody is needed any more: the caller hung up, or has the agent and nobody said so."""
        self._settled = True
        if self._joining is not None and self._leg.ended is Ended.TRANSFERRED:
            waiting.joined(self._joining)
        else:
            waiting.left()

    async def _wait(self, waiting: Waiting, patience: Patience, number: str) -> Found:
        news = asyncio.create_task(waiting.next())
        key = asyncio.create_task(self._keys.get())
        self._play_music()
        try:
            while True:
                done, _ = await asyncio.wait(
                    (news, key), timeout=SAY_AGAIN_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
                if news in done:
                    found, patience = await self._hear(waiting, news.result(), patience)
                    news = asyncio.create_task(waiting.next())
                elif key in done:
                    wish = WISHES.get(key.result())
                    key = asyncio.create_task(self._keys.get())
                    found, patience = await self._wish(waiting, wish, patience, number)
                else:
                    found = None
                    lines, patience = self._words.still(patience)
                    await self._say(lines)
                if found is not None:
                    return found
        finally:
            news.cancel()
            key.cancel()
            await asyncio.wait((news, key))

    async def _say(self, lines: Iterable[Line]) -> None:
        """Say this in the place of the music, and go on with it."""
        await self._speaker.say_next(lines)
        self._play_music()

    def _play_music(self) -> None:
        if self._hold.music:
            self._speaker.play(_over_and_over(self._hold.music))

    async def _hear(
        self, waiting: Waiting, news: News, patience: Patience
    ) -> tuple[Found | None, Patience]:
        match news:
            case Over(reason):
                self._settled = True
                self._tell("contact_over", reason=reason)
                return Found(reason), patience
            case Place(position, seconds):
                patience = patience.heard_of(Stand(position, seconds))
                if patience.has_news:
                    self._tell("place", position=position)
                    patience = await self._say_place(patience)
                return None, patience
            case QueuedAnew(contact):
                self._tell("queued_anew", contact=contact.rpartition("/")[2])
                return None, patience
            case Offer():
                return await self._join(waiting, news, patience), patience

    async def _wish(
        self, waiting: Waiting, wish: Wish | None, patience: Patience, number: str
    ) -> tuple[Found | None, Patience]:
        match wish:
            case Wish.PLACE:
                await self._speaker.stop()
                return None, await self._say_place(patience)
            case Wish.CALL_BACK if patience.offered and patience.can_call_back:
                return await self._call_back(waiting, patience, number), patience
            case Wish.LEAVE if patience.offered:
                self._tell("left_queue")
                self._leave(waiting)
                await self._speaker.stop()
                return Found("left"), patience
            case _:
                return None, patience

    async def _say_place(self, patience: Patience) -> Patience:
        lines, patience = self._words.place(patience)
        await self._say(lines)
        return patience

    async def _call_back(self, waiting: Waiting, patience: Patience, number: str) -> Found | None:
        booked = await waiting.call_back(number)
        self._tell("callback", booked=int(booked))
        if not booked:
            await self._say((self._words.phrase("callback_failed", patience.language),))
            return None
        self._settled = True
        await self._speaker.stop()
        self._speaker.say((self._words.phrase("callback_booked", patience.language),))
        return Found("called_back")

    # An agent is there.

    async def _join(self, waiting: Waiting, offer: Offer, patience: Patience) -> Found | None:
        self._tell("offered", agent=offer.agent.rpartition("/")[2], fence=offer.fence)
        self._joining = offer
        outcome = await self._transfer(waiting.contact, offer)
        self._meter.transfer(outcome.outcome, outcome.status)
        self._tell("transfer", outcome=outcome.outcome, status=outcome.status or 0)
        if outcome.outcome is Transfer.DONE:
            # Still joining: the leg ends at this moment, and must not end the search before it
            # has told its outcome.
            self._settled = True
            waiting.joined(offer)
            return Found("joined")
        self._joining = None
        if not outcome.lives and outcome.outcome is not Transfer.UNSUPPORTED:
            self._leave(waiting)
            return Found("gone")
        return await self._next_agent(waiting, offer, outcome, patience.language)

    async def _next_agent(
        self, waiting: Waiting, offer: Offer, outcome: Transferred, language: Language
    ) -> Found | None:
        waiting.not_joined(offer, f"SIP_{outcome.status}" if outcome.status else outcome.outcome)
        self._failed += 1
        if outcome.outcome is Transfer.UNSUPPORTED or self._failed >= _MOST_FAILED:
            self._leave(waiting)
            return Found("contact_lost")
        await self._say((self._words.phrase("next_agent", language),))
        return None

    async def _transfer(self, contact: str, offer: Offer) -> Transferred:
        transfer = self._leg.attended_transfer if self._attended else self._leg.blind_transfer
        if not self._attended:
            await self._speaker.stop()
        try:
            return await transfer(offer.target, {CONTACT_HEADER: contact}, offer.seconds)
        except LegGone:
            return Transferred(Transfer.GONE)

    def _tell(self, what: str, **facts: str | int | float) -> None:
        self._timeline.add(what, self._now(), **facts)


def _over_and_over(music: bytes) -> Iterator[bytes]:
    """Frames for ever, cut when they are due: all who wait share the music itself."""
    while True:
        yield from frames_of(music)


def _patience(wanted: Wanted) -> Patience:
    return Patience(wanted.language, can_call_back=bool(wanted.caller))
