"""Names, texts, queues, and what news of a contact mean."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_common.bot_events import Tally
from switchyard_common.errors import DomainError
from switchyard_gateway.domain.contacts import ContactState, ContactView, why_over
from switchyard_gateway.domain.handoff import Handoff, QueueMap
from switchyard_gateway.domain.names import Tenant
from switchyard_gateway.domain.notices import Notice, spoken, text_of
from switchyard_gateway.domain.text import MAX_CHARS, check_message_id, clean_text

pytestmark = pytest.mark.unit

DEMO = Tenant("demo")


@pytest.mark.parametrize("notice", list(Notice))
def test_every_notice_is_said_in_both_languages(notice: Notice) -> None:
    chinese, english = text_of(notice, "zh-CN"), text_of(notice, "en")
    assert chinese != english
    assert any("\u4e00" <= char <= "\u9fff" for char in chinese)
    assert english.isascii()
    assert "{" not in chinese + english


def test_agents_are_named_where_the_name_is_known() -> None:
    assert text_of(Notice.AGENT_JOINED, "en", "Ann Lee") == "Ann Lee has joined the chat."
    assert text_of(Notice.AGENT_JOINED, "zh", "陈晓雨") == "陈晓雨已加入会话。"
    assert text_of(Notice.AGENT_JOINED, "zh", "Ann Lee") == "Ann Lee 已加入会话。"
    assert text_of(Notice.AGENT_JOINED, "zh") == "客服同事已加入会话。"


@pytest.mark.parametrize(
    ("tag", "language"),
    [("zh", "zh"), ("zh-Hant-HK", "zh"), ("ZH", "zh"), ("en-GB", "en"), ("fr", "en"), ("", "en")],
)
def test_languages_not_spoken_are_answered_in_english(tag: str, language: str) -> None:
    assert spoken(tag) == language


@pytest.mark.parametrize("state", list(ContactState)[5:])
def test_every_end_of_a_contact_has_an_explanation(state: ContactState) -> None:
    assert why_over(ContactView("c", "chat", state)) in Notice


def test_a_queue_follows_from_what_the_bot_understood() -> None:
    queues = QueueMap("general", {"order_status": "orders", "complaint": "complaints"})
    assert queues.queue_for(Handoff("asked", intent="order_status")) == "orders"
    assert queues.queue_for(Handoff("complaint", intent="other")) == "complaints"
    assert queues.queue_for(Handoff("asked")) == "general"
    assert queues.queue_for(Handoff("asked", intent="order_status", queue="vip")) == "vip"


def test_names_are_built_and_read() -> None:
    name = DEMO.of("conversations", "c1")
    assert name == "tenants/demo/conversations/c1"
    assert DEMO.parse("conversations", name, "name") == "c1"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "c1",
        "tenants/demo/agents/c1",
        "tenants/demo/conversations/",
        "tenants/demo/conversations/{x}",
        "tenants/demo/conversations/c1/more",
        "tenants//conversations/c1",
    ],
)
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(DomainError) as refused:
        DEMO.parse("conversations", name, "name")
    assert refused.value.reason == "BAD_NAME"
    assert refused.value.violations[0].field == "name"


@pytest.mark.parametrize(
    "name", ["tenants/other/conversations/c1", "tenants/demo2/conversations/c"]
)
def test_other_tenants_are_refused(name: str) -> None:
    with pytest.raises(DomainError) as refused:
        DEMO.parse("conversations", name, "name")
    assert refused.value.reason == "TENANT_MISMATCH"
    with pytest.raises(DomainError):
        DEMO.check_parent("tenants/other")
    with pytest.raises(DomainError):
        DEMO.check_parent("demo")


def test_texts_lose_control_characters_and_outer_blanks_only() -> None:
    assert clean_text("  a\x00b\r\nc\td 你好 🙂 \u202eevil ") == "ab\nc\td 你好 🙂 \u202eevil"


@pytest.mark.parametrize(
    ("text", "reason"), [(" \n\x07", "TEXT_EMPTY"), ("x" * 4001, "TEXT_TOO_LONG")]
)
def test_texts_that_cannot_be_taken_are_refused(text: str, reason: str) -> None:
    with pytest.raises(DomainError) as refused:
        clean_text(text)
    assert refused.value.reason == reason


@given(st.text(min_size=1, max_size=MAX_CHARS))
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    try:
        once = clean_text(text)
    except DomainError:
        return
    assert clean_text(once) == once


@pytest.mark.parametrize("message_id", ["", "x" * 65, "a b", "a\n", "a/b", "é"])
def test_odd_message_ids_are_refused(message_id: str) -> None:
    with pytest.raises(DomainError):
        check_message_id(message_id)
    assert check_message_id("0f1b-ABC_d.e:f") == "0f1b-ABC_d.e:f"


@pytest.mark.parametrize(
    ("turns", "outcome"),
    [
        ([()], "left"),
        ([("survey",)], "left"),
        ([("order_status",), ("survey",)], "self_served"),
        ([("order_status",), "wanted"], "failed"),
        (["wanted", ("order_status",)], "self_served"),
        (["wanted", ("survey",)], "failed"),
        (["wanted", ("ticket_create",)], "failed"),
        ([("ticket_create",)], "self_served"),
        (["wanted", ("callback",)], "handed_over"),
        (["wanted", ("order_status",), "wanted"], "failed"),
        (["wanted", "served", ("order_status",)], "handed_over"),
    ],
)
def test_the_outcome_of_a_conversation_is_what_came_last(
    turns: list[str | tuple[str, ...]], outcome: str
) -> None:
    tally = Tally()
    for each in turns:
        if isinstance(each, str):
            tally = replace(tally, wanted=True, served=tally.served or each == "served")
        else:
            tally = tally.with_finished(each, "")
    assert tally.outcome == outcome
