"""What a stream says first."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from switchyard.router.v1 import agent_service_pb2, contact_service_pb2
from switchyard_common.errors import DomainError, ErrorKind
from switchyard_router.entrypoints.hello import first_message

pytestmark = pytest.mark.unit


class Client:
    """Says what it is told to, and notes whether anybody stopped listening."""

    def __init__(self, *messages: agent_service_pb2.ClientMessage, silent: bool = False) -> None:
        self._messages = messages
        self._silent = silent
        self.given_up = False

    async def says(self) -> AsyncIterator[agent_service_pb2.ClientMessage]:
        try:
            for message in self._messages:
                yield message
            if self._silent:
                await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.given_up = True
            raise


def hello(agent: str) -> agent_service_pb2.ClientMessage:
    return agent_service_pb2.ClientMessage(hello=agent_service_pb2.AgentHello(agent=agent))


async def test_the_hello_is_taken_and_the_rest_is_left_to_be_read() -> None:
    up = Client(hello("ann"), hello("bob")).says()
    assert (await first_message(up)).agent == "ann"
    assert [message.hello.agent async for message in up] == ["bob"]


async def test_silence_is_refused_by_field_and_the_read_goes_on() -> None:
    client = Client(silent=True)
    with pytest.raises(DomainError) as caught:
        await first_message(client.says(), seconds=0.001)
    assert (caught.value.kind, caught.value.violations[0].field) == (ErrorKind.INVALID, "hello")
    await asyncio.sleep(0)
    assert not client.given_up, "gRPC would have ended the call before the client learns why"


async def test_a_stream_that_ends_at_once_is_told_to_say_hello() -> None:
    with pytest.raises(DomainError, match="send it first"):
        await first_message(Client().says())


async def test_anything_else_first_is_refused() -> None:
    beat = contact_service_pb2.Heartbeat(client_ms=1)
    with pytest.raises(DomainError, match="must be hello"):
        await first_message(Client(agent_service_pb2.ClientMessage(heartbeat=beat)).says())
