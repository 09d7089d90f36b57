"""The pods of the router's store, their scripts run as deployed on addresses of loopback.

Debian's Redis stands in for Valkey, whose wheel speaks no TLS: the settings are the same.
"""

import asyncio
import os
import re
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import yaml
from switchyard_common.settings import TlsFiles

from tests.fakes.deploy.mount import Mount
from tests.fakes.deploy.pod import with_hosts
from tests.fakes.ports import free_port

K8S = Path(__file__).resolve().parents[3] / "deploy/k8s"
PASSWORD = "long-and-random"
PODS = 3
_SCRIPTS = K8S / "components/redis-sentinel"
_RENEWAL = K8S / "base/settings/renew.sh"
_PLACE = re.compile(r"(?:^|(?<=[ >]))/(?:tls|tmp|data|scripts|renewal)\b")
_HERE = re.compile(r'(?<!\.redis" )-p (2?6379)')
_PATIENCE_SECONDS = 60
_RESTART_SECONDS = 0.5


def names(store: str = "redis") -> list[str]:
    """The names that the certificate of a store is made for."""
    every = yaml.safe_load_all((K8S / "components/tls/certificates.yaml").read_text())
    (found,) = (each for each in every if each["metadata"]["name"] == store)
    return list(found["spec"]["dnsNames"])


def containers(manifest: str) -> dict[str, Any]:
    """The containers of a StatefulSet of the store, by name."""
    every = yaml.safe_load_all((_SCRIPTS / manifest).read_text())
    (found,) = (each for each in every if each["kind"] == "StatefulSet")
    return {each["name"]: each for each in found["spec"]["template"]["spec"]["containers"]}


def at_address(script: str, address: str) -> str:
    """A script whose server has one address of loopback, where in a pod it has all."""
    script = script.replace("port 0\n", f"port 0\nbind {address}\n")
    return _HERE.sub(rf"-h {address} -p \1", script)


def programs(folder: Path) -> Path:
    """Valkey's names for Debian's programs; the folder is made."""
    server, client = shutil.which("redis-check-rdb"), shutil.which("redis-cli")
    if server is None or client is None:
        raise RuntimeError("redis-tools is missing: run scripts/bootstrap test")
    folder.mkdir()
    (folder / "valkey-server").symlink_to(server)  # the name decides what it does
    (folder / "valkey-cli").symlink_to(client)
    sentinel = folder / "valkey-sentinel"
    sentinel.write_text('#!/bin/sh\nexec valkey-server "$@" --sentinel\n')
    sentinel.chmod(0o755)
    return folder


class Container:
    """A process that is started anew whenever it ends, as the kubelet does it."""

    def __init__(self, argv: tuple[str, ...], env: dict[str, str], log: Path) -> None:
        self._argv, self._env, self._log = argv, env, log
        self._keeper: asyncio.Task[None] | None = None
        self.starts = 0

    def start(self) -> None:
        """Run it from now on."""
        self._keeper = asyncio.create_task(self._keep())

    async def kill(self) -> None:
        """End it at once; it stays away until `start`."""
        assert self._keeper is not None
        self._keeper.cancel()
        with suppress(asyncio.CancelledError):
            await self._keeper

    async def end(self) -> tuple[int, str]:
        """Run it once: its exit code, and what it says."""
        process = await asyncio.create_subprocess_exec(
            *self._argv, env=self._env, stdout=asyncio.subprocess.PIPE, stderr=self._log.open("wb")
        )
        output, _ = await asyncio.wait_for(process.communicate(), _PATIENCE_SECONDS)
        return process.returncode or 0, output.decode()

    async def _keep(self) -> None:
        while True:
            with self._log.open("ab") as log:
                process = await asyncio.create_subprocess_exec(
                    *self._argv, env=self._env, stdout=log, stderr=log, start_new_session=True
                )
            self.starts += 1
            try:
                await process.wait()
            finally:
                # What runs beside it in the container goes with it.
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
            await asyncio.sleep(_RESTART_SECONDS)


