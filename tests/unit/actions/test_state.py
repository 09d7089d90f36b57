"""What Rasa keeps of a dialogue between two turns."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_actions.domain.dialogue import MAX_SUSPENDED, Dialogue, Offer, Shown, Task
from switchyard_actions.domain.say import Choice, Say
from switchyard_actions.domain.verification import VerificationLevel
from switchyard_actions.entrypoints.rasa.state import StateCodec
from switchyard_actions.service import suspension

pytestmark = pytest.mark.unit

words = st.text(max_size=8)
values = st.dictionaries(words, words, max_size=3)
tasks = st.builds(
    Task,
    flow=st.sampled_from(["order_status", "verification", "bill_balance", "ticket_create"]),
    id=words,
    values=values,
    asked=words,
    tries=st.integers(0, 3),
    confirmed=st.booleans(),
)
says = st.builds(
    Say,
    key=words,
    values=values,
    choices=st.lists(st.builds(Choice, key=words, title=words, intent=words), max_size=2).map(
        tuple
    ),
)
dialogues = st.builds(
    Dialogue,
    task=st.none() | tasks,
    suspended=st.lists(tasks, max_size=MAX_SUSPENDED).map(tuple),
    level=st.sampled_from(list(VerificationLevel)),
    known=values,
    offer=st.none() | st.builds(Offer, intent=words, reason=words),
    shown=st.lists(st.builds(Shown, title=words, value=words), max_size=2).map(tuple),
    last=st.lists(says, max_size=2).map(tuple),
    misunderstood=st.integers(0, 3),
    finished=st.lists(words, max_size=3).map(tuple),
    surveyed=st.booleans(),
)


@given(dialogues)
def test_comes_back_as_it_was_after_being_json(dialogue: Dialogue) -> None:
    codec = StateCodec()
    assert codec.from_json(json.loads(json.dumps(codec.to_json(dialogue)))) == dialogue


def test_new_dialogue_takes_no_room() -> None:
    assert StateCodec().to_json(Dialogue()) == {}


@given(dialogues)
def test_never_do_more_than_a_few_tasks_wait(dialogue: Dialogue) -> None:
    after = suspension.suspended(dialogue)
    assert after.task is None
    assert len(after.suspended) <= MAX_SUSPENDED
    assert dialogue.task is None or after.suspended[-1] == dialogue.task
    back = suspension.resumed(after)
    if dialogue.task is not None:
        assert back.task is not None
        assert back.task.values == dialogue.task.values


def test_of_too_many_the_oldest_goes_with_its_verification() -> None:
    def task(flow: str, **values: str) -> Task:
        return Task(flow, flow, values)

    waiting = (task("order_status"), task("verification", **{"for": "order_status"}), task("faq"))
    dialogue = Dialogue(task=task("ticket_create"), suspended=waiting)
    assert [kept.flow for kept in suspension.suspended(dialogue).suspended] == [
        "faq",
        "ticket_create",
    ]
