"""The router's store as deployed: by TLS alone, with another master, and renewed certificates."""

import asyncio
import os
import socket
import ssl
import struct
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from cryptography import x509
from switchyard_common.settings import TlsFiles

from tests.fakes.certificates import Authority
from tests.fakes.crm.databases import PostgresServer
from tests.fakes.deploy.mount import Mount
from tests.fakes.deploy.store_pods import K8S, PASSWORD, Store, StorePod, names, store

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

PATIENCE_SECONDS = 60
# As docs/kubernetes.md writes the Secret, with the places of this machine.
URL = (
    "rediss+sentinel://:{password}@{sentinels}/switchyard/0"
    "?sentinel_password={password}&ssl_ca_certs={ca}"
)
PROGRAM = """
import asyncio, sys
from switchyard_common.redis_clients import open_redis

async def main():
    async with open_redis(sys.argv[1], 10.0, "") as client:
        print(await client.set("written", sys.argv[2]), await client.get("written"))

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pods(
    tmp_path_factory: pytest.TempPathFactory, authority: Authority
) -> AsyncIterator[Store]:
    files = authority.server("redis", *names())
    async with store(tmp_path_factory.mktemp("store"), files) as running:
        yield running


async def presented(pod: StorePod, port: int) -> int:
    """The serial number of the certificate that a new connection sees; 0: nobody listens."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        _, writer = await asyncio.open_connection(pod.address, port, ssl=context)
    except OSError:
        return 0
    seen = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return x509.load_der_x509_certificate(seen).serial_number


def serial(files: TlsFiles) -> int:
    return x509.load_pem_x509_certificate(files.cert.read_bytes()).serial_number


async def test_one_is_the_master_and_the_others_follow_it(pods: Store) -> None:
    master = await pods.settled()
    assert await master.ask("set", "before", "1") == "OK"
    (other, _) = (pod for pod in pods.pods if pod is not master)
    assert "READONLY" in await other.ask("set", "before", "2")


async def test_whoever_has_no_password_or_no_tls_gets_nothing(pods: Store) -> None:
    master = await pods.settled()
    secured = f"--tls --cacert {master.folder}/tls/ca.crt"
    for how in (f"REDISCLI_AUTH= valkey-cli {secured}", f"valkey-cli {secured} -a wrong"):
        told = await master.run("sh", "-c", f"{how} -h {master.name}.redis -p {master.port} ping")
        assert "PONG" not in told
        assert "AUTH" in told or "WRONGPASS" in told
    plain = await master.run("valkey-cli", "-h", f"{master.name}.redis", "-p", str(master.port))
    assert "PONG" not in plain


async def test_the_url_of_the_secret_reaches_the_master(pods: Store) -> None:
    assert await written(pods, "1") == "True b'1'"


async def written(pods: Store, value: str) -> str:
    pod = pods.pods[0]
    sentinels = ",".join(f"{each.name}.redis:{each.sentinel_port}" for each in pods.pods)
    url = URL.format(password=PASSWORD, sentinels=sentinels, ca=pod.folder / "tls/ca.crt")
    return (await pod.run(sys.executable, "-c", PROGRAM, url, value)).splitlines()[-1]


async def test_renewed_certificates_are_shown_without_a_restart_of_servers(
    pods: Store, authority: Authority
) -> None:
    await pods.settled()
    started = [pod.server.starts for pod in pods.pods]
    new = authority.server("renewed", *names())
    pods.renew(new)
    async with asyncio.timeout(PATIENCE_SECONDS):
        for pod in pods.pods:
            for port in (pod.port, pod.sentinel_port):
                while await presented(pod, port) != serial(new):
                    await asyncio.sleep(0.1)
    assert [pod.server.starts for pod in pods.pods] == started
    await pods.settled()
    assert await written(pods, "2") == "True b'2'"


async def test_another_becomes_master_and_the_first_follows_when_it_is_back(pods: Store) -> None:
    first = await pods.settled()
    await first.ask("set", "kept", "yes")
    await first.ask("wait", "2", "5000")
    await first.server.kill()
    second = await pods.settled(without=first)
    assert second is not first
    assert await second.ask("get", "kept") == "yes"
    first.server.start()
    assert await pods.settled() is second
    assert await first.role() == "slave"


def presented_by(postgres: PostgresServer) -> int:
    """The serial number of the certificate that a new connection to PostgreSQL sees."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", postgres.port), PATIENCE_SECONDS) as plain:
        plain.sendall(struct.pack("!ii", 8, 80877103))  # its protocol's request for TLS
        assert plain.recv(1) == b"S"
        with context.wrap_socket(plain) as secured:
            seen = secured.getpeercert(binary_form=True)
    assert seen
    return x509.load_der_x509_certificate(seen).serial_number


@pytest.fixture
def postgres(authority: Authority) -> Iterator[PostgresServer]:
    with PostgresServer(certificate=authority.server("postgres", "postgres")) as server:
        yield server


async def test_postgres_shows_a_renewed_certificate_without_a_restart(
    postgres: PostgresServer, authority: Authority, tmp_path: Path
) -> None:
    """The script that its pod runs, with the signal that its pod gives."""
    new = authority.server("postgres-renewed", "postgres")
    mount = Mount(tmp_path / "tls")
    mount.put(new)
    script = tmp_path / "renew.sh"
    text = (K8S / "base/settings/renew.sh").read_text()
    script.write_text(text.replace("/tls/", f"{mount.folder}/"))
    assert "renew.sh kill -HUP $$ & exec" in (K8S / "components/postgres/postgres.yaml").read_text()
    beside = await asyncio.create_subprocess_exec(
        *("sh", script, "kill", "-HUP", str(postgres.pid)),
        env=os.environ | {"RENEW_SECONDS": "0.1"},
    )
    try:
        before = presented_by(postgres)
        postgres.put_certificate(new)
        await asyncio.sleep(1)
        assert presented_by(postgres) == before, "the files alone change nothing"
        mount.put(new)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while presented_by(postgres) != serial(new):
                await asyncio.sleep(0.1)
    finally:
        beside.kill()
        await beside.wait()
