"""One customer's trace through the running whole, as a collector of an operator gets it."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from uuid import uuid4

import httpx
import pytest
from switchyard.conversation.v1 import conversation_service_pb2 as pb
from switchyard.conversation.v1.conversation_service_pb2_grpc import ConversationServiceStub
from switchyard_common.grpc_channel import open_channel

from tests.fakes.collector import Arrived, Collector, collecting
from tests.fakes.launcher.running import Switchyard, running

pytestmark = pytest.mark.e2e

PATIENCE_SECONDS = 120.0
CARD = "4111 1111 1111 1111"
PHONE = "13912345678"
GATEWAY, BOT, ACTIONS = "switchyard-gateway", "switchyard-rasa", "switchyard-actions"
ROUTER, CRM = "switchyard-router", "switchyard-crm"


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory, collector: Collector) -> Iterator[Switchyard]:
    asked = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "200"}
    with running(tmp_path_factory.mktemp("traced"), settings=asked) as whole:
        yield whole


@pytest.fixture(scope="module")
def conversation(traced: Switchyard) -> str:
    """The name of one in which an order was told on proof, and an agent took over."""
    return asyncio.run(served(traced))


async def served(whole: Switchyard) -> str:
    file = whole.state_dir / "demo" / "examples.json"
    words: list[str] = json.loads(file.read_text())["examples"]["en"]
    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        open_channel(whole.target("GATEWAY_GRPC_PORT")) as channel,
    ):
        stub: Any = ConversationServiceStub(channel)
        begun = await stub.OpenConversation(
            pb.OpenConversationRequest(
                parent="tenants/demo",
                conversation=pb.Conversation(channel="api", language="en"),
                request_id=uuid4().hex,
            )
        )
        for text in (*words[:2], f"my card is {CARD}, call {PHONE}", words[2]):
            said = pb.Message(role=pb.CUSTOMER, text=text, message_id=uuid4().hex)
            await stub.PostMessage(pb.PostMessageRequest(parent=begun.name, message=said))
        while True:
            now = await stub.GetConversation(pb.GetConversationRequest(name=begun.name))
            if now.state == pb.WITH_AGENT:
                return str(begun.name)
            await asyncio.sleep(0.1)


def eventually[T](found: Callable[[], T]) -> T:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (value := found()):
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.2)
    return value


def turns(collector: Collector, conversation: str) -> list[list[Arrived]]:
    """The traces of a conversation, a list of spans each."""
    spans = collector.spans
    known = conversation.rpartition("/")[2]
    roots = [span for span in spans if span.attributes.get("switchyard.conversation") == known]
    traces = dict.fromkeys(span.trace for span in roots if span.name == "chat.turn")
    return [[span for span in spans if span.trace == trace] for trace in traces]


def way_to(span: Arrived, trace: list[Arrived]) -> list[str]:
    """The processes from the root to a span."""
    by_id = {each.id: each for each in trace}
    way = [span.service]
    while span.parent in by_id:
        span = by_id[span.parent]
        way.append(span.service)
    assert span.parent == b"", "its parent never arrived"
    return list(dict.fromkeys(reversed(way)))


def ways(collector: Collector, conversation: str, service: str) -> list[list[str]]:
    """How RPCs of a service were led to, within the conversation's traces."""
    return [
        way_to(span, trace)
        for trace in turns(collector, conversation)
        for span in trace
        if f"{service}/" in span.name
    ]


def test_a_question_goes_from_the_gateway_by_bot_and_actions_to_the_crm(
    collector: Collector, conversation: str
) -> None:
    wanted = [GATEWAY, BOT, ACTIONS, CRM]
    eventually(lambda: wanted in ways(collector, conversation, "CrmService"))


def test_a_wish_for_a_person_goes_on_to_the_router(collector: Collector, conversation: str) -> None:
    wanted = [GATEWAY, ROUTER]
    eventually(lambda: wanted in ways(collector, conversation, "ContactService"))


def test_nothing_that_the_customer_said_reaches_the_collector(
    traced: Switchyard, collector: Collector, conversation: str
) -> None:
    # Turns are taken in order: who is with an agent was heard to the end.
    eventually(lambda: ways(collector, conversation, "ContactService"))
    everything = b"".join(collector.bodies)
    file = traced.state_dir / "demo" / "examples.json"
    order = json.loads(file.read_text())["examples"]["en"][0]
    for secret in (CARD, PHONE, order, "SY20480002"):
        assert secret.encode() not in everything


def test_a_collector_that_dies_stops_nobody(traced: Switchyard, collector: Collector) -> None:
    before, collector.status = collector.requests, 503
    asyncio.run(served(traced))
    eventually(lambda: collector.requests > before)

    def lost(process: str) -> bool:
        port = traced.port(f"{process}_METRICS_PORT")
        text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False, timeout=60).text
        value = {line.split()[0]: line.split()[-1] for line in text.splitlines() if line}
        made = float(value["switchyard_trace_spans_total"])
        return made > float(value["switchyard_trace_spans_sent_total"]) > 0

    for process in ("GATEWAY", "BOT", "ACTIONS"):
        eventually(partial(lost, process))
    assert traced.process.poll() is None
