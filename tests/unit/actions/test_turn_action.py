"""The action over HTTP, as Rasa calls it."""

import io
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import structlog
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs
from switchyard_actions.entrypoints.rasa.executor import Executor
from switchyard_actions.entrypoints.rasa.http import build_app
from switchyard_actions.entrypoints.rasa.turn_action import ACTION, TurnAction
from switchyard_actions.metrics import ActionsMetrics
from switchyard_common.logs import configure_logging

from tests.fakes.actions.toys import Instant, toy_texts, toys

pytestmark = pytest.mark.unit


class Rasa:
    """Calls the action as Rasa does; keeps the slots that came back."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self.slots: dict[str, Any] = {"language": "en", "dialogue": None}
        self.responses: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []

    async def post(self, body: Any) -> httpx.Response:
        """One request to the webhook."""
        return await self._client.post("/webhook", json=body)

    async def hears(self, text: str, intent: str, **more: Any) -> list[str]:
        """One message; the texts of the answer."""
        message = {"text": text, "intent": {"name": intent, "confidence": 0.9}, **more}
        tracker = {
            "sender_id": "chat-1",
            "slots": self.slots,
            "latest_message": message,
            "events": [],
            "paused": False,
            "active_loop": {},
            "latest_action_name": "action_listen",
        }
        call = {"next_action": ACTION, "sender_id": "chat-1", "tracker": tracker}
        answer = (await self.post({**call, "version": "3.6.21"})).json()
        self.responses, self.events = answer["responses"], answer["events"]
        for event in self.events:
            if event["event"] == "slot":
                # What Rasa keeps has been JSON once.
                self.slots[event["name"]] = json.loads(json.dumps(event["value"]))
        return [said["text"] for said in self.responses if said["text"]]

    def notices(self, kind: str) -> list[dict[str, Any]]:
        """What the gateway is told."""
        customs = [said["custom"] for said in self.responses if said["custom"]]
        told = [custom["switchyard"] for custom in customs]
        return [notice for notice in told if notice["type"] == kind]


LOST = "switchyard_actions_dialogues_lost_total"


def fail() -> None:
    raise ZeroDivisionError(f"SY{20261234}")  # a traceback shows the line, and not the number


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
async def rasa(registry: CollectorRegistry) -> AsyncIterator[Rasa]:
    metrics = ActionsMetrics(registry)
    action = TurnAction(toys(Instant(fail)).engine, toy_texts(), metrics)
    transport = httpx.ASGITransport(app=build_app(Executor({ACTION: action}, metrics)))
    async with httpx.AsyncClient(transport=transport, base_url="http://actions") as client:
        yield Rasa(client)


def entity(name: str, value: str) -> dict[str, Any]:
    return {"entity": name, "value": value, "start": 0, "end": 1}


async def test_dialogue_goes_on_from_what_rasa_keeps(rasa: Rasa) -> None:
    assert await rasa.hears("paint it", "order_status") == ["Which colour?"]
    said = await rasa.hears("red", "give_details", entities=[entity("colour", "red")])
    assert said == ["How many cans?"]
    assert rasa.slots["dialogue"]["task"]["values"] == {"colour": "red"}


async def test_quick_replies_are_buttons_that_send_their_title(rasa: Rasa) -> None:
    await rasa.hears("paint it", "order_status")
    assert rasa.responses[0]["buttons"] == [
        {"title": "Sky", "payload": "Sky"},
        {"title": "Help", "payload": "Help"},
    ]


async def test_every_turn_is_accounted_for_once(rasa: Rasa, registry: CollectorRegistry) -> None:
    await rasa.hears("paint it", "order_status", sentiment=-0.25)
    assert rasa.notices("turn") == [
        {
            "type": "turn",
            "flow": "paint",
            "step": "ask.colour",
            "level": "anonymous",
            "outcome": "answered",
            "finished": [],
            "sentiment": -0.25,
            "language": "en",
            "private": False,
            "asks_secret": False,
            "confidential": [],
        }
    ]
    counted = registry.get_sample_value(
        "switchyard_actions_turns_total", {"flow": "paint", "outcome": "answered"}
    )
    assert counted == 1


async def test_hand_over_is_a_notice_and_silence(rasa: Rasa, registry: CollectorRegistry) -> None:
    await rasa.hears("paint it", "order_status")
    await rasa.hears("agent", "ask_person", sentiment=-0.5)
    (notice,) = rasa.notices("handover")
    assert notice == {
        "type": "handover",
        "reason": "asked",
        "intent": "paint",
        "language": "en",
        "slots": {},
        "verification_level": "anonymous",
        "customer": "",
        "summary": "The customer asked for a person. Wants ? paint. Not identified.",
        "sentiment": -0.5,
        "queue": "",
        "priority": 0,
    }
    assert {"event": "pause"} in [{"event": event["event"]} for event in rasa.events]
    counted = registry.get_sample_value("switchyard_actions_handovers_total", {"reason": "asked"})
    assert counted == 1


async def test_survey_is_a_notice(rasa: Rasa) -> None:
    back = {"after": "agent_ended", "agent": "agents/a1"}
    await rasa.hears("/hand_back", "hand_back", metadata=back)
    await rasa.hears("4", "give_details", entities=[entity("rating", "4")])
    assert rasa.notices("survey") == [
        {"type": "survey", "csat": 4, "resolved": None, "agent": "agents/a1"}
    ]


async def test_facts_of_events_are_heard_and_those_beside_words_are_not(rasa: Rasa) -> None:
    back = {"after": "callback_booked"}
    assert "callback" in (await rasa.hears("/hand_back", "hand_back", metadata=back))[0]
    assert "callback" not in (await rasa.hears("hand back", "hand_back", metadata=back))[0]


async def test_words_are_taken_as_they_were_written(rasa: Rasa) -> None:
    await rasa.hears("write", "ticket_create")
    said = await rasa.hears("sy20261234", "out_of_scope", metadata={"said": "Ｓｙ 2026-1234 /x"})
    assert said == ["Written: Ｓｙ 2026-1234 /x"]


async def test_language_of_the_slot_is_spoken_and_changed_on_request(rasa: Rasa) -> None:
    rasa.slots["language"] = "zh"
    assert await rasa.hears("刷漆", "order_status") == ["什么颜色？"]
    wanted = [entity("wanted_language", "en")]
    assert "English" in (await rasa.hears("说英语", "change_language", entities=wanted))[0]
    assert rasa.slots["language"] == "en"


async def test_bug_is_an_apology_a_metric_and_a_log_without_the_customers_words(
    rasa: Rasa, registry: CollectorRegistry
) -> None:
    with capture_logs() as logs:
        said = await rasa.hears("secret words", "opening_hours", metadata={"contact": "c-7"})
    assert "something went wrong" in said[0]
    assert [(entry["event"], entry["log_level"]) for entry in logs] == [("turn_failed", "error")]
    assert "secret" not in json.dumps(logs, default=str)
    labels = {"action": ACTION, "outcome": "error"}
    assert registry.get_sample_value("switchyard_actions_action_seconds_count", labels) == 1
    again = await rasa.hears("secret words", "opening_hours")
    assert "bringing in a person" in again[0]
    assert rasa.notices("handover")[0]["reason"] == "bot_failed"


async def test_a_bug_that_quotes_the_customer_is_logged_without_the_quotation(rasa: Rasa) -> None:
    stream, root = io.StringIO(), logging.getLogger()
    handlers, level = list(root.handlers), root.level
    configure_logging("actions", "info", stream)
    try:
        await rasa.hears("secret words", "opening_hours")
    finally:
        structlog.reset_defaults()
        root.handlers[:] = handlers
        root.setLevel(level)
    logged = [json.loads(line) for line in stream.getvalue().splitlines()]
    (line,) = [line for line in logged if line["event"] == "turn_failed"]
    assert line["exception"].endswith("ZeroDivisionError")
    assert "in fail" in line["exception"]
    assert "SY20261234" not in stream.getvalue()


@pytest.mark.parametrize(
    ("language", "said"), [("en", "lost what we said before"), ("zh", "没能记住")]
)
async def test_state_of_another_version_begins_anew_with_an_apology(
    rasa: Rasa, registry: CollectorRegistry, language: str, said: str
) -> None:
    rasa.slots |= {"language": language, "dialogue": {"task": "of an older version"}}
    with capture_logs() as logs:
        apology, question = await rasa.hears("paint it", "order_status")
    assert said in apology
    assert question in {"Which colour?", "什么颜色？"}
    assert [entry["event"] for entry in logs] == ["dialogue_unreadable"]
    lost = registry.get_sample_value(LOST, {"what": "state"})
    assert lost == 1
    assert len(await rasa.hears("greet", "greet")) == 2  # and that is said once


async def test_what_is_not_kept_any_more_does_not_make_a_state_unreadable(rasa: Rasa) -> None:
    await rasa.hears("paint it", "order_status")
    rasa.slots["dialogue"] |= {"mood": "of an older version"}
    rasa.slots["dialogue"]["task"]["colour_scheme"] = "of an older version"
    said = await rasa.hears("red", "give_details", entities=[entity("colour", "red")])
    assert said == ["How many cans?"]


@pytest.mark.parametrize(("language", "said"), [("en", "cannot go on with"), ("zh", "没法接着办")])
@pytest.mark.parametrize("waits", [True, False])
async def test_a_flow_that_an_upgrade_took_away_is_given_up_with_an_apology(
    rasa: Rasa, registry: CollectorRegistry, language: str, said: str, waits: bool
) -> None:
    rasa.slots["language"] = language
    await rasa.hears("paint it", "order_status")
    if waits:
        await rasa.hears("write", "ticket_create")
        rasa.slots["dialogue"]["suspended"][0]["flow"] = "wallpaper"
    else:
        rasa.slots["dialogue"]["task"]["flow"] = "wallpaper"
    apology, *rest = await rasa.hears("agent", "ask_person")
    assert said in apology
    assert rest
    assert registry.get_sample_value(LOST, {"what": "flow"}) == 1
    assert "wallpaper" not in json.dumps(rasa.slots)


async def test_a_question_that_an_upgrade_took_away_is_open_no_more(rasa: Rasa) -> None:
    await rasa.hears("paint it", "order_status")
    rasa.slots["dialogue"]["task"]["asked"] = "gloss"
    assert await rasa.hears("paint it", "order_status") == ["Which colour?"]


@pytest.mark.parametrize(
    ("body", "status"),
    [({"next_action": ACTION}, 422), ({"tracker": {}}, 422), ([], 422)],
)
async def test_malformed_calls_are_refused(rasa: Rasa, body: Any, status: int) -> None:
    assert (await rasa.post(body)).status_code == status


async def test_unknown_action_is_refused_by_name(rasa: Rasa) -> None:
    tracker = {"sender_id": "c", "slots": {}, "latest_message": {}, "events": []}
    answer = await rasa.post({"next_action": "action_x", "sender_id": "c", "tracker": tracker})
    assert (answer.status_code, answer.json()["action_name"]) == (404, "action_x")


async def test_a_message_full_of_odd_types_is_survived(rasa: Rasa) -> None:
    said = await rasa.hears(
        "x",
        "nlu_fallback",
        entities=[7, {"entity": 3, "value": []}],
        passages={"id": 1},
        intent_ranking="none",
        sentiment="bad",
        metadata=["x"],
    )
    assert "did not understand" in said[0]
