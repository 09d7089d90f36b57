"""Messages that anybody might send, made from the contract, and a router to bear them."""

import asyncio
import os
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import strategies as st
from switchyard.router.v1 import agent_pb2, agent_service_pb2, contact_service_pb2

from tests.fakes.ports import free_port
from tests.fakes.router.clients import TENANT, Centre, Desktop, Node, centre
from tests.fakes.router.process import serving
from tests.fakes.router.server import router
from tests.fakes.steady_loop import SteadyLoop

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "8"))
"""Per RPC; FUZZ_EXAMPLES=1000 for a long run."""

_DEEPEST = 4
_BEAT_SECONDS = 3.0
_IDS = ("fuzz", "ann", "bob", "q1", "p1", "nobody", "a" * 128, "A.b_c~d-e")
_COLLECTIONS = ("contacts", "queues", "agents", "offers", "decisions", "routingPlans", "customers")
_NUMBERS = (0, 1, -1, 2, 3, 5, 10, 11, 20, 99, 100, 101, 1000, 1001, 65_536, 2**31 - 1, -(2**31))
_LARGE = (2**31, 2**53, 2**53 + 1, 2**63 - 1, -(2**63), 1_795_323_558_211)
_SECONDS = (-315_576_000_001, -62_135_596_801, -1, 0, 1, 30, 86_400, 10**6, 253_402_300_800, 10**12)

