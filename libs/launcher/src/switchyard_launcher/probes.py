"""Ways to find out whether a process is ready for work."""

import asyncio
from dataclasses import dataclass
from typing import Protocol

import grpc
import httpx
from grpc_health.v1 import health_pb2
from switchyard_common.embedded import send_inline
from switchyard_common.grpc_channel import open_channel
from switchyard_common.settings import TlsFiles

_ANSWER_SECONDS = 2.0
_HEALTH_CHECK = "/grpc.health.v1.Health/Check"  # the stub's methods are not typed


class Probe(Protocol):
    """One look at a process."""

    async def ready(self) -> bool:
        """Whether it is ready now; a process that does not answer is not."""
        ...


@dataclass(frozen=True, slots=True)
class HttpProbe:
    """Ready when a GET of the URL answers 200."""

    url: str

    async def ready(self) -> bool:
        """See Probe."""
        # Loading the trusted authorities costs 50 ms of CPU each time, and this machine's own
        # processes need none.
        client = httpx.AsyncClient(verify=False, trust_env=False, timeout=_ANSWER_SECONDS)
        async with client:
            try:
                answer = await client.get(self.url)
            except httpx.TransportError:
                return False
        return answer.status_code == httpx.codes.OK


@dataclass(frozen=True, slots=True)
class GrpcProbe:
    """Ready when grpc.health.v1 says SERVING."""

    target: str
    tls: TlsFiles | None = None

    async def ready(self) -> bool:
        """See Probe."""
        async with open_channel(self.target, self.tls) as channel:
            check = channel.unary_unary(
                _HEALTH_CHECK,
                request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
                response_deserializer=health_pb2.HealthCheckResponse.FromString,
            )
            try:
                answer = await check(health_pb2.HealthCheckRequest(), timeout=_ANSWER_SECONDS)
            except grpc.aio.AioRpcError:
                return False
        serving: bool = answer.status == health_pb2.HealthCheckResponse.SERVING
        return serving


@dataclass(frozen=True, slots=True)
class ValkeyProbe:
    """Ready when the server has loaded its data and answers PING."""

    host: str
    port: int

    async def ready(self) -> bool:
        """See Probe."""
        reply = await asyncio.to_thread(send_inline, self.host, self.port, "PING")
        return reply.startswith(b"+PONG")