class StorePod:
    """One pod: a server and a Sentinel."""

    def __init__(self, number: int, ports: tuple[int, int], folder: Path, programs: Path) -> None:
        self.name = f"redis-{number}"
        self.address = f"127.0.0.{11 + number}"
        self.folder = folder / self.name
        self.folder.mkdir()
        self.port, self.sentinel_port = ports
        self.mount = Mount(self.folder / "tls")
        for name in ("tmp", "data", "scripts", "renewal"):
            (self.folder / name).mkdir()
        for script in _SCRIPTS.glob("*.sh"):
            (self.folder / "scripts" / script.name).write_text(self._placed(script.read_text()))
        (self.folder / "renewal/renew.sh").write_text(self._placed(_RENEWAL.read_text()))
        self._hosts = folder / "hosts"
        self._env = {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "HOSTNAME": self.name,
            "REDISCLI_AUTH": PASSWORD,
            "MIN_REPLICAS": "1",
            "MAX_MEMORY": "64mb",
            "QUORUM": "2",
            "RENEW_SECONDS": "0.2",
        }
        self.server, self.sentinel = (
            self.container(name, "sh", f"/scripts/{name}.sh") for name in ("server", "sentinel")
        )

    def container(self, name: str, *command: str) -> Container:
        """A container of the pod with a command as its manifest has it."""
        argv = with_hosts(self._hosts, *(self._placed(part) for part in command))
        return Container(argv, self._env, self.folder / f"{name}.log")

    def _placed(self, script: str) -> str:
        script = _PLACE.sub(lambda found: f"{self.folder}{found[0]}", script)
        script = at_address(script, self.address)
        script = script.replace("* 20", "* 1")  # seconds between one Sentinel and the next
        return script.replace("26379", str(self.sentinel_port)).replace("6379", str(self.port))

    async def holds(self, probe: Any) -> bool:
        """Whether a probe of the manifest succeeds."""
        told = await self.run("sh", "-c", 'eval "$1" && echo held', "_", self._placed(probe[-1]))
        return told.endswith("held")

    async def run(self, *argv: str) -> str:
        """What a program in the pod prints; the environment has the store's password."""
        process = await asyncio.create_subprocess_exec(
            *with_hosts(self._hosts, *argv),
            env=self._env,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await asyncio.wait_for(process.communicate(), _PATIENCE_SECONDS)
        return output.decode().strip()

    async def ask(self, *command: str, at: "StorePod | None" = None) -> str:
        """A server's reply, this pod's or another's; the error's text if it has one."""
        pod = at or self
        ca = ("--cacert", f"{pod.folder}/tls/ca.crt")
        where = ("-h", f"{pod.name}.redis", "-p", str(pod.port))
        return await self.run("valkey-cli", "--no-auth-warning", "--tls", *ca, *where, *command)

    async def role(self) -> str:
        """master or slave; an error's text while it does not answer."""
        return (await self.ask("role")).partition("\n")[0]


class Store:
    """The three pods."""

    def __init__(self, pods: list[StorePod]) -> None:
        self.pods = pods

    def renew(self, files: TlsFiles) -> None:
        """Mount another certificate in all."""
        for pod in self.pods:
            pod.mount.put(files)

    async def masters(self) -> list[StorePod]:
        """Pods whose server says that it is the master."""
        return [pod for pod in self.pods if await pod.role() == "master"]

    async def settled(self, without: StorePod | None = None) -> StorePod:
        """The only master, once the others that run follow it."""
        others = PODS - 1 - (without is not None)
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while True:
                masters = await self.masters()
                if len(masters) == 1:
                    told: Any = await masters[0].ask("info", "replication")
                    if told.count("state=online") == others:
                        return masters[0]
                await asyncio.sleep(0.2)


@asynccontextmanager
async def conversations(folder: Path, files: TlsFiles) -> AsyncIterator[StorePod]:
    """The pod of what must be on one server."""
    ports = (free_port(), free_port())
    pod = StorePod(0, ports, folder, programs(folder / "bin"))
    (folder / "hosts").write_text(f"127.0.0.1 localhost\n{pod.address} {pod.name}.redis\n")
    pod.mount.put(files)
    server = pod.container("process", *containers("conversations.yaml")["process"]["command"])
    server.start()
    try:
        yield pod
    finally:
        await server.kill()


@asynccontextmanager
async def store(folder: Path, files: TlsFiles) -> AsyncIterator[Store]:
    """Three pods that know each other by their names."""
    found, ports = programs(folder / "bin"), (free_port(), free_port())
    pods = [StorePod(number, ports, folder, found) for number in range(PODS)]
    hosts = ("127.0.0.1 localhost", *(f"{pod.address} {pod.name}.redis" for pod in pods))
    (folder / "hosts").write_text("\n".join(hosts) + "\n")
    running = Store(pods)
    running.renew(files)
    containers = [container for pod in pods for container in (pod.server, pod.sentinel)]
    for container in containers:
        container.start()
    try:
        yield running
    finally:
        await asyncio.gather(*(container.kill() for container in containers))
