"""The router's store as deployed: by TLS alone, with another master, and renewed certificates."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.fakes.certificates import Authority, serial_of, serial_shown
from tests.fakes.deploy.store_pods import (
    PASSWORD,
    Store,
    StorePod,
    containers,
    conversations,
    names,
    store,
)

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


def presented(pod: StorePod, port: int) -> int:
    """The serial number of the certificate that a new connection sees; 0: nobody listens."""
    try:
        return serial_shown(pod.address, port)
    except OSError:
        return 0


async def test_one_is_the_master_and_the_others_follow_it(pods: Store) -> None:
    master = await pods.settled()
    assert await master.ask("set", "before", "1") == "OK"
    (other, _) = (pod for pod in pods.pods if pod is not master)
    assert "READONLY" in await other.ask("set", "before", "2")


async def test_the_probes_of_the_manifest_hold(pods: Store) -> None:
    await pods.settled()
    for container in containers("redis.yaml").values():
        for probe in ("startupProbe", "readinessProbe"):
            assert await pods.pods[0].holds(container[probe]["exec"]["command"])


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
                while presented(pod, port) != serial_of(new):
                    await asyncio.sleep(0.1)
    assert [pod.server.starts for pod in pods.pods] == started
    await pods.settled()
    assert await written(pods, "2") == "True b'2'"


async def test_the_server_of_conversations_starts_by_its_command_and_is_renewed(
    tmp_path: Path, authority: Authority
) -> None:
    files = authority.server("conversations", *names("conversations"))
    probe = containers("conversations.yaml")["process"]["readinessProbe"]["exec"]["command"]
    async with conversations(tmp_path, files) as pod, asyncio.timeout(PATIENCE_SECONDS):
        while not await pod.holds(probe):
            await asyncio.sleep(0.1)
        assert "noeviction" in await pod.ask("config", "get", "maxmemory-policy")
        assert presented(pod, pod.port) == serial_of(files)
        new = authority.server("conversations-renewed", *names("conversations"))
        pod.mount.put(new)
        while presented(pod, pod.port) != serial_of(new):
            await asyncio.sleep(0.1)


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
