"""The processes of an overlay, run as its manifests say, each on an address of its own.

A program, for a network namespace in which every port is free:
`python -m tests.fakes.deploy.cluster OVERLAY FOLDER` starts all that lasts, waits until the probes
hold, lets a customer ask for a person, verifies the audit log as the CronJob does, and prints what
came of it as JSON. Then one pod of each kind that has several dies, and another customer comes.
"""

import asyncio
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
import httpx
from grpc_health.v1 import health_pb2, health_pb2_grpc
from switchyard.conversation.v1 import conversation_service_pb2 as pb
from switchyard.conversation.v1.conversation_service_pb2_grpc import ConversationServiceStub
from switchyard_common.grpc_channel import open_channel
from switchyard_common.settings import TlsFiles

from deploy.k8s.checks.manifests import Manifests, Resource, Workload, build
from tests.fakes.bot.stack import BOT, RASA_PYTHON
from tests.fakes.certificates import Authority
from tests.fakes.crm.databases import PostgresServer
from tests.fakes.deploy.pod import in_a_pod, pods_environment, unshared
from tests.fakes.deploy.store_pods import Container, at_address, programs

ROOT = Path(__file__).resolve().parents[3]
_PAGE = ROOT / "docs/kubernetes.md"
_DOCKER = ROOT / "deploy/docker"
_POSTGRES = ROOT / "deploy/k8s/components/postgres"
_TEXTS = ROOT / "services/ivr_bot/actions/src/switchyard_actions/texts"
_BIN = Path(sys.executable).parent
_PODS, _NUMBERS = "10.20.0", range(10, 40)
_READY_SECONDS = 240
_SERVED_SECONDS = 60
_QUEUE = "queues:\n  general: {service_level_target: 20s}\n"


