"""Please call me."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import ClassVar, override

from switchyard_actions.domain.cases import CaseKind, CaseWish
from switchyard_actions.domain.dialogue import Dialogue, Task
from switchyard_actions.domain.flow import (
    Ask,
    Done,
    Flow,
    OfferPerson,
    Question,
    Refused,
    Result,
    Scene,
    Taken,
    Unavailable,
)
from switchyard_actions.domain.heard import Heard
from switchyard_actions.domain.holders import Holder, Reach, decode_reach
from switchyard_actions.domain.say import YES_NO, Choice, Say
from switchyard_actions.domain.slot_words import in_words
from switchyard_actions.domain.texts import Texts
from switchyard_actions.domain.verification import VerificationLevel
from switchyard_actions.domain.when.reading import read_when
from switchyard_actions.domain.when.speaking import spoken_moment
from switchyard_actions.flows.reaching import CONTACT, Reaching
from switchyard_actions.flows.request_ids import request_id_of
from switchyard_actions.service.accounts import Declined
from switchyard_actions.service.callbacks import (
    CallbackBooked,
    Callbacks,
    CallbackWish,
    CallPermissions,
    NoCallback,
    Permission,
)
from switchyard_actions.service.cases import Cases
from switchyard_actions.service.ports import Unavailable as NoAnswer

_WHEN, _FROM = "when", "from"
"""What was said, and the moment it means (ISO 8601); `_SOON` for as soon as possible."""
_SOON = "soon"
_LONGEST_AHEAD_DAYS = 14
_CHOICES = (
    Choice(key="callback.soon", value=_SOON),
    Choice(key="callback.this_afternoon"),
    Choice(key="callback.tomorrow_morning"),
)


class Callback(Flow):
    """Puts a call in line at the router; if that cannot be had, a ticket asks for the call."""

    name: ClassVar[str] = "callback"
    title: ClassVar[str] = "callback.title"
    intents: ClassVar[frozenset[str]] = frozenset({"callback"})
    slots: ClassVar[tuple[str, ...]] = (CONTACT, _WHEN)
    personal: ClassVar[frozenset[str]] = frozenset({CONTACT})

    def __init__(
        self,
        callbacks: Callbacks,
        permissions: CallPermissions,
        cases: Cases,
        texts: Texts,
        now: Callable[[], datetime],
        country: str,
    ) -> None:
        self._callbacks = callbacks
        self._permissions = permissions
        self._cases = cases
        self._texts = texts
        self._now = now
        self._reaching = Reaching(country, phone_only=True)

    @override
    def question(self, task: Task, dialogue: Dialogue) -> Question | None:
        asked = self._reaching.question(task, dialogue, "callback.ask_phone")
        if asked is not None:
            return asked
        if not task.value(_FROM):
            return Question(_WHEN, Say("callback.ask_when", choices=_CHOICES))
        return None

    @override
    def take(self, slot: str, heard: Heard, task: Task) -> Taken | Refused | None:
        if slot == CONTACT:
            return self._reaching.take(heard, task)
        if task.asked == CONTACT:
            return None  # a number is no time
        return self._take_when(heard, asked=task.asked == _WHEN)

    @override
    def summary(self, task: Task) -> Say:
        reach = decode_reach(task.value(CONTACT))
        if reach is None:
            return Say("callback.summary_any")
        return Say("callback.summary", {"number": reach.value, "when": task.value(_WHEN) or "–"})

    @override
    def confirmation(self, task: Task) -> Say | None:
        reach = decode_reach(task.value(CONTACT))
        number = reach.value if reach else ""
        if task.value(_FROM) == _SOON:
            return Say("callback.confirm_soon", {"number": number}, YES_NO)
        return Say("callback.confirm", {"number": number, "when": task.value(_WHEN)}, YES_NO)

    @override
    async def perform(self, task: Task, scene: Scene) -> Result:
        phone = decode_reach(task.value(CONTACT))
        if phone is None:
            return Ask(CONTACT, (Say("callback.ask_phone"),))
        try:
            refused = await self._refused(phone, scene)
            return refused or await self._book(phone, task, scene)
        except NoAnswer as error:
            return Unavailable(error.what)

    async def _refused(self, phone: Reach, scene: Scene) -> Result | None:
        """Nobody is called who does not want it, whoever asks."""
        permission = await self._permissions.for_call(phone)
        verified = scene.dialogue.level is VerificationLevel.VERIFIED
        if permission is Permission.ALLOWED or (permission is Permission.OPTED_OUT and verified):
            return None
        says = (Say("callback.not_called"), Say("callback.ask_other_phone"))
        return Ask(CONTACT, says, {CONTACT: ""})

    async def _book(self, phone: Reach, task: Task, scene: Scene) -> Result:
        try:
            booked = await self._callbacks.book(self._wish(phone, task, scene))
        except NoAnswer:
            return await self._ticket(phone, task, scene, "callback.router_down")
        if isinstance(booked, NoCallback):
            return await self._ticket(phone, task, scene, f"callback.queue_{booked.value}")
        known = {CONTACT: phone.encode(), "callback": "booked"}
        return Done((self._told(booked, phone, task),), known)

    def _told(self, booked: CallbackBooked, phone: Reach, task: Task) -> Say:
        values = {"number": phone.value}
        if task.value(_FROM) != _SOON:
            return Say("callback.booked_at", values | {"when": task.value(_WHEN)})
        if booked.minutes is None:
            return Say("callback.booked_soon", values)
        return Say("callback.booked", values | {"minutes": str(max(1, booked.minutes))})

    def _wish(self, phone: Reach, task: Task, scene: Scene) -> CallbackWish:
        dialogue = scene.dialogue
        start = task.value(_FROM)
        return CallbackWish(
            id=request_id_of(scene, phone.value, start),
            conversation=scene.conversation,
            number=phone.value,
            topic=_topic(dialogue),
            language=scene.language,
            summary=self._texts.render(self.summary(task), scene.language),
            level=dialogue.level.value,
            customer=scene.customer,
            not_before=None if start == _SOON else datetime.fromisoformat(start),
            sentiment=scene.heard.sentiment,
            slots=_slots(dialogue),
        )

    async def _ticket(self, phone: Reach, task: Task, scene: Scene, why: str) -> Result:
        """The call is asked for in writing; nothing of it is lost."""
        wish = CaseWish(
            subject=self._texts.render(Say("callback.ticket_subject"), scene.language),
            description=self._texts.render(self.summary(task), scene.language),
            kind=CaseKind.CALLBACK,
            order_number=scene.dialogue.fact("order_number") if scene.customer else "",
        )
        holder = Holder(scene.customer) if scene.customer else Holder(reach=phone)
        request_id = request_id_of(scene, "ticket", phone.value, task.value(_FROM))
        try:
            case = await self._cases.open(holder, wish, request_id)
        except Declined:
            return OfferPerson("not_possible", (Say("callback.not_possible", choices=YES_NO),))
        says = (Say(why), Say("callback.ticket", {"number": case.number}))
        return Done(says, {CONTACT: phone.encode(), "ticket_number": case.number})

    def _take_when(self, heard: Heard, *, asked: bool) -> Taken | Refused | None:
        if heard.choice == _SOON:
            return self._soon(heard)
        now = self._now()
        span = read_when(heard.text, now, hour_alone=asked)
        if span is None:
            unclear = asked and heard.intent not in {"affirm", "deny"}
            return Refused(Say("callback.bad_when")) if unclear else None
        if span.is_over(now) and span.end < now:
            return Refused(Say("callback.in_the_past")) if asked else None
        if (span.start - now).days >= _LONGEST_AHEAD_DAYS:
            return Refused(Say("callback.too_far")) if asked else None
        if span.start <= now:
            return self._soon(heard)
        spoken = spoken_moment(span.start, now, heard.language)
        return Taken({_WHEN: spoken, _FROM: span.start.isoformat()})

    def _soon(self, heard: Heard) -> Taken:
        spoken = self._texts.render(Say("callback.soon"), heard.language)
        return Taken({_WHEN: spoken, _FROM: _SOON})


def _topic(dialogue: Dialogue) -> str:
    """What the call is about: what was going on before it was asked for."""
    waiting = dialogue.suspended[-1].flow if dialogue.suspended else ""
    return waiting or (dialogue.recent.flow if dialogue.recent else "")


def _slots(dialogue: Dialogue) -> Mapping[str, str]:
    waiting = dialogue.suspended[-1].values if dialogue.suspended else {}
    return in_words({**dialogue.known, **waiting})
