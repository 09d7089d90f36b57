"""What the README shows must work as it stands there."""

import asyncio
import re
import sys
from pathlib import Path

import pytest

from tests.fakes.router.clients import centre
from tests.fakes.router.server import router

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[3]


def python_of(readme: str) -> str:
    """The one Python example of a README."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / readme).read_text(), re.DOTALL)
    assert len(blocks) == 1
    return str(blocks[0])


def test_both_languages_show_the_same_example() -> None:
    assert python_of("README.md") == python_of("README.zh.md")


@pytest.mark.parametrize("readme", ["README.md", "README.zh.md"])
def test_every_link_leads_somewhere(readme: str) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", (ROOT / readme).read_text())
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


async def test_the_example_follows_a_call_from_queue_to_end(redis_url: str) -> None:
    async with router(redis_url) as target, centre(target) as clients:
        await clients.queue("orders", wrap_up_ms=50)
        await clients.agent("ann", queues=("orders",))
        program = python_of("README.md").replace("127.0.0.1:7101", target)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE
        )
        async with clients.desktop("ann") as ann:
            offer = await ann.offer()
            await ann.accept(offer)
            await clients.report("BRIDGED", offer.contact, fence=offer.fence)
            await clients.report("CALLER_HANGUP", offer.contact)
            output, _ = await asyncio.wait_for(process.communicate(), 60)
    lines = output.decode().splitlines()
    assert process.returncode == 0
    assert "CONNECTED tenants/demo/agents/ann " in lines
    assert lines[-1].startswith("COMPLETED")
    assert any(line.endswith("command") for line in lines)
