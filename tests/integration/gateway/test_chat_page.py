"""The chat page in a real browser, with a scripted bot and a router whose agents the test plays."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, WebSocketRoute, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from switchyard.conversation.v1 import conversation_service_pb2 as pb

from tests.fakes.gateway.accessibility import too_faint
from tests.fakes.gateway.bot import ORDER, SAID
from tests.fakes.gateway.browser import PHONE, Visit, chromium, visit
from tests.fakes.gateway.router import ANN
from tests.fakes.gateway.running import RunningGateway, eventually, gateway, http

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

ASK = "I would like to talk to a person"
BOT_MS = 60_000


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module")
async def running(redis_url: str) -> AsyncIterator[RunningGateway]:
    async with gateway(redis_url) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def english(browser: Browser, running: RunningGateway) -> AsyncIterator[Visit]:
    async with visit(browser, running.origin, "en") as visitor:
        yield visitor
        assert visitor.problems == []


@pytest_asyncio.fixture(loop_scope="module")
async def chinese(browser: Browser, running: RunningGateway) -> AsyncIterator[Visit]:
    async with visit(browser, running.origin, "zh") as visitor:
        yield visitor
        assert visitor.problems == []


def conversation(running: RunningGateway) -> str:
    return f"tenants/demo/conversations/{running.router.only().conversation}"


async def join(running: RunningGateway) -> None:
    await eventually(lambda: len(running.router.contacts) == 1)
    await running.router.assign(running.router.only().name)


async def test_a_chinese_customer_asks_for_an_order(chinese: Visit) -> None:
    page = chinese.page
    await expect(page.locator("html")).to_have_attribute("lang", "zh")
    await expect(page.locator("h1")).to_have_text("有什么可以帮您？")
    await page.locator("button.chip").first.click()
    await expect(page.locator("textarea")).to_be_focused()
    await chinese.sees(ORDER["zh"])
    assert await chinese.bubbles() == ["我的订单到哪里了？", ORDER["zh"]]
    await expect(page.locator("button.chip")).to_have_text(["我要转人工客服"])


@pytest.mark.parametrize("asked", ["lang=zh", "language=zh"])
async def test_an_address_decides_the_language(
    english: Visit, running: RunningGateway, asked: str
) -> None:
    await english.page.goto(f"{running.origin}/?{asked}")
    await expect(english.page.locator("h1")).to_have_text("有什么可以帮您？")
    await expect(english.page.locator("button.chip").first).to_have_text("我的订单到哪里了？")


async def test_an_english_customer_is_handed_to_a_person_and_back(
    english: Visit, running: RunningGateway
) -> None:
    page = english.page
    await english.write(ASK)
    await english.sees(SAID["en"][0])
    await expect(page.locator(".place")).to_contain_text("You are next in line")
    await expect(page.locator(".place")).to_contain_text("Usually 1 to 2 minutes")
    await join(running)
    await english.sees("Ann Lee has joined the chat.")
    await expect(page.locator(".waiting")).to_be_hidden()
    await expect(page.locator(".status")).to_have_text("Ann Lee · colleague")
    message = pb.Message(message_id="a1", role=pb.AGENT, agent=ANN, text="Hello, I am Ann.")
    await running.stub.PostMessage(
        pb.PostMessageRequest(parent=conversation(running), message=message)
    )
    await english.sees("Hello, I am Ann.")
    await english.write("hi Ann")
    await english.sees("hi Ann")
    await running.stub.EndConversation(
        pb.EndConversationRequest(name=conversation(running), agent=ANN, request_id="e1")
    )
    await english.sees("The conversation with our colleague has ended.")
    await english.sees(SAID["en"][1])
    await expect(page.locator(".status")).to_have_text("Assistant · replies at once")


async def test_who_waits_may_go_back_to_the_bot(english: Visit, running: RunningGateway) -> None:
    await english.write(ASK)
    await english.page.get_by_role("button", name="Back to the assistant").click()
    await english.sees("You have left the queue.")
    await expect(english.page.locator(".waiting")).to_be_hidden()
    await eventually(lambda: running.router.only().state == "ABANDONED")


async def test_a_reload_goes_on_where_it_was(english: Visit, running: RunningGateway) -> None:
    await english.write("remember me")
    await english.sees("You said: remember me")
    await english.write(ASK)
    await expect(english.page.locator(".place")).to_contain_text("next in line")
    await english.page.reload()
    await english.sees("You said: remember me")
    assert (await english.bubbles())[:2] == ["remember me", "You said: remember me"]
    await expect(english.page.locator(".place")).to_contain_text("next in line")
    assert len(running.router.contacts) == 1


async def test_a_broken_connection_loses_nothing(browser: Browser, running: RunningGateway) -> None:
    routes: list[WebSocketRoute] = []

    async def intercept(page: Page) -> None:
        def proxy(route: WebSocketRoute) -> None:
            routes.append(route)
            route.connect_to_server()

        await page.route_web_socket("**/ws/chat", proxy)

    async with visit(browser, running.origin, "en", prepare=intercept) as visitor:
        await visitor.write("one")
        await visitor.sees("You said: one")
        await routes[-1].close(code=1012)
        await visitor.write("two")
        await visitor.sees("You said: two")
        assert len(routes) == 2
        expected = ["one", "You said: one", "two", "You said: two"]
        assert await visitor.bubbles() == expected
        assert visitor.problems == []


async def test_messages_that_came_too_fast_are_sent_again_by_themselves(
    redis_url: str, browser: Browser
) -> None:
    async with (
        gateway(redis_url, message_burst=1, message_interval_seconds=5) as running,
        visit(browser, running.origin, "en") as visitor,
    ):
        for number in range(3):
            await visitor.write(f"n{number}")
        await expect(visitor.page.locator(".notice")).to_contain_text("a little fast")
        for number in range(3):
            await visitor.sees(f"You said: n{number}")
        await expect(visitor.page.locator(".unsent li")).to_have_count(0)


async def test_when_the_bot_is_dead_a_person_is_offered(
    english: Visit, running: RunningGateway
) -> None:
    running.bot.failure = "unreachable"
    await english.write("hello?")
    offer = english.page.locator("button.offer").get_by_text("Talk to a person")
    await offer.click(timeout=BOT_MS)  # it is waited for, in case it only restarts
    await english.sees("Sorry, the assistant cannot answer right now.")
    await expect(english.page.locator(".waiting")).to_be_visible()
    await expect(english.page.locator("button.offer")).to_be_hidden()


async def test_the_language_can_be_switched_at_any_time(english: Visit) -> None:
    page = english.page
    await english.write("hello")
    await english.sees("You said: hello")
    await page.get_by_role("button", name="Switch to Chinese").click()
    await expect(page.locator("h1")).to_have_text("有什么可以帮您？")
    await expect(page.locator(".status")).to_have_text("智能助手 · 即时回复")
    await english.write("")
    await page.reload()
    await expect(page.locator("html")).to_have_attribute("lang", "zh")


async def test_the_cards_of_the_page_start_a_chat(english: Visit) -> None:
    await english.page.get_by_role("button", name="Track an order").click()
    await english.sees(ORDER["en"])


async def test_a_new_chat_starts_empty(english: Visit, running: RunningGateway) -> None:
    await english.write("the old one")
    await english.sees("You said: the old one")
    await english.page.get_by_role("button", name="New chat").click()
    await expect(english.page.locator(".live li")).to_have_count(0)
    await english.write("the new one")
    await english.sees("You said: the new one")
    assert await english.bubbles() == ["the new one", "You said: the new one"]


async def test_markup_stays_text(english: Visit) -> None:
    attack = "<img src=x onerror=\"document.title='owned'\"><b>bold</b> {{7*7}}"
    await english.write(attack)
    await english.sees(f"You said: {attack}")
    assert await english.page.locator(".live img, .live b").count() == 0
    assert await english.page.title() == "Switchyard Home"


async def test_everything_works_by_keyboard(browser: Browser, running: RunningGateway) -> None:
    async with visit(browser, running.origin, "en", size=PHONE) as visitor:
        page = visitor.page
        launcher = page.get_by_role("button", name="Open the chat")
        await launcher.focus()
        await page.keyboard.press("Enter")
        await page.keyboard.type("hello")
        await page.keyboard.press("Shift+Enter")
        await page.keyboard.type("again")
        await page.keyboard.press("Enter")
        await visitor.sees("You said: hello")
        assert await visitor.bubbles() == ["hello\nagain", "You said: hello\nagain"]
        await page.keyboard.press("Escape")
        await expect(page.locator(".panel")).to_be_hidden()
        await expect(launcher).to_be_focused()


async def test_enter_while_chinese_is_composed_does_not_send(chinese: Visit) -> None:
    box = chinese.page.locator("textarea")
    await box.fill("ni hao")
    await box.dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    assert await chinese.bubbles() == []
    await expect(box).to_have_value("ni hao")


async def test_on_a_telephone_the_chat_takes_the_whole_screen(
    browser: Browser, running: RunningGateway
) -> None:
    async with visit(browser, running.origin, "zh", size=PHONE) as visitor:
        page = visitor.page
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        await page.get_by_role("button", name="打开在线客服").click()
        box = await page.locator(".panel").bounding_box()
        assert box is not None
        assert (box["x"], box["y"]) == (0, 0)
        assert (box["width"], box["height"]) == (PHONE["width"], PHONE["height"])
        await visitor.write("长" * 300)
        await visitor.sees("You said: 长长")
        wide = "el => el.scrollWidth > el.clientWidth"
        assert not await page.locator(".log").evaluate(wide)


async def test_unread_messages_are_counted_on_the_closed_chat(
    english: Visit, running: RunningGateway
) -> None:
    await english.write(ASK)
    await expect(english.page.locator(".waiting")).to_be_visible()
    await english.page.get_by_role("button", name="Minimise").click()
    await join(running)
    await expect(english.page.get_by_role("button", name="Open the chat (1)")).to_be_visible()


async def test_a_text_over_the_limit_cannot_be_sent(english: Visit) -> None:
    page = english.page
    await page.locator("textarea").fill("x" * 4001)
    await expect(page.get_by_role("button", name="Send", exact=True)).to_be_disabled()
    await expect(page.locator(".left")).to_contain_text("-1")


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_every_text_can_be_read(
    browser: Browser, running: RunningGateway, language: str
) -> None:
    async with visit(browser, running.origin, language) as visitor:
        await visitor.write("我要人工" if language == "zh" else ASK)
        await expect(visitor.page.locator(".waiting")).to_be_visible()
        await join(running)
        await expect(visitor.page.locator("button.finish")).to_be_visible()
        assert await too_faint(visitor.page) == []


async def test_readers_are_told_of_what_is_said(english: Visit) -> None:
    page = english.page
    log = page.get_by_role("log")
    await expect(log).to_have_attribute("aria-live", "polite")
    await english.write("hello")
    await expect(log).to_contain_text("You said: hello")
    for button in await page.locator("switchyard-chat button:visible").all():
        name = await button.get_attribute("aria-label") or await button.inner_text()
        assert name.strip()
    await expect(page.get_by_role("textbox", name="Your message")).to_be_visible()


async def test_the_page_may_load_nothing_but_its_own(
    browser: Browser, running: RunningGateway
) -> None:
    asked: list[str] = []

    async def listen(page: Page) -> None:
        page.on("request", lambda request: asked.append(request.url))

    async with visit(browser, running.origin, "en", prepare=listen) as visitor:
        await visitor.write("hello")
        await visitor.sees("You said: hello")
        assert all(url.startswith(running.origin) for url in asked)
        refused = await visitor.page.evaluate(
            """() => {
                 const script = document.createElement("script");
                 try { script.textContent = "document.title = 'owned'"; }
                 catch (e) { return e.name; }
                 return "nothing";
               }"""
        )
        assert refused == "TypeError", "no page of ours makes a script from a string"
        answer = await visitor.page.request.get(running.origin)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert await visitor.page.title() == "Switchyard Home"


async def test_one_script_tag_brings_the_chat_to_any_allowed_site(
    redis_url: str, browser: Browser
) -> None:
    head = '<!doctype html><link rel="icon" href="data:,"><style>button { color: red }</style>'
    source: list[str] = []

    async def site(request: Request) -> Response:
        tag = f'<script type="module" src="{source[0]}/widget.js" data-language="zh"></script>'
        return HTMLResponse(head + tag)

    async with (
        http(Starlette(routes=[Route("/", site)])) as shop,
        gateway(redis_url, allowed_origins=shop) as running,
    ):
        source.append(running.origin)
        async with visit(browser, shop, "en") as visitor:
            await visitor.page.get_by_role("button", name="打开在线客服").click()
            await visitor.write("你好")
            await visitor.sees("You said: 你好")
            send = visitor.page.locator("button.send")
            colour = await send.evaluate("el => getComputedStyle(el).color")
            assert colour != "rgb(255, 0, 0)", "the site's style stays out"
            assert visitor.problems == []
