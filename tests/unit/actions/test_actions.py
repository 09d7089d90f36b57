"""The actions over HTTP, as Rasa calls them, on an order directory in memory."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs
from switchyard_actions.main import build
from switchyard_actions.metrics import ActionsMetrics

from tests.fakes.actions.orders import LAST4, NUMBER, FakeOrderDirectory, shipped_order

pytestmark = pytest.mark.unit

Events = list[dict[str, Any]]


class Rasa:
    """Calls actions as Rasa does; keeps what came back."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self.slots: dict[str, Any] = {"language": "en"}
        self.events: Events = []
        self.in_form = False
        self.said: list[dict[str, Any]] = []
        self.changes: Events = []

    def hears(self, intent: str, **metadata: str) -> None:
        """A message of the customer."""
        self.events.append({"event": "action", "name": "action_listen"})
        parsed = {"intent": {"name": intent}}
        self.events.append({"event": "user", "parse_data": parsed, "metadata": metadata})

    def extracts(self, **slots: str) -> None:
        """Slots that the form filled from it."""
        self.events.append({"event": "action", "name": "order_status_form"})
        for name, value in slots.items():
            self.slots[name] = value
            self.events.append({"event": "slot", "name": name, "value": value})

    async def call(self, action: str) -> httpx.Response:
        """Runs an action and takes over what it changes."""
        tracker = {
            "sender_id": "chat-1",
            "slots": self.slots,
            "events": self.events,
            "latest_message": {},
            "paused": False,
            "active_loop": {"name": "order_status_form"} if self.in_form else {},
            "latest_action_name": "action_listen",
        }
        call = {"next_action": action, "sender_id": "chat-1", "tracker": tracker}
        answer = await self._client.post("/webhook", json={**call, "version": "3.6.21"})
        if answer.is_success:
            self.said = answer.json()["responses"]
            self.changes = answer.json()["events"]
            self.events.extend(self.changes)
            self.slots.update(
                {change["name"]: change["value"] for change in self.changes if "value" in change}
            )
        return answer

    @property
    def responses(self) -> list[str]:
        """What was said, by the names of responses."""
        return [message["response"] for message in self.said if message["response"]]

    @property
    def notice(self) -> dict[str, Any]:
        """The one message for the gateway."""
        (notice,) = [message["custom"] for message in self.said if message["custom"]]
        found: dict[str, Any] = notice["switchyard"]
        return found


@pytest.fixture
def orders() -> FakeOrderDirectory:
    return FakeOrderDirectory([(shipped_order(), LAST4)])


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
async def rasa(orders: FakeOrderDirectory, registry: CollectorRegistry) -> AsyncIterator[Rasa]:
    transport = httpx.ASGITransport(app=build(orders, ActionsMetrics(registry)))
    async with httpx.AsyncClient(transport=transport, base_url="http://actions") as client:
        yield Rasa(client)


async def fail_once(rasa: Rasa) -> None:
    rasa.in_form = True
    rasa.hears("give_details")
    rasa.extracts(order_number=NUMBER, phone_last4="0000")
    await rasa.call("validate_order_status_form")


async def test_tells_the_order_and_ends_the_form(rasa: Rasa) -> None:
    rasa.hears("give_details")
    rasa.extracts(order_number="sy20261234", phone_last4=LAST4)
    await rasa.call("validate_order_status_form")
    assert "has been shipped with SF Express" in rasa.said[0]["text"]
    assert rasa.slots["order_number"] is None
    assert rasa.slots["phone_last4"] == LAST4
    assert rasa.slots["verification_level"] == "verified"
    assert rasa.slots["customer"] == "tenants/demo/customers/c1"
    assert rasa.slots["requested_slot"] is None
    assert "requested_slot" in rasa.slots


async def test_form_goes_on_while_something_is_missing(rasa: Rasa) -> None:
    rasa.hears("order_status")
    rasa.extracts(order_number=NUMBER)
    await rasa.call("validate_order_status_form")
    assert not rasa.said
    assert "requested_slot" not in rasa.slots
    assert rasa.slots["verification_level"] == "identified"


async def test_digression_in_the_form_changes_nothing(rasa: Rasa) -> None:
    rasa.slots["order_number"] = NUMBER
    rasa.hears("opening_hours")
    rasa.extracts()
    await rasa.call("validate_order_status_form")
    assert (rasa.said, rasa.changes) == ([], [])


async def test_third_failure_offers_a_person_who_learns_why(rasa: Rasa) -> None:
    for expected in ("utter_no_match", "utter_no_match", "utter_too_many_attempts"):
        await fail_once(rasa)
        assert rasa.responses == [expected]
    assert rasa.slots["requested_slot"] is None
    rasa.in_form = False
    rasa.hears("affirm")
    await rasa.call("action_affirm")
    assert rasa.responses == ["utter_hand_over"]
    assert rasa.notice["reason"] == "verification_failed"
    assert rasa.notice["verification_level"] == "identified"
    assert rasa.notice["slots"] == {"order_number": NUMBER, "failed_attempts": "3"}


async def test_orders_unavailable_is_said_with_the_offer_of_a_person(
    rasa: Rasa, orders: FakeOrderDirectory
) -> None:
    orders.available = False
    rasa.hears("give_details")
    rasa.extracts(order_number=NUMBER, phone_last4=LAST4)
    await rasa.call("validate_order_status_form")
    assert rasa.responses == ["utter_orders_unavailable"]
    assert (rasa.slots["person_offer"], rasa.slots["requested_slot"]) == ("asked", None)


