"""Whose certificate is none of ours, or has run out, does not reach the router."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import grpc
import httpx
import pytest
from switchyard.router.v1 import agent_service_pb2, agent_service_pb2_grpc
from switchyard_common.settings import TlsFiles

from tests.fakes.certificates import Authority
from tests.fakes.ports import free_port
from tests.fakes.router.clients import TENANT, refused
from tests.fakes.router.server import router

pytestmark = pytest.mark.integration

URI = "switchyard://demo/admin+supervisor/ops"


@asynccontextmanager
async def secured(redis_url: str, authority: Authority) -> AsyncIterator[tuple[str, int]]:
    """A router that demands certificates: its gRPC address, its HTTP port."""
    files, port = authority.server(), free_port()
    async with router(
        redis_url, http_port=port, tls_cert=files.cert, tls_key=files.key, tls_ca=files.ca
    ) as target:
        yield target, port


def strangers(folder: Path, ours: Authority) -> dict[str, TlsFiles]:
    """Clients that ought not to get in; they all trust the server."""
    other = Authority(folder / "other").client("forged", URI)
    ca = ours.server("known").ca
    return {
        "another CA's": replace(other, ca=ca),
        "run out": ours.client("run-out", URI, run_out=True),
    }


async def call(target: str, tls: TlsFiles, *, certificate: bool) -> object:
    """The outcome of one call over gRPC."""
    shown = (tls.key.read_bytes(), tls.cert.read_bytes()) if certificate else (None, None)
    credentials = grpc.ssl_channel_credentials(tls.ca.read_bytes(), *shown)
    async with grpc.aio.secure_channel(target, credentials) as channel:
        agents = agent_service_pb2_grpc.AgentServiceStub(channel)
        request = agent_service_pb2.GetAgentRequest(name=f"{TENANT}/agents/ann")
        return await refused(agents.GetAgent(request, timeout=60))


async def test_strangers_reach_neither_face(redis_url: str, tmp_path: Path) -> None:
    ours = Authority(tmp_path / "ours")
    known = ours.client("ops", URI)
    shut = (grpc.StatusCode.UNAVAILABLE, None)
    async with secured(redis_url, ours) as (target, port):
        reached = (grpc.StatusCode.NOT_FOUND, "AGENT")
        assert await call(target, known, certificate=True) == reached
        assert await call(target, known, certificate=False) == shut
        for who, files in strangers(tmp_path, ours).items():
            assert await call(target, files, certificate=True) == shut, who
            context = ssl.create_default_context(cafile=str(files.ca))
            context.load_cert_chain(files.cert, files.key)
            url = f"https://127.0.0.1:{port}/v1/agents"
            async with httpx.AsyncClient(verify=context, trust_env=False, timeout=60) as http:
                with pytest.raises(httpx.TransportError):
                    await http.get(url)
