"""The whole stack by `run --tls`: every arrow by mutual TLS, and renewed while it runs."""

import asyncio
import os
import re
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
import httpx
import pytest
from cryptography import x509
from switchyard.conversation.v1 import conversation_service_pb2 as pb
from switchyard.conversation.v1.conversation_service_pb2_grpc import ConversationServiceStub
from switchyard.router.v1 import agent_service_pb2, agent_service_pb2_grpc
from switchyard_common.grpc_channel import open_channel
from switchyard_common.settings import TlsFiles

from tests.fakes.launcher.running import Switchyard, running

pytestmark = pytest.mark.e2e

PATIENCE_SECONDS = 120.0
MUTUAL = ("ROUTER_PORT", "CRM_PORT", "GATEWAY_GRPC_PORT", "INSIGHTS_PORT", "ROUTER_HTTP_PORT")
FOR_PROCESSES = {
    "BOT_PORT": "/webhooks/switchyard/message",
    "ACTIONS_PORT": "/webhook",
    "PHONE_PORT": "/calls",
}
SHOWN_BY = (*MUTUAL, *FOR_PROCESSES, "GATEWAY_PORT")
MEASURED = ("ROUTER", "CRM", "BOT", "ACTIONS", "GATEWAY", "PHONE", "DEMO", "INSIGHTS")


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Switchyard]:
    with running(tmp_path_factory.mktemp("secured"), more=("--tls",)) as whole:
        for setting in SHOWN_BY:  # nobody waited for the telephone and the history to start
            eventually(partial(listens, whole.port(setting)))
        yield whole


def files(whole: Switchyard, name: str) -> TlsFiles:
    folder = whole.state_dir / "certs"
    return TlsFiles(folder / f"{name}.pem", folder / f"{name}.key", folder / "ca.pem")


def certs(whole: Switchyard, *options: str) -> None:
    """`switchyard certs` for this run."""
    subprocess.run(
        [Path(sys.executable).with_name("switchyard"), "certs", *options],
        env={**os.environ, **whole.environment},
        stdout=subprocess.DEVNULL,
        check=True,
    )


def eventually(holds: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.1)


def listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def context_of(tls: TlsFiles, *, shows: bool = True) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=tls.ca)
    context.set_alpn_protocols(["h2", "http/1.1"])
    if shows:
        context.load_cert_chain(tls.cert, tls.key)
    return context


def serial_at(port: int, context: ssl.SSLContext) -> int:
    with (
        socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as secured,
    ):
        shown = secured.getpeercert(binary_form=True)
    assert shown is not None
    return x509.load_der_x509_certificate(shown).serial_number


def shows_another(port: int, context: ssl.SSLContext, serial: int) -> bool:
    return serial_at(port, context) != serial


async def served(whole: Switchyard) -> pb.Conversation:
    """A customer asks for a person: gateway, bot, actions, router, an agent of the floor."""
    tls = files(whole, "platform")
    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        open_channel(whole.target("GATEWAY_GRPC_PORT"), tls) as channel,
    ):
        stub: Any = ConversationServiceStub(channel)
        begun = await stub.OpenConversation(
            pb.OpenConversationRequest(
                parent="tenants/demo",
                conversation=pb.Conversation(channel="api", language="en"),
                request_id=uuid4().hex,
            )
        )
        said = pb.Message(
            role=pb.CUSTOMER, text="I want to talk to a person", message_id=uuid4().hex
        )
        await stub.PostMessage(pb.PostMessageRequest(parent=begun.name, message=said))
        while True:
            now: pb.Conversation = await stub.GetConversation(
                pb.GetConversationRequest(name=begun.name)
            )
            if now.state == pb.WITH_AGENT:
                return now
            await asyncio.sleep(0.1)