async def test_asking_for_a_person_hands_over_and_silences_the_bot(rasa: Rasa) -> None:
    rasa.slots["language"] = "zh"
    rasa.hears("order_status")
    rasa.hears("ask_person")
    await rasa.call("action_hand_over")
    assert rasa.responses == ["utter_hand_over"]
    assert rasa.notice == {
        "type": "handover",
        "reason": "asked",
        "intent": "order_status",
        "language": "zh",
        "slots": {},
        "verification_level": "anonymous",
        "summary": "客户要求人工服务。咨询订单状态。身份未确认。",
        "customer": "",
    }
    assert [change["event"] for change in rasa.changes[-3:]] == ["active_loop", "slot", "pause"]


async def test_verified_customer_arrives_verified(rasa: Rasa) -> None:
    rasa.hears("give_details")
    rasa.extracts(order_number=NUMBER, phone_last4=LAST4)
    await rasa.call("validate_order_status_form")
    rasa.hears("ask_person")
    await rasa.call("action_hand_over")
    assert rasa.notice["verification_level"] == "verified"
    assert rasa.notice["customer"] == "tenants/demo/customers/c1"
    assert rasa.notice["slots"] == {"order_number": NUMBER, "order_state": "shipped"}


async def test_level_belongs_to_the_order_in_question(rasa: Rasa) -> None:
    rasa.hears("give_details")
    rasa.extracts(order_number=NUMBER, phone_last4=LAST4)
    await rasa.call("validate_order_status_form")
    rasa.hears("give_details")
    rasa.extracts(order_number="SY20260000")
    await rasa.call("validate_order_status_form")
    rasa.hears("ask_person")
    await rasa.call("action_hand_over")
    assert rasa.notice["verification_level"] == "identified"
    assert rasa.notice["customer"] == ""
    assert rasa.notice["slots"]["order_number"] == "SY20260000"


async def test_yes_means_nothing_once_something_else_was_said(rasa: Rasa) -> None:
    rasa.hears("no_details")
    await rasa.call("action_offer_person")
    rasa.hears("thank")
    rasa.hears("affirm")
    await rasa.call("action_affirm")
    assert rasa.responses == ["utter_what_else"]


async def test_yes_after_a_no_means_nothing(rasa: Rasa) -> None:
    rasa.hears("no_details")
    await rasa.call("action_offer_person")
    rasa.hears("deny")
    await rasa.call("action_deny")
    assert rasa.responses == ["utter_declined"]
    rasa.hears("affirm")
    await rasa.call("action_affirm")
    assert rasa.responses == ["utter_what_else"]


async def test_yes_in_the_form_leaves_the_word_to_the_form(rasa: Rasa) -> None:
    rasa.in_form = True
    rasa.hears("affirm")
    await rasa.call("action_affirm")
    assert not rasa.said


async def test_second_misunderstanding_in_a_row_brings_a_person(rasa: Rasa) -> None:
    rasa.hears("nlu_fallback")
    await rasa.call("action_fallback")
    assert rasa.responses == ["utter_fallback"]
    assert not rasa.changes
    rasa.hears("out_of_scope")
    await rasa.call("action_fallback")
    assert rasa.responses == ["utter_hand_over_not_understood"]
    assert rasa.notice["reason"] == "fallback"


async def test_a_bug_is_an_apology_a_log_line_and_a_metric(
    rasa: Rasa, orders: FakeOrderDirectory, registry: CollectorRegistry
) -> None:
    orders.bug = RuntimeError("a bug")
    rasa.hears("give_details")
    rasa.extracts(order_number=NUMBER, phone_last4=LAST4)
    with capture_logs() as logged:
        answer = await rasa.call("validate_order_status_form")
    assert answer.status_code == 200
    assert rasa.responses == ["utter_trouble"]
    assert [(line["event"], line["log_level"]) for line in logged] == [("action_failed", "error")]
    labels = {"action": "validate_order_status_form", "outcome": "error"}
    assert registry.get_sample_value("switchyard_actions_action_seconds_count", labels) == 1


async def test_unknown_actions_and_bad_bodies_are_refused_without_repeating_them(
    rasa: Rasa,
) -> None:
    assert (await rasa.call("action_unknown")).status_code == 404
    client = rasa._client
    assert (await client.post("/webhook", content=b"{secret")).status_code == 400
    refused = await client.post("/webhook", content=json.dumps({"secret": 1}))
    assert refused.status_code == 422
    assert "secret" not in refused.text


async def test_counts_findings_and_hand_overs(rasa: Rasa, registry: CollectorRegistry) -> None:
    await fail_once(rasa)
    rasa.hears("ask_person")
    await rasa.call("action_hand_over")

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"switchyard_actions_{name}", labels)

    assert value("findings_total", finding="no_match") == 1
    assert value("handovers_total", reason="asked") == 1
    assert value("action_seconds_count", action="action_hand_over", outcome="ok") == 1


async def test_lists_its_actions_and_is_well(rasa: Rasa) -> None:
    client = rasa._client
    assert (await client.get("/health")).json() == {"status": "ok"}
    assert {"name": "action_hand_over"} in (await client.get("/actions")).json()
