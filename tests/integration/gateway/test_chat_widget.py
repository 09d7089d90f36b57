"""The widget in a real browser: files, answers, waiting, broken networks, access for all."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, FilePayload, Page, WebSocketRoute, expect

from tests.fakes.gateway.accessibility import focused, problems, tab_order, too_faint
from tests.fakes.gateway.browser import PHONE, Visit, chromium, visit
from tests.fakes.gateway.pictures import PDF
from tests.fakes.gateway.running import RunningGateway, eventually, gateway

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]


ASK = {"en": "I would like to talk to a person", "zh": "我要转人工客服"}


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


class Cable:
    """The page's websockets, which a test may cut, hold up, or speak on."""

    def __init__(self) -> None:
        self.routes: list[WebSocketRoute] = []
        self.dead: set[WebSocketRoute] = set()
        self._numbers = 0

    async def lay(self, page: Page) -> None:
        await page.route_web_socket("**/ws/chat", self._connect)

    def _connect(self, route: WebSocketRoute) -> None:
        self.routes.append(route)
        server = route.connect_to_server()
        route.on_message(lambda text: None if route in self.dead else server.send(text))
        server.on_message(lambda text: None if route in self.dead else route.send(text))

    def silence(self) -> None:
        """From now on nothing comes through, and nobody is told."""
        self.dead.add(self.routes[-1])

    def says(self, text: str, **more: Any) -> None:
        """The page hears this from the bot."""
        self._numbers += 1
        frame = {
            "type": "message",
            "id": f"99999999999999-{self._numbers}",
            "message_id": "",
            "role": "BOT",
            "text": text,
            "time": "2026-11-22T10:00:00.000+00:00",
            "notice": "",
            "choices": [],
            "attachments": [],
        }
        self.routes[-1].send(json.dumps(frame | more))


async def choose(page: Page, *files: tuple[str, str, bytes]) -> None:
    """Pick files as the dialog of the operating system gives them."""
    picked = [
        FilePayload(name=name, mimeType=kind, buffer=content) for name, kind, content in files
    ]
    await page.set_input_files("input.picker", files=picked)


async def begun(visitor: Visit) -> None:
    await visitor.write("hello")
    await visitor.sees("You said: hello")


async def test_an_answer_that_is_picked_is_said(browser: Browser, running: RunningGateway) -> None:
    cable = Cable()
    async with visit(browser, running.origin, "en", prepare=cable.lay) as visitor:
        await begun(visitor)
        cable.says("Which one?", choices=["The <b>first</b>", "Second"])
        group = visitor.page.get_by_role("group", name="Quick replies")
        await expect(group.get_by_role("button")).to_have_text(["The <b>first</b>", "Second"])
        await expect(visitor.page.get_by_role("log")).to_contain_text("Quick replies: The <b>first")
        await group.get_by_role("button", name="Second").focus()
        await visitor.page.keyboard.press("Enter")
        await visitor.sees("You said: Second")
        await expect(group).to_be_hidden()
        assert await focused(visitor.page) == "Your message"
        assert visitor.problems == []


async def test_answers_vanish_when_something_else_is_said(
    browser: Browser, running: RunningGateway
) -> None:
    cable = Cable()
    async with visit(browser, running.origin, "en", prepare=cable.lay) as visitor:
        await begun(visitor)
        cable.says("How did we do?", choices=["1", "2", "3", "4", "5"])
        await expect(visitor.page.locator(".choices.scale button")).to_have_count(5)
        await visitor.write("something else")
        await expect(visitor.page.locator(".choices")).to_be_hidden()
        await visitor.sees("You said: something else")


async def test_who_waits_may_keep_waiting_and_write_on(english: Visit) -> None:
    page = english.page
    await english.write(ASK["en"])
    ways = page.get_by_role("group", name="While you wait")
    await expect(ways.get_by_role("button")).to_have_text(
        ["Keep waiting", "Call me back", "Back to the assistant"]
    )
    await ways.get_by_role("button", name="Keep waiting").click()
    await expect(ways.get_by_role("button", name="Keep waiting")).to_be_hidden()
    await expect(page.locator(".place")).to_contain_text("You are next in line")
    assert await focused(page) == "Your message"


async def test_who_waits_may_be_called_back(english: Visit, running: RunningGateway) -> None:
    page = english.page
    await english.write(ASK["en"])
    await page.get_by_role("button", name="Call me back").click()
    number = page.get_by_role("textbox", name="Number to call")
    await expect(number).to_be_focused()
    book = page.get_by_role("button", name="Book the call")
    await expect(book).to_be_disabled()
    await number.fill("12345")
    await number.press("Enter")
    await expect(page.locator("#number-problem")).to_contain_text("We cannot call this number")
    await expect(number).to_have_attribute("aria-invalid", "true")
    await expect(number).to_be_focused()
    assert await problems(page) == []
    await number.fill("138 0013 8000")
    await expect(page.locator("#number-problem")).to_be_hidden()
    await number.press("Enter")
    await english.sees("We call you back as soon as it is your turn")
    await expect(page.locator(".waiting")).to_be_hidden()
    assert await focused(page) == "Your message", "the keyboard's place is not lost"
    assert [each.number for each in running.router.callbacks.values()] == ["+8613800138000"]