def _network() -> None:
    """Addresses of this machine, none of which counts as loopback: names may not lead there."""
    commands = ["link set lo up"]
    commands += [f"address add {_PODS}.{number}/32 dev lo" for number in _NUMBERS]
    # Where it lies is no place for everybody's commands.
    ip = shutil.which("ip", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if ip is None:
        raise RuntimeError("ip is missing: run scripts/bootstrap test")
    subprocess.run([ip, "-batch", "-"], input="\n".join(commands), text=True, check=True)


def _secrets() -> dict[str, str]:
    """What the command in the documentation puts into the Secret."""
    text = _PAGE.read_text()
    (snippet,) = re.findall(r"```sh\n(kubectl create namespace .*?)```", text, re.DOTALL)
    told = subprocess.run(
        ["bash", "-e", "-c", 'kubectl() { printf "%s\\0" "$@"; }\n' + snippet],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    literals = (each.removeprefix("--from-literal=") for each in told if "from-literal" in each)
    return dict(each.split("=", 1) for each in literals)


class Pod:
    """One pod of a workload: its address, its files and its containers."""

    def __init__(self, world: "Cluster", workload: Workload, ordinal: int, number: int) -> None:
        self.of, self.name = workload.name, f"{workload.name}-{ordinal}"
        self.address = f"{_PODS}.{number}"
        self._world = world
        self._folder = world.folder / "pods" / self.name
        self._volumes = {each["name"]: each for each in workload.pod["volumes"]}
        self.containers = [self._container(each) for each in workload.pod["containers"]]

    def _container(self, spec: Resource) -> tuple[Container, Resource]:
        places = {each["mountPath"]: self._volume(spec, each) for each in spec["volumeMounts"]}
        for volume, files in self._configured(spec).items():
            for name, text in files.items():
                (self._place(spec, volume) / name).write_text(self._local(text, places))
        env = {key: self._local(value, places) for key, value in self._environment(spec).items()}
        given = [*spec.get("command", ()), *spec.get("args", ())]
        argv = [*self._entry_point(spec), *(self._local(part, places) for part in given)]
        scratch = self._place(spec, self._named(spec, "/tmp"))
        env = os.environ | env | pods_environment(scratch) | {"HOSTNAME": self.name}
        env["PHONE_TEXTS"] = str(_TEXTS)  # inside its image
        env["PATH"] = f"{self._world.programs}:{_BIN}:{os.environ['PATH']}"
        log = self._world.folder / f"{self.name}-{spec['name']}.log"
        spec = spec | {"places": places, "env": env}
        named = unshared("--uts", "sh", "-c", 'hostname "$HOSTNAME" && exec "$@"', "_")
        return Container((*named, *in_a_pod(self._world.folder, *argv)), env, log), spec

    def _named(self, spec: Resource, path: str) -> str:
        (found,) = (each["name"] for each in spec["volumeMounts"] if each["mountPath"] == path)
        return str(found)

    def _place(self, spec: Resource, volume: str) -> Path:
        """A volume's folder; a container's own where its text depends on what it has mounted."""
        source = self._volumes.get(volume, {})
        if claim := source.get("persistentVolumeClaim"):
            return self._world.folder / "claims" / str(claim["claimName"])
        return self._folder / (f"{spec['name']}-{volume}" if "configMap" in source else volume)

    def _volume(self, spec: Resource, mount: Resource) -> Path:
        place = self._place(spec, mount["name"])
        if not place.exists():
            place.mkdir(parents=True)
            secret = self._volumes.get(mount["name"], {}).get("secret")
            if secret:
                self._world.put_certificate(secret["secretName"], place)
        return place

    def _configured(self, spec: Resource) -> dict[str, dict[str, str]]:
        maps = self._world.manifests.named("ConfigMap")
        return {
            each["name"]: maps[self._volumes[each["name"]]["configMap"]["name"]]["data"]
            for each in spec["volumeMounts"]
            if "configMap" in self._volumes.get(each["name"], {})
        }

    def _local(self, text: str, places: Mapping[str, Path]) -> str:
        """A text with the places of this machine, and the pod's address for all addresses."""
        paths = "|".join(map(re.escape, sorted(places, key=len, reverse=True)))
        pattern = rf"(?<![\w.])({paths})(?=[^\w.-]|$)"
        text = re.sub(pattern, lambda found: str(places[found[1]]), text)
        return at_address(re.sub(r"(?<!\d)0\.0\.0\.0", self.address, text), self.address)

    def _environment(self, spec: Resource) -> dict[str, str]:
        maps, found = self._world.manifests.named("ConfigMap"), dict[str, str]()
        for source in spec.get("envFrom", ()):
            found |= maps[source["configMapRef"]["name"]]["data"]
        for entry in spec.get("env", ()):
            found[entry["name"]] = entry.get("value") or self._referred(entry["valueFrom"])
        if self.of == "phone":  # as its image sets it
            found["PHONE_PROMPTS"] = "/opt/prompts"
        return found

    def _referred(self, source: Resource) -> str:
        if "secretKeyRef" in source:
            return self._world.secrets[source["secretKeyRef"]["key"]]
        fields = {"metadata.name": self.name, "status.podIP": self.address}
        return fields[source["fieldRef"]["fieldPath"]]

    def _entry_point(self, spec: Resource) -> list[str]:
        """What the image runs, from this checkout; nothing where the manifest has a command."""
        image = spec["image"].rpartition(":")[0]
        if "command" in spec:
            return []
        if image.endswith("/envoy"):
            return [str(_BIN / "envoy"), "--use-dynamic-base-id"]
        name = image.rpartition("/")[2]
        if name == "bot":
            return [str(RASA_PYTHON), str(BOT / "serve.py")]
        text = (_DOCKER / f"{name}.Dockerfile").read_text()
        (entry,) = re.findall(r"^ENTRYPOINT (.*)$", text, re.MULTILINE)
        python, *arguments = json.loads(entry)
        assert python == "python"
        return [sys.executable, *arguments]

    async def ready(self) -> bool:
        """Whether the probes for which traffic waits hold now."""
        checks = [self._holds(spec, spec["readinessProbe"]) for _, spec in self.containers]
        return all(await asyncio.gather(*checks))

    async def measured(self) -> bool:
        """Whether Prometheus gets figures from every port that is called metrics."""
        async with httpx.AsyncClient(trust_env=False) as prometheus:
            for _, spec in self.containers:
                for port in (each for each in spec.get("ports", ()) if each["name"] == "metrics"):
                    url = f"http://{self.address}:{port['containerPort']}/metrics"
                    try:
                        answer = await prometheus.get(url)
                    except httpx.TransportError:
                        return False
                    if "switchyard_" not in answer.text:
                        return False
        return True

    async def _holds(self, spec: Resource, probe: Resource) -> bool:
        try:
            async with asyncio.timeout(10):
                if "grpc" in probe:
                    return await self._serves(probe["grpc"]["port"])
                if "httpGet" in probe:
                    return await self._answers(spec, probe["httpGet"])
                if "tcpSocket" in probe:
                    return await self._listens(self._port(spec, probe["tcpSocket"]["port"]))
                return await self._succeeds(spec, probe["exec"]["command"])
        except (TimeoutError, OSError, grpc.aio.AioRpcError, httpx.TransportError):
            return False

    def _port(self, spec: Resource, named: str | int) -> int:
        ports = {each["name"]: each["containerPort"] for each in spec["ports"]}
        return int(ports.get(named, named))

    async def _serves(self, port: int) -> bool:
        async with grpc.aio.insecure_channel(f"{self.address}:{port}") as channel:
            stub: Any = health_pb2_grpc.HealthStub(channel)
            told = await stub.Check(health_pb2.HealthCheckRequest())
        return bool(told.status == health_pb2.HealthCheckResponse.SERVING)

    async def _answers(self, spec: Resource, get: Resource) -> bool:
        assert get["scheme"] == "HTTPS"
        url = f"https://{self.address}:{self._port(spec, get['port'])}{get['path']}"
        # The kubelet knows no CA and shows no certificate.
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        async with httpx.AsyncClient(verify=context, trust_env=False) as kubelet:
            return (await kubelet.get(url)).status_code < httpx.codes.BAD_REQUEST

    async def _listens(self, port: int) -> bool:
        _, writer = await asyncio.open_connection(self.address, port)
        writer.close()
        return True

    async def _succeeds(self, spec: Resource, command: list[str]) -> bool:
        argv = [self._local(part, spec["places"]) for part in command]
        process = await asyncio.create_subprocess_exec(*argv, env=spec["env"])
        return await process.wait() == 0


class Cluster:
    """All workloads that last."""

    def __init__(self, manifests: Manifests, folder: Path) -> None:
        self.manifests, self.folder = manifests, folder
        self.secrets = _secrets()
        if manifests.named("StatefulSet")["redis"]["spec"]["replicas"] > 1:
            self._name_all_sentinels()
        self.programs = programs(folder / "bin")
        self._authority = Authority(folder / "certificates")
        self.files = {
            spec["secretName"]: self._authority.client(
                spec["secretName"], *spec.get("uris", ()), hosts=spec["dnsNames"]
            )
            for spec in (each["spec"] for each in manifests.of("Certificate"))
            if not spec.get("isCA")
        }
        self.platform = self._authority.client("platform", "switchyard://demo/platform/pbx")
        self.admin = self._authority.client("admin", "switchyard://demo/admin/operator")
        lasting = [
            (each, ordinal)
            for each in manifests.lasting
            if each.name != "postgres"
            for ordinal in range(self._replicas(each))
        ]
        made = [
            Pod(self, each, ordinal, number)
            for (each, ordinal), number in zip(lasting, _NUMBERS, strict=False)
        ]
        assert len(made) == len(lasting)
        self.pods = {each.name: each for each in made}
        self._jobs = {each.name: each for each in manifests.workloads if each.ends}
        self._name_them()

    def _replicas(self, workload: Workload) -> int:
        """How many pods there are at least."""
        for scaler in self.manifests.of("HorizontalPodAutoscaler"):
            if scaler["spec"]["scaleTargetRef"]["name"] == workload.name:
                return int(scaler["spec"]["minReplicas"])
        return int(workload.resource["spec"].get("replicas", 1))

    def _name_all_sentinels(self) -> None:
        """As the documentation says of more than one."""
        url = self.secrets["router-redis-url"]
        one, three = "redis-0.redis:26379", ",".join(f"redis-{n}.redis:26379" for n in range(3))
        assert f"`{three}`" in _PAGE.read_text()
        self.secrets["router-redis-url"] = url.replace(one, three)

    def put_certificate(self, secret: str, place: Path) -> None:
        """Write the files of a Secret as it is mounted."""
        files = self.files[secret]
        for name, source in (("tls.crt", files.cert), ("tls.key", files.key), ("ca.crt", files.ca)):
            (place / name).write_bytes(source.read_bytes())
        (place / "..data").symlink_to(".")

    def _name_them(self) -> None:
        """Let names of services lead to pods."""
        lines = ["127.0.0.1 localhost postgres"]
        for name, service in self.manifests.named("Service").items():
            chosen = {each.name for each in self.manifests.selected(service["spec"]["selector"])}
            lines += [
                f"{pod.address} {name} {pod.name}.{name}"
                for pod in self.pods.values()
                if pod.of in chosen
            ]
        hosts = self.folder / "hosts"
        hosts.write_text("\n".join(lines) + "\n")
        subprocess.run(["mount", "--bind", hosts, "/etc/hosts"], check=True)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[dict[str, float]]:
        """All of them, when all are ready; seconds until each was."""
        loop, took = asyncio.get_running_loop(), dict[str, float]()
        started = loop.time()
        containers = [each for pod in self.pods.values() for each, _ in pod.containers]
        async with AsyncExitStack() as stack:
            stack.enter_context(self._database())
            for container in containers:
                container.start()
                stack.push_async_callback(container.kill)
            waiting = dict(self.pods)
            while waiting and loop.time() < started + _READY_SECONDS:
                for name, pod in list(waiting.items()):
                    if await pod.ready():
                        took[name] = round(loop.time() - started, 1)
                        del waiting[name]
                await asyncio.sleep(0.2)
            if waiting:
                raise RuntimeError("never ready:\n" + "\n".join(map(self._words_of, waiting)))
            yield took

    async def lose_one_of_each(self) -> list[str]:
        """Kill the first pod of whatever has more than one; their names stay in the DNS."""
        of = [pod.of for pod in self.pods.values()]
        lost = [pod for pod in self.pods.values() if of.count(pod.of) > 1 and pod.name[-2:] == "-0"]
        await asyncio.gather(*(each.kill() for pod in lost for each, _ in pod.containers))
        return [pod.name for pod in lost]

    async def ended(self, job: str) -> tuple[int, str]:
        """How a pod of a CronJob ends: its exit code, and what it says."""
        ((container, _),) = Pod(self, self._jobs[job], 0, 0).containers
        return await container.end()

    def _words_of(self, name: str) -> str:
        logs = sorted(self.folder.glob(f"{name}-*.log"))
        return "\n".join(f"{log.name}:\n{log.read_text()[-1500:]}" for log in logs)

    def _database(self) -> PostgresServer:
        return _Postgres(self.files["postgres-tls"], self.secrets)


class _Postgres(PostgresServer):
    """PostgreSQL with the access and the databases of its component."""

    def __init__(self, certificate: TlsFiles, secrets: Mapping[str, str]) -> None:
        super().__init__(certificate=certificate, user="postgres", access=_POSTGRES / "pg_hba.conf")
        self.port = 5432
        self._secrets = secrets

    def __enter__(self) -> PostgresServer:
        server = super().__enter__()
        server.run_script(
            _POSTGRES / "databases.sh",
            CRM_PASSWORD=self._secrets["crm-database-password"],
            HISTORY_PASSWORD=self._secrets["history-database-password"],
        )
        return server


async def _configured(world: Cluster) -> str:
    """What applying a queue says."""
    file = world.folder / "queue.yaml"
    file.write_text(_QUEUE)
    tls = world.admin
    own = {"CERT": tls.cert, "KEY": tls.key, "CA": tls.ca}
    process = await asyncio.create_subprocess_exec(
        *(_BIN / "switchyard", "config", "apply", file, "--router", "router:7101"),
        env=os.environ | {f"SWITCHYARD_TLS_{key}": str(path) for key, path in own.items()},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return output.decode()


async def _served(world: Cluster) -> dict[str, Any]:
    """A customer asks something, then for a person; what was said, and where it ended."""
    async with (
        asyncio.timeout(_SERVED_SECONDS),
        open_channel("dns:///gateway:7103", world.platform) as channel,
    ):
        stub: Any = ConversationServiceStub(channel)
        begun = await stub.OpenConversation(
            pb.OpenConversationRequest(
                parent="tenants/demo",
                conversation=pb.Conversation(channel="api", language="en"),
                request_id=uuid4().hex,
            )
        )
        post = partial(_post, stub, begun.name)
        await post("When are you open?")
        await post("I want to talk to a person")
        while True:
            now = await stub.GetConversation(pb.GetConversationRequest(name=begun.name))
            if now.contact:
                told = await stub.ListMessages(pb.ListMessagesRequest(parent=begun.name))
                said = [f"{pb.Role.Name(each.role)}: {each.text}" for each in told.messages]
                state = pb.ConversationState.Name(now.state)
                return {"state": state, "contact": now.contact, "said": said}
            await asyncio.sleep(0.2)


async def _post(stub: Any, name: str, text: str) -> None:
    said = pb.Message(role=pb.CUSTOMER, text=text, message_id=uuid4().hex)
    await stub.PostMessage(pb.PostMessageRequest(parent=name, message=said))


async def _main(overlay: Path, folder: Path) -> None:
    _network()
    world = Cluster(build(overlay), folder)
    async with world.running() as took:
        told = {
            "ready": took,
            "configured": await _configured(world),
            **await _served(world),
            "unmeasured": [name for name, pod in world.pods.items() if not await pod.measured()],
            "audit": await world.ended("audit-verify"),
            "lost": await world.lose_one_of_each(),
            "served_without": await _served(world),
        }
    print(json.dumps(told))


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1]), Path(sys.argv[2])))