_names = st.one_of(
    st.builds(
        lambda collection, name: f"{TENANT}/{collection}/{name}",
        st.sampled_from(_COLLECTIONS),
        st.sampled_from(_IDS),
    ),
    st.sampled_from([TENANT, "tenants/other", "tenants/other/queues/q", "tenants/", "a/b/c/d"]),
)
_words = st.sampled_from(
    [
        *("", "r1", "r2", "VOICE", "CHAT", "billing", "0", "0-0", "1-1", "v1", "v1.2", "en", "zh"),
        *("batch", "longest_idle", "predictive", "true", "presence=AVAILABLE", "sip:x@y"),
        *(f"queue={TENANT}/queues/q1", "contact=fuzz AND agent=ann", "agent.x", "1 +"),
        *("agent.skills['a'] > 3", "[1,2,3].all(x, x > 0)", "Europe/Berlin", "Mon", "09:00"),
        *("\x00", "\n", "\u202e", "💥" * 10, "x" * 300, "x" * 20_000),
    ]
)
_texts = st.one_of(_names, _words, st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
_doubles = st.sampled_from(
    [0.0, -0.0, 0.5, 0.8, 1.0, 1.5, -1.0, 1e-308, 1e308, float("inf"), float("-inf"), float("nan")]
)
_int32 = st.sampled_from(_NUMBERS)
_int64 = st.sampled_from(_NUMBERS + _LARGE)
_F = FieldDescriptor
_BY_TYPE: dict[int, st.SearchStrategy[Any]] = {
    _F.TYPE_STRING: _texts,
    _F.TYPE_BYTES: st.binary(max_size=20),
    _F.TYPE_BOOL: st.booleans(),
    _F.TYPE_DOUBLE: _doubles,
    _F.TYPE_FLOAT: _doubles,
    _F.TYPE_INT32: _int32,
    _F.TYPE_SINT32: _int32,
    _F.TYPE_UINT32: st.sampled_from([0, 1, 2, 11, 2**32 - 1]),
    _F.TYPE_INT64: _int64,
    _F.TYPE_SINT64: _int64,
    _F.TYPE_UINT64: st.sampled_from([0, 1, 2**53, 2**64 - 1]),
    _F.TYPE_ENUM: st.sampled_from([0, 1, 2, 3, 4, 5, 6, 12, 99, -1, 2**31 - 1]),
}


@cache
def messages(descriptor: Descriptor, depth: int = 0) -> st.SearchStrategy[Message]:
    """Messages of a type: any fields, unknown enum numbers, names of anything and of nothing."""
    fields = {field.name: _field(field, depth) for field in descriptor.fields}
    inner = [field.name for field in descriptor.fields if field.message_type is not None]
    if depth >= _DEEPEST:
        fields = {name: made for name, made in fields.items() if name not in inner}
    return st.fixed_dictionaries({}, optional=fields).map(lambda chosen: _build(descriptor, chosen))


def _field(field: FieldDescriptor, depth: int) -> st.SearchStrategy[Any]:
    inner = field.message_type
    if inner is not None and inner.GetOptions().map_entry:
        values = _single(inner.fields_by_name["value"], depth)
        return st.dictionaries(_words, values, max_size=3)
    single = _single(field, depth)
    return st.lists(single, max_size=4) if field.is_repeated else single


def _single(field: FieldDescriptor, depth: int) -> st.SearchStrategy[Any]:
    inner = field.message_type
    if inner is None:
        return _BY_TYPE[field.type]
    if inner.full_name in ("google.protobuf.Duration", "google.protobuf.Timestamp"):
        return st.builds(
            lambda seconds, nanos: GetMessageClass(inner)(seconds=seconds, nanos=nanos),
            st.sampled_from(_SECONDS),
            st.sampled_from([0, 1, -1, 999_999_999, 2**31 - 1, -(2**31)]),
        )
    return st.deferred(lambda: messages(inner, depth + 1))


def _build(descriptor: Descriptor, chosen: dict[str, Any]) -> Message:
    message = GetMessageClass(descriptor)()
    for name, value in chosen.items():
        place = getattr(message, name)
        if isinstance(value, Message):
            place.CopyFrom(value)
        elif isinstance(value, dict):
            for key, each in value.items():
                if isinstance(each, Message):
                    place[key].CopyFrom(each)
                else:
                    place[key] = each
        elif isinstance(value, list):
            place.extend(value)
        else:
            setattr(message, name, value)
    return message


@dataclass(frozen=True, slots=True)
class Bearing:
    """A router that is fuzzed, and a conversation in its middle that nobody else names."""

    target: str
    http: str
    metrics: str
    loop: asyncio.AbstractEventLoop
    centre: Centre
    bystander: str

    def run(self, work: Any) -> Any:
        """Do something on the router's loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(300)

    def unharmed(self) -> None:
        """The conversation goes on, a new call still finds its agent, and no invariant broke."""
        self.run(self._unharmed())

    async def _unharmed(self) -> None:
        assert await self.centre.state(self.bystander) == "CONNECTED"
        async with self.centre.desktop("watcher") as desk:
            contact = await self.centre.create("later", queue="calm", node="")
            assert (await desk.offer(contact.name)).contact == contact.name
            await self.centre.contacts.CancelContact(
                contact_service_pb2.CancelContactRequest(name=contact.name)
            )


@contextmanager
def bearing(redis_url: str) -> Iterator[Bearing]:
    """The router in a thread of its own, so that plain tests can call it."""
    ready: Future[Bearing] = Future()
    over: Future[asyncio.Event] = Future()

    async def serve() -> None:
        end = asyncio.Event()
        over.set_result(end)
        ports = {"http_port": free_port(), "metrics_port": free_port()}
        settings: dict[str, Any] = ports
        async with router(redis_url, **settings) as target, centre(target) as clients:
            await serving(target)
            name = await _converse(clients)
            http, metrics = (f"http://127.0.0.1:{port}" for port in ports.values())
            async with (
                clients.node("calm-node", live=(name,)) as node,
                clients.desktop("talker") as talker,
            ):
                loop = asyncio.get_running_loop()
                ready.set_result(Bearing(target, http, metrics, loop, clients, name))
                await _beat(node, talker, end)

    def main() -> None:
        try:
            asyncio.run(serve(), loop_factory=SteadyLoop)
        except BaseException as error:
            if not ready.done():
                ready.set_exception(error)
            raise

    thread = threading.Thread(target=main, name="fuzzed-router")
    thread.start()
    try:
        made = ready.result(300)
        yield made
        made.loop.call_soon_threadsafe(over.result().set)
    finally:
        thread.join(60)


async def _beat(node: Node, desk: Desktop, end: asyncio.Event) -> None:
    """Keep the leases of the conversation until the end."""
    beat = contact_service_pb2.Heartbeat(client_ms=1)
    while not end.is_set():
        node.stream.send(contact_service_pb2.PbxMessage(heartbeat=beat))
        desk.stream.send(agent_service_pb2.ClientMessage(heartbeat=beat))
        with suppress(TimeoutError):
            await asyncio.wait_for(end.wait(), _BEAT_SECONDS)


async def _converse(clients: Centre) -> str:
    """A connected conversation, and something for fuzzed requests to name."""
    await clients.queue("calm")
    for agent in ("talker", "watcher"):
        await clients.agent(agent, queues=("calm",))
    async with clients.desktop("talker") as talker:
        contact = await clients.create("talk", queue="calm", node="calm-node")
        offer = await talker.offer(contact.name)
        await talker.accept(offer)
        await clients.report(
            "BRIDGED", contact.name, offer=offer.name, agent=offer.agent, fence=offer.fence
        )
    for queue in ("q1", "fuzz"):
        await clients.queue(queue)
    for agent in ("ann", "bob"):
        await clients.agent(agent, queues=("q1",), chat=3)
    assert await clients.state(contact.name) == "CONNECTED"
    assert await clients.presence("talker") != agent_pb2.Presence.Name(agent_pb2.OFFLINE)
    return str(contact.name)
