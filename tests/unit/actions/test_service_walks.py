"""Any talk about service: it has answers, tells nothing of another's, and acts on a yes."""

import asyncio
import json
from dataclasses import asdict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from switchyard_actions.domain.cases import CaseKind, CaseWish
from switchyard_actions.domain.heard import Heard, Passage
from switchyard_actions.domain.holders import Holder
from switchyard_actions.domain.language import Language

from tests.fakes.actions.desk import LIN, Desk
from tests.fakes.actions.talk import Talk

pytestmark = pytest.mark.unit

Words = tuple[str, str, dict[str, str]]

WU = "tenants/demo/customers/wu"
SECRET = "The umbrella of Wu is torn"
STARTS: list[Words] = [
    ("open a ticket", "ticket_create", {}),
    ("my ticket", "ticket_status", {}),
    ("my ticket 48210937", "ticket_status", {"ticket_number": "48210937"}),
    ("add to it", "ticket_update", {}),
    ("add to 48210937", "ticket_update", {"ticket_number": "48210937"}),
    ("I am not content", "complaint", {}),
    ("Your courier threw my parcel over the fence yesterday", "complaint", {}),
    ("where are you", "branches", {}),
    ("is hangzhou open on saturday", "opening_hours", {}),
    ("an appointment in hangzhou", "appointment", {}),
    ("预约hangzhou明天下午三点", "appointment", {}),
    ("cancel my appointment 73000001", "appointment", {}),
    ("call me", "callback", {}),
    ("call me in two hours", "callback", {"phone": "13812345678"}),
    ("how long may I return it", "faq", {}),
    ("bye", "goodbye", {}),
]
ANSWERS: list[Words] = [
    ("13812345678", "give_details", {"phone": "13812345678", "digits": "13812345678"}),
    ("lin@example.com", "give_details", {"email": "lin@example.com"}),
    ("12345", "give_details", {"digits": "12345", "number": "12345"}),
    ("48210937", "give_details", {"digits": "48210937", "order_number": "SY48210937"}),
    ("the second", "give_details", {"ordinal": "2"}),
    ("the last one", "give_details", {"ordinal": "-1"}),
    ("tomorrow at 3 pm", "give_details", {}),
    ("yesterday", "give_details", {}),
    ("Later times", "give_details", {}),
    ("West Lake store", "give_details", {}),
    ("Skip", "give_details", {}),
    ("5", "give_details", {"rating": "5", "number": "5"}),
    ("The lid of my kettle broke off", "nlu_fallback", {}),
    ("不知道", "no_details", {}),
    ("no, on saturday", "correct", {}),
    ("stop", "cancel", {}),
    ("no", "deny", {}),
    ("🙂‮{issue} <b>{{7*7}}</b>", "nlu_fallback", {}),
    ("", "silence", {}),
]
YES: Words = ("yes", "affirm", {})
walks = st.lists(st.sampled_from([*STARTS, *ANSWERS, YES, YES, YES]), max_size=14)


async def _with_wus_ticket(desk: Desk) -> None:
    wish = CaseWish(SECRET, SECRET, CaseKind.QUESTION)
    await desk.cases.open(Holder(WU), wish, "wu.1")


async def _turn(chat: Talk, words: str, intent: str, entities: dict[str, str]) -> str:
    found = (Passage("returns#window", 0.9),) if intent == "faq" else ()
    heard = Heard(
        intent,
        chat.language,
        words,
        words,
        entities={name: (value,) for name, value in entities.items()},
        passages=found,
        conversation="conv-1",
    )
    return await chat.hear(heard)


def _done(desk: Desk) -> int:
    return len(desk.cases.opened) + len(desk.visits.booked) + len(desk.callbacks.booked)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(walks, st.sampled_from(list(Language)), st.booleans())
def test_every_talk_has_answers_and_keeps_to_itself(
    walk: list[Words], language: Language, verified: bool
) -> None:
    async def walked() -> None:
        desk = Desk()
        await _with_wus_ticket(desk)
        chat = desk.talk(language)
        if verified:
            chat.verified(LIN)
        for words, intent, entities in walk:
            before = _done(desk)
            answer = await _turn(chat, words, intent, entities)
            assert answer
            assert SECRET not in answer
            state = json.dumps(asdict(chat.dialogue), default=str)
            assert len(state) < 20_000
            complains = "complaint" in chat.turns[-1].account.finished
            assert _done(desk) == before or intent == "affirm" or complains
            if chat.turns[-1].pause:
                return

    asyncio.run(walked())


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(walks, st.sets(st.integers(min_value=0, max_value=13)))
def test_systems_that_come_and_go_double_nothing(walk: list[Words], away: set[int]) -> None:
    async def walked() -> None:
        desk = Desk()
        chat = desk.talk().verified(LIN)
        for turn, (words, intent, entities) in enumerate(walk):
            up = turn not in away
            desk.cases.available = desk.visits.available = desk.callbacks.available = up
            before = _done(desk)
            assert await _turn(chat, words, intent, entities)
            # A complaint that could not be filed is, once something else is done and it goes on.
            assert _done(desk) <= before + max(1, len(chat.turns[-1].account.finished))
            if not up:
                assert _done(desk) == before
            if chat.turns[-1].pause:
                return

    asyncio.run(walked())