async def test_escape_leaves_the_number_and_not_the_chat(english: Visit) -> None:
    page = english.page
    await english.write(ASK["en"])
    await page.get_by_role("button", name="Call me back").click()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Call me back")).to_be_focused()
    await expect(page.locator(".panel")).to_be_visible()


async def test_a_network_that_went_silent_is_left_and_nothing_is_lost(
    browser: Browser, running: RunningGateway
) -> None:
    cable = Cable()
    async with visit(browser, running.origin, "en", prepare=cable.lay) as visitor:
        await begun(visitor)
        cable.silence()
        await visitor.write("said into the void")
        await expect(visitor.page.locator(".unsent")).to_contain_text("said into the void")
        await visitor.page.evaluate("window.dispatchEvent(new Event('online'))")
        await visitor.sees("You said: said into the void")
        assert len(cable.routes) == 2
        said = [text for text in await visitor.bubbles() if text == "said into the void"]
        assert len(said) == 1
        await expect(visitor.page.locator(".unsent li")).to_have_count(0)


async def test_a_living_connection_is_kept(browser: Browser, running: RunningGateway) -> None:
    cable = Cable()
    async with visit(browser, running.origin, "en", prepare=cable.lay) as visitor:
        await begun(visitor)
        for _ in range(3):
            await visitor.page.evaluate("window.dispatchEvent(new Event('online'))")
        await visitor.write("still here")
        await visitor.sees("You said: still here")
        assert len(cable.routes) == 1


async def test_what_was_not_sent_is_sent_after_a_reload(
    browser: Browser, running: RunningGateway
) -> None:
    cable = Cable()
    async with visit(browser, running.origin, "en", prepare=cable.lay) as visitor:
        await begun(visitor)
        cable.silence()
        await visitor.write("kept over the reload")
        await expect(visitor.page.locator(".unsent")).to_contain_text("kept over the reload")
        await visitor.page.reload()
        await visitor.sees("You said: kept over the reload")
        expected = ["hello", "You said: hello"]
        assert (await visitor.bubbles())[:2] == expected, "the conversation goes on"


async def test_typing_is_shown_and_goes_away(browser: Browser, running: RunningGateway) -> None:
    cable = Cable()
    async with visit(browser, running.origin, "en", prepare=cable.lay) as visitor:
        await begun(visitor)
        cable.routes[-1].send('{"type":"typing","role":"BOT"}')
        await expect(visitor.page.locator(".typing")).to_contain_text("Assistant is writing")
        cable.says("there it is")
        await expect(visitor.page.locator(".typing")).to_be_hidden()


@pytest.mark.parametrize(
    "text",
    [
        "مرحبا، أين طلبي SY20480001؟",
        "family 👨‍👩‍👧‍👦 flags 🇨🇳🏳️‍🌈 skin 👍🏽",
        "Zal\u0334\u030d\u035fgo cafe\u0301",
        "\u202eevil\u202c and \u2067isolated\u2069",
        '"><img src=x onerror=alert(1)> ${7*7} {{7*7}} <!--',
    ],
)
async def test_whatever_people_write_is_shown_as_they_wrote_it(english: Visit, text: str) -> None:
    await english.write(text)
    own = english.page.locator(".live .customer .bubble").first
    await expect(own).to_be_visible()
    assert await own.evaluate("each => each.textContent") == text
    assert await own.evaluate("each => each.children.length") == 0


async def test_right_to_left_text_runs_its_way_in_its_bubble_only(english: Visit) -> None:
    await english.write("مرحبا بالعالم")
    await english.write("left to right")
    first, second = (english.page.locator(".live .customer .bubble").nth(n) for n in (0, 1))
    await expect(second).to_be_visible()
    assert await first.evaluate("each => getComputedStyle(each).direction") == "rtl"
    assert await second.evaluate("each => getComputedStyle(each).direction") == "ltr"


async def test_addresses_can_be_followed_and_nothing_else(
    browser: Browser, running: RunningGateway
) -> None:
    cable = Cable()
    async with visit(browser, running.origin, "en", prepare=cable.lay) as visitor:
        await begun(visitor)
        cable.says(
            "Open https://a.example/reset/x_1?y=2, or（https://b.example/路）；"
            "not javascript:alert(1) data:text/html,x <a href='https://c.example'>c</a>"
        )
        links = visitor.page.locator(".bot .bubble a")
        await expect(links).to_have_text(
            ["https://a.example/reset/x_1?y=2", "https://b.example/", "https://c.example"]
        )
        for link in await links.all():
            assert await link.get_attribute("rel") == "noopener noreferrer nofollow"
            assert await link.get_attribute("target") == "_blank"