def run[T](work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def test_a_customer_reaches_an_agent_by_way_of_the_bot(secured: Switchyard) -> None:
    assert run(served(secured)).agent.startswith("tenants/demo/agents/")


def first_words(port: int, context: ssl.SSLContext) -> bytes:
    """What a server says to who greets it; nothing, if it refuses the connection."""
    try:
        with (
            socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS) as plain,
            context.wrap_socket(plain, server_hostname="127.0.0.1") as connection,
        ):
            connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
            return connection.recv(4096)  # with TLS 1.3 a refusal comes after the handshake
    except (ssl.SSLError, ConnectionError):
        return b""


@pytest.mark.parametrize("setting", MUTUAL)
def test_who_shows_no_certificate_gets_no_connection(secured: Switchyard, setting: str) -> None:
    tls, port = files(secured, "platform"), secured.port(setting)
    assert first_words(port, context_of(tls)) != b""
    assert first_words(port, context_of(tls, shows=False)) == b""


@pytest.mark.parametrize(("setting", "path"), FOR_PROCESSES.items())
def test_what_processes_ask_by_http_is_for_those_with_a_certificate(
    secured: Switchyard, setting: str, path: str
) -> None:
    tls = files(secured, "gateway")
    url = f"https://{secured.target(setting)}{path}"
    with httpx.Client(verify=context_of(tls, shows=False), trust_env=False, timeout=60) as nobody:
        assert nobody.post(url, json={}).status_code == httpx.codes.UNAUTHORIZED
    with httpx.Client(verify=context_of(tls), trust_env=False, timeout=60) as gateway:
        assert gateway.post(url, json={}).status_code != httpx.codes.UNAUTHORIZED


def test_an_agents_certificate_opens_no_other_agents_session(secured: Switchyard) -> None:
    certs(secured, "--agent", "a1001")

    async def code() -> grpc.StatusCode:
        tls = files(secured, "agent-a1001")
        async with open_channel(secured.target("ROUTER_PORT"), tls) as channel:
            stub: Any = agent_service_pb2_grpc.AgentServiceStub(channel)
            wish = agent_service_pb2.GetAgentRequest(name="tenants/demo/agents/a1002")
            try:
                await stub.GetAgent(wish, timeout=60)
            except grpc.aio.AioRpcError as error:
                return error.code()
        return grpc.StatusCode.OK

    assert run(code()) is grpc.StatusCode.PERMISSION_DENIED


def test_commands_show_the_certificate_that_the_environment_names(secured: Switchyard) -> None:
    def asked(**more: str) -> str:
        command = [str(Path(sys.executable).with_name("switchyard")), "call", "show"]
        url = f"https://{secured.target('PHONE_PORT')}"
        environment = {**os.environ, "LC_ALL": "C", "PHONE_URL": url, "COLUMNS": "200", **more}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    tls = files(secured, "platform")
    own = {"CERT": str(tls.cert), "KEY": str(tls.key), "CA": str(tls.ca)}
    variables = {f"SWITCHYARD_TLS_{part}": path for part, path in own.items()}
    assert "No calls yet" in asked(**variables)
    assert "No phone answers" in asked(), "its CA is unknown to the system"
    assert "certificate of its CA" in asked(SSL_CERT_FILE=str(tls.ca))


@pytest.mark.parametrize("process", MEASURED)
def test_every_process_tells_when_its_certificate_runs_out(
    secured: Switchyard, process: str
) -> None:
    port = secured.port(f"{process}_METRICS_PORT")
    eventually(lambda: listens(port))
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False, timeout=60).text
    found = re.search(r"^switchyard_certificate_expires_timestamp_seconds (\S+)$", text, re.M)
    assert found
    assert 89 < (float(found[1]) - time.time()) / 86400 < 90.1
    assert "switchyard_certificate_refused_total 0.0" in text


def test_all_certificates_are_renewed_under_the_running_stack(secured: Switchyard) -> None:
    context = context_of(files(secured, "platform"))
    before = {setting: serial_at(secured.port(setting), context) for setting in SHOWN_BY}
    certs(secured, "--renew")
    for setting, serial in before.items():
        eventually(partial(shows_another, secured.port(setting), context, serial))
    assert run(served(secured)).agent
    assert secured.process.poll() is None
