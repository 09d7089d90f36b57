"""A visitor's way through the whole of Switchyard, in a real browser: bot, router, agent, bot."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.fakes.gateway.browser import Visit, chromium, visit
from tests.fakes.launcher.running import Switchyard

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]

BOT_MS = 120_000
AGENT_MS = 120_000


@dataclass(frozen=True)
class Words:
    """What is said in one language."""

    language: str
    asks: str
    product: str
    goodbye: str
    ended: str
    awake: str


ZH = Words("zh", "后四位", "无线降噪耳机", "没有了，再见", "人工服务已结束。", "我是机器人")
EN = Words(
    "en", "last four digits", "27-inch monitor", "goodbye", "has ended.", "This is the bot again."
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


def examples(switchyard: Switchyard, language: str) -> tuple[str, str, str]:
    """What the page offers to say: an order, the digits that prove it, a wish for a person."""
    file = switchyard.state_dir / "demo" / "examples.json"
    order, digits, person = json.loads(file.read_text())["examples"][language]
    return order, digits, person


async def tap(visitor: Visit, text: str) -> None:
    await visitor.page.get_by_role("button", name=text, exact=True).click()


@pytest.mark.parametrize("words", [ZH, EN], ids=["zh", "en"])
async def test_a_customer_is_served_by_bot_and_agent(
    switchyard: Switchyard, browser: Browser, words: Words
) -> None:
    order, digits, person = examples(switchyard, words.language)
    url = f"http://{switchyard.target('GATEWAY_PORT')}/"
    async with visit(browser, url, words.language) as visitor:
        page, chat = visitor.page, visitor.page.locator(".live")
        await tap(visitor, order)
        # Behind its greeting, which may be on its way just then.
        await expect(chat.locator(".bot .bubble").last).to_contain_text(words.asks, timeout=BOT_MS)
        await tap(visitor, digits)
        await expect(chat).to_contain_text(words.product, timeout=BOT_MS)

        await tap(visitor, person)
        agent = chat.locator(".agent .bubble")
        await expect(agent.first).to_be_visible(timeout=AGENT_MS)
        # The agent speaks the customer's language and need not ask what the bot knows already.
        number = "SY10240001" if words is ZH else "SY20480002"
        await expect(agent.first).to_contain_text(number)
        spoken = await chat.locator(".bot .bubble").count()

        await page.reload()
        await expect(agent.first).to_be_visible(timeout=BOT_MS)
        await visitor.write("1 + 1 = ?")
        await expect(agent).to_have_count(2, timeout=AGENT_MS)
        assert await chat.locator(".bot .bubble").count() == spoken, "the bot is silent"

        await visitor.write(words.goodbye)
        await expect(chat.locator(".system").last).to_contain_text(words.ended, timeout=AGENT_MS)
        # The bot is back, and asks how it was.
        awake = chat.locator(".bot .bubble").filter(has_text=words.awake)
        await expect(awake.last).to_be_visible(timeout=BOT_MS)
        assert visitor.problems == []