async def test_the_chat_follows_the_system_when_its_colours_change(
    browser: Browser, running: RunningGateway
) -> None:
    async with visit(browser, running.origin, "en") as visitor:
        chat = visitor.page.locator("switchyard-chat")
        await expect(chat).to_have_attribute("data-theme", "light")
        await visitor.page.emulate_media(color_scheme="dark")
        await expect(chat).to_have_attribute("data-theme", "dark")
        shown = "element => getComputedStyle(element).getPropertyValue('--paper').trim()"
        assert await chat.evaluate(shown) == "#141b1a"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_every_state_can_be_read_in_every_theme(
    browser: Browser, running: RunningGateway, language: str, theme: str
) -> None:
    cable = Cable()
    async with visit(browser, running.origin, language, prepare=cable.lay, theme=theme) as visitor:
        page = visitor.page
        assert await too_faint(page) == []
        await begun(visitor)
        cable.says("One? https://a.example", choices=["1", "Another"])
        await choose(page, ("a.pdf", "application/pdf", PDF), ("b.png", "image/png", b"MZ"))
        await expect(page.locator(".sending.failed")).to_be_visible()
        cable.says("Two?", choices=["1", "2"])
        assert await too_faint(page) == []
        assert await problems(page) == []
        await visitor.write(ASK[language])
        await expect(page.locator(".waiting")).to_be_visible()
        assert await too_faint(page) == []
        await page.locator("button.call").click()
        await page.locator("#number").fill("12345")
        await page.locator("button.book").click()
        await expect(page.locator("#number-problem")).to_be_visible()
        assert await too_faint(page) == []
        assert await problems(page) == []


async def test_the_keyboard_goes_through_the_chat_in_reading_order(
    browser: Browser, running: RunningGateway
) -> None:
    cable = Cable()
    async with visit(browser, running.origin, "en", prepare=cable.lay) as visitor:
        await begun(visitor)
        cable.says("Which one?", choices=["First", "Second"])
        await visitor.page.get_by_role("button", name="Switch to Chinese").focus()
        assert await tab_order(visitor.page, 7) == [
            "New chat",
            "Minimise",
            "Conversation",
            "First",
            "Second",
            "Send a picture or file",
            "Your message",
        ]


async def test_on_a_telephone_the_keyboard_stays_within_the_chat(
    browser: Browser, running: RunningGateway
) -> None:
    async with visit(browser, running.origin, "en", size=PHONE) as visitor:
        page = visitor.page
        await page.get_by_role("button", name="Open the chat").click()
        dialog = page.get_by_role("dialog")
        await expect(dialog).to_have_attribute("aria-modal", "true")
        await begun(visitor)
        reached = await tab_order(page, 12)
        assert "Switch to Chinese" in reached, "it goes round"
        assert not any("Track an order" in each for each in reached)
        await page.keyboard.press("Shift+Tab")
        assert await focused(page) in reached


@pytest.mark.parametrize("width", [320, 390, 768])
async def test_nothing_is_cut_off_on_small_screens(
    browser: Browser, running: RunningGateway, width: int
) -> None:
    cable = Cable()
    size = {"width": width, "height": 640}
    async with visit(browser, running.origin, "en", size=size, prepare=cable.lay) as visitor:
        page = visitor.page
        await page.get_by_role("button", name="Open the chat").click()
        await begun(visitor)
        cable.says("W" * 200, choices=["A rather long answer that somebody may pick " * 3, "No"])
        await visitor.write(ASK["en"])
        await page.get_by_role("button", name="Call me back").click()
        overflow = """() => {
          const root = document.querySelector("switchyard-chat").shadowRoot;
          const right = (each) => each.getBoundingClientRect().right;
          const wide = (each) => each.checkVisibility() && right(each) > innerWidth + 1;
          return [...root.querySelectorAll(".panel *")].filter(wide).map((each) => each.className);
        }"""
        assert await page.evaluate(overflow) == []
        assert await page.evaluate("document.documentElement.scrollWidth") <= width


async def test_an_agents_absence_does_not_take_the_focus(
    english: Visit, running: RunningGateway
) -> None:
    await english.write(ASK["en"])
    back = english.page.get_by_role("button", name="Back to the assistant")
    await back.focus()
    await eventually(lambda: len(running.router.contacts) == 1)
    await running.router.assign(running.router.only().name)
    await english.sees("Ann Lee has joined the chat.")
    await expect(english.page.locator("textarea")).to_be_focused()


async def test_the_bots_own_greeting_is_the_only_one(redis_url: str, browser: Browser) -> None:
    cable = Cable()
    async with (
        gateway(redis_url) as running,
        visit(browser, running.origin, "en", prepare=cable.lay) as visitor,
    ):
        await expect(visitor.page.locator(".hello")).to_be_visible()
        await visitor.page.get_by_role("button", name="Minimise").click()
        await visitor.page.get_by_role("button", name="Open the chat").click()
        while not await visitor.page.evaluate("sessionStorage.getItem('switchyard.session')"):
            await asyncio.sleep(0.05)
        cable.says("Good morning! What can I do for you?")
        await visitor.sees("Good morning!")
        await expect(visitor.page.locator(".hello")).to_be_hidden()
