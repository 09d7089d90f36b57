"""FastAGI as a dialplan uses it, with a client that speaks as Asterisk does."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
from switchyard.router.v1 import agent_pb2, config_service_pb2, supervision_service_pb2

from tests.fakes.ports import free_port
from tests.fakes.router.asterisk import agi, run_agi
from tests.fakes.router.clients import Centre, centre
from tests.fakes.router.process import serving
from tests.fakes.router.server import router

pytestmark = pytest.mark.integration


@pytest_asyncio.fixture
async def both(redis_url: str) -> AsyncGenerator[tuple[Centre, int]]:
    port = free_port()
    async with router(redis_url, agi_port=port) as target, centre(target) as clients:
        await clients.queue(wrap_up_ms=60_000, ring_timeout_ms=60_000)
        await clients.agent("ann", skills={"billing": 5})
        yield clients, port


@pytest.fixture
def small(both: tuple[Centre, int]) -> Centre:
    return both[0]


@pytest.fixture
def port(both: tuple[Centre, int]) -> int:
    return both[1]


async def waiting(small: Centre) -> str:
    """The contact that the call becomes, once it waits."""
    events = small.supervision.StreamEvents(
        supervision_service_pb2.StreamEventsRequest(
            parent="tenants/demo", resume_token="0", types=["contact.queued"]
        )
    )
    async with asyncio.timeout(60):
        async for event in events:
            await asyncio.sleep(0.05)  # it is watched a moment after it was created
            return f"tenants/demo/contacts/{event.event.subject}"
    raise AssertionError("the stream of events ended")


async def test_a_call_goes_from_the_dialplan_to_the_agent_and_ends(
    small: Centre, port: int
) -> None:
    async with small.desktop("ann"):
        said = await run_agi(port, "route?queue=billing&skills=billing:3&attr.ivr=main")
        assert (said["STATUS"], said["AGENT"]) == ("OFFER", "ann")
        assert said["ENDPOINT"] == "sip:ann@127.0.0.1"
        assert 1 <= int(said["RING_SECONDS"]) <= 60
        name = f"tenants/demo/contacts/{said['CONTACT']}"
        contact = await small.contact(name)
        assert (contact.external_id, contact.caller) == ("1700000000.1", "+8613800000000")
        assert contact.attributes["ivr"] == "main"

        channel = {f"SWITCHYARD_{key}": value for key, value in said.items()}
        states = []
        for event in ("RINGING", "ANSWERED", "BRIDGED", "HANGUP"):
            async with agi(port, f"event/{event}", variables=channel) as call:
                left = await call.serve()
            states.append((left["SWITCHYARD_STATUS"], left["SWITCHYARD_REASON"]))
        assert states == [
            ("OK", "OFFERING"),
            ("OK", "ASSIGNED"),
            ("OK", "CONNECTED"),
            ("OK", "WRAP_UP"),
        ]
        again = await run_agi(
            port, f"event/BRIDGED?contact={said['CONTACT']}&fence={said['FENCE']}&agent=ann"
        )
        assert again["STATUS"] == "DUPLICATE"


async def test_an_agent_who_does_not_answer_is_followed_by_the_next(
    small: Centre, port: int
) -> None:
    await small.agent("bob")
    async with small.desktop("ann"), small.desktop("bob"):
        first = await run_agi(port, "route?queue=billing")
        done = await run_agi(
            port, f"event/NO_ANSWER?contact={first['CONTACT']}&fence={first['FENCE']}"
        )
        assert done["STATUS"] == "OK"
        second = await run_agi(port, f"route?queue=billing&after={first['FENCE']}")
        assert second["CONTACT"] == first["CONTACT"]
        assert {first["AGENT"], second["AGENT"]} == {"ann", "bob"}
        assert int(second["FENCE"]) > int(first["FENCE"])


async def test_a_caller_who_hangs_up_while_waiting_is_not_rung_for(
    small: Centre, port: int
) -> None:
    async with agi(port, "route?queue=billing") as call:
        name = await waiting(small)
        call.hang_up()
        left = await call.serve()
    assert left["SWITCHYARD_STATUS"] == "HANGUP"
    assert await small.state(name) == "ABANDONED"


async def test_a_connection_that_breaks_is_a_caller_who_left(small: Centre, port: int) -> None:
    async with agi(port, "route?queue=billing"):
        name = await waiting(small)
    await small.reaches(name, "ABANDONED")


async def test_a_dialplan_may_come_back_to_wait_on(small: Centre, port: int) -> None:
    first = await run_agi(port, "route?queue=billing&timeout=1")
    assert (first["STATUS"], first["AGENT"]) == ("WAITING", "")
    assert await small.state(f"tenants/demo/contacts/{first['CONTACT']}") == "QUEUED"
    async with small.desktop("ann"):
        second = await run_agi(port, "route?queue=billing")
    assert (second["STATUS"], second["CONTACT"]) == ("OFFER", first["CONTACT"])


async def test_it_can_wait_for_the_desktop_to_accept(small: Centre, port: int) -> None:
    async with small.desktop("ann") as ann, agi(port, "route?queue=billing&wait=accept") as call:
        offer = await ann.offer()
        assert (await ann.accept(offer)).code == 0
        left = await call.serve()
    assert left["SWITCHYARD_STATUS"] == "ASSIGNED"
    assert left["SWITCHYARD_OFFER"] == offer.name.rpartition("/")[2]


async def test_a_contact_that_ends_lets_the_dialplan_go_on(small: Centre, port: int) -> None:
    await small.queue(max_wait_ms=300)
    said = await run_agi(port, "route?queue=billing")
    assert (said["STATUS"], said["REASON"]) == ("EXPIRED", "MAX_WAIT")


MISTAKES = {
    "route?queue=nowhere": "QUEUE",
    "route": "BAD_NAME",
    "route?queue=billing&colour=red": "BAD_FIELD",
    "route?queue=billing&queue=vip": "BAD_FIELD",
    "route?queue=billing&priority=--5": "BAD_FIELD",
    "route?queue=billing&priority=99": "BAD_FIELD",
    "route?queue=billing&skills=billing:high": "BAD_FIELD",
    "route?queue=tenants/other/queues/billing": "TENANT_MISMATCH",
    "event/EXPLODED?contact=a": "BAD_FIELD",
    "event/ANSWERED": "BAD_NAME",
    "nothing": "UNKNOWN_SCRIPT",
}


async def test_a_mistake_in_the_dialplan_is_told_by_variables(small: Centre, port: int) -> None:
    for script, reason in MISTAKES.items():
        said = await run_agi(port, script)
        assert (said["STATUS"], said["REASON"]) == ("ERROR", reason), script


async def test_a_value_cannot_break_out_of_its_quotation_marks(small: Centre, port: int) -> None:
    evil = '"; sip:x\\" SET VARIABLE X "1'
    agent = agent_pb2.Agent(
        name="tenants/demo/agents/ann",
        endpoint=evil,
        channel_capacity={"VOICE": 1},
        queues=["tenants/demo/queues/billing"],
    )
    await small.config.UpsertAgent(config_service_pb2.UpsertAgentRequest(agent=agent))
    async with small.desktop("ann"):
        said = await run_agi(port, "route?queue=billing")
    assert said["ENDPOINT"] == evil
    assert "X" not in said


NOISE = (
    b"",
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"agi_network: yes\n",
    b"agi_network: no\n\n",
    b"agi_x: " + b"x" * 100_000 + b"\n\n",
    b"agi_x: 1\n" * 1000,
    bytes(range(256)) * 10,
)


async def test_noise_disturbs_nobody(small: Centre, port: int) -> None:
    async def make(noise: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(noise)
        try:
            return await reader.read(1000)
        except ConnectionResetError:  # it was ended with our words unread
            return b""
        finally:
            writer.close()

    made = [asyncio.create_task(make(noise)) for noise in NOISE]
    async with small.desktop("ann"):
        assert (await run_agi(port, "route?queue=billing"))["STATUS"] == "OFFER"
    async with asyncio.timeout(60):
        assert await asyncio.gather(*made) == [b""] * len(NOISE)


async def test_a_client_that_never_replies_is_given_up(small: Centre, port: int) -> None:
    async with small.desktop("ann"), agi(port, "route?queue=billing") as silent:
        async with asyncio.timeout(60):
            assert (await silent._reader.readline()).startswith(b"SET VARIABLE")
            assert await silent._reader.read() == b""


async def test_a_router_that_stops_leaves_the_call_to_the_next(redis_url: str) -> None:
    first_port, next_port = free_port(), free_port()
    async with router(redis_url, agi_port=next_port) as target, centre(target) as small:
        await small.queue()
        await small.agent("ann")
        async with router(redis_url, agi_port=first_port, drain_seconds=3) as first:
            await serving(first)
            call = asyncio.create_task(run_agi(first_port, "route?queue=billing"))
            name = await waiting(small)
        said = await call
        assert (said["STATUS"], said["REASON"]) == ("ERROR", "DRAINING")
        assert await small.state(name) == "QUEUED"
        async with small.desktop("ann"):
            on = await run_agi(next_port, "route?queue=billing")
        assert f"tenants/demo/contacts/{on['CONTACT']}" == name


async def test_only_named_machines_are_let_in(redis_url: str) -> None:
    port = free_port()
    async with router(redis_url, agi_port=port, agi_peers=("192.0.2.0/24",)):
        assert await run_agi(port, "route?queue=billing") == {}
