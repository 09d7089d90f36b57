"""How commands reach a router."""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any

import grpc
import typer
from switchyard_common import commands

from switchyard_router.domain.names import Tenant

RouterOption = Annotated[
    str, typer.Option(envvar="SWITCHYARD_ROUTER", help="host:port of a running router.")
]


@dataclass(frozen=True, slots=True)
class Reach:
    """A router and the tenant it serves."""

    target: str
    tenant: Tenant

    @asynccontextmanager
    async def channel(self) -> AsyncIterator["Calls"]:
        """An open channel."""
        async with commands.calling(self.target) as calls:
            yield Calls(calls, self.tenant)


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls methods of a router."""

    calls: commands.Calls
    tenant: Tenant

    @property
    def channel(self) -> grpc.aio.Channel:
        """For stubs."""
        return self.calls.channel

    async def __call__[Q](self, method: Callable[..., Any], request: Q) -> Any:
        """The answer to a request; raises AioRpcError."""
        return await self.calls(method, request)

    def stream[Q](self, method: Callable[..., Any], request: Q, deadline_seconds: float) -> Any:
        """The answers to a request, an asynchronous iterator that raises AioRpcError."""
        return self.calls.stream(method, request, deadline_seconds)


def reach(target: str, tenant: str) -> Reach:
    """How to reach a router."""
    return Reach(target, Tenant(tenant))


def ask[T](work: Coroutine[Any, Any, T], exit_code: int = 2) -> T:
    """Run a command's work; a refusal is told and ends the command with the code."""
    return commands.ask("the router", work, exit_code)
