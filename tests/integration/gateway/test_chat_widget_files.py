"""Files in the chat page: chosen, pasted, sent, shown again, refused."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, FilePayload, Page, Route, expect

from tests.fakes.gateway.accessibility import focused
from tests.fakes.gateway.browser import Visit, chromium, visit
from tests.fakes.gateway.pictures import PDF, PNG, png
from tests.fakes.gateway.running import RunningGateway, gateway

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]


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


async def choose(page: Page, *files: tuple[str, str, bytes]) -> None:
    """Pick files as the dialog of the operating system gives them."""
    picked = [
        FilePayload(name=name, mimeType=kind, buffer=content) for name, kind, content in files
    ]
    await page.set_input_files("input.picker", files=picked)


async def begun(visitor: Visit) -> None:
    await visitor.write("hello")
    await visitor.sees("You said: hello")


async def test_pictures_and_documents_are_sent_in_the_order_chosen(english: Visit) -> None:
    page = english.page
    await begun(english)
    big = ("big.png", "image/png", png(1600, 900) + bytes(400_000))
    await choose(
        page, big, ("doc 合同.pdf", "application/pdf", PDF), ("small.png", "image/png", PNG)
    )
    files = page.locator(".live button.file")
    await expect(files).to_have_count(3)
    assert [await each.get_attribute("aria-label") for each in await files.all()] == [
        "Download big.png",
        "Download doc 合同.pdf",
        "Download small.png",
    ]
    picture = page.get_by_role("img", name="small.png")
    await expect(picture).to_be_visible()
    assert await picture.evaluate("each => [each.naturalWidth, each.naturalHeight]") == [24, 16]
    await expect(page.locator(".unsent li")).to_have_count(0)
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Download doc 合同.pdf").click()
    assert (await (await download.value).path()).read_bytes() == PDF


async def test_files_are_there_again_after_a_reload(english: Visit) -> None:
    await begun(english)
    await choose(english.page, ("small.png", "image/png", PNG))
    await expect(english.page.get_by_role("img", name="small.png")).to_be_visible()
    await english.page.reload()
    await expect(english.page.get_by_role("img", name="small.png")).to_be_visible()


@pytest.mark.parametrize(
    ("name", "kind", "content", "said"),
    [
        ("setup.exe", "application/x-msdownload", b"MZ", "“setup.exe” cannot be sent."),
        ("page.html", "text/html", b"<script>", "“page.html” cannot be sent."),
        ("empty.png", "image/png", b"", "“empty.png” is empty."),
        ("huge.pdf", "application/pdf", PDF + bytes(5 * 1024 * 1024), "at most 5 MB"),
    ],
)
async def test_what_cannot_be_sent_is_refused_at_once(
    english: Visit, name: str, kind: str, content: bytes, said: str
) -> None:
    await begun(english)
    await choose(english.page, (name, kind, content))
    await expect(english.page.get_by_role("alert")).to_contain_text(said)
    await expect(english.page.locator(".unsent li")).to_have_count(0)


async def test_a_file_that_only_looks_like_a_picture_is_refused_where_it_stands(
    browser: Browser, running: RunningGateway
) -> None:
    async with visit(browser, running.origin, "zh") as visitor:
        await visitor.write("hello")
        await visitor.sees("You said: hello")
        await choose(visitor.page, ("photo.png", "image/png", b"MZ not a picture"))
        row = visitor.page.locator(".unsent .sending")
        await expect(row).to_contain_text("不支持这种文件")
        await expect(row.get_by_role("button", name="重新发送")).to_be_hidden()
        await row.get_by_role("button", name="移除 photo.png").click()
        await expect(row).to_have_count(0)
        assert await focused(visitor.page) == "输入消息"
        # The browser itself reports the refused request.
        assert all("422" in problem for problem in visitor.problems)


async def test_a_file_that_broke_off_can_be_sent_again(english: Visit) -> None:
    page = english.page
    await begun(english)
    tries: list[str] = []

    async def break_once(route: Route) -> None:
        tries.append(route.request.url)
        await (route.abort("connectionreset") if len(tries) == 1 else route.continue_())

    await page.route("**/chat/*/files/*", break_once)
    await choose(page, ("small.png", "image/png", PNG))
    row = page.locator(".unsent .sending")
    await expect(row).to_contain_text("could not be sent")
    await row.get_by_role("button", name="Send again").click()
    await expect(page.get_by_role("img", name="small.png")).to_be_visible()
    assert tries[0] == tries[1], "the same message, so it cannot be there twice"
    english.problems.clear()  # the browser names the broken request


async def test_a_file_chosen_before_the_chat_is_open_waits_for_it(english: Visit) -> None:
    await choose(english.page, ("small.png", "image/png", PNG))
    await expect(english.page.get_by_role("img", name="small.png")).to_be_visible()
    await expect(english.page.locator(".unsent li")).to_have_count(0)


async def test_a_picture_can_be_pasted(english: Visit) -> None:
    await begun(english)
    await english.page.locator("textarea").evaluate(
        """(box, bytes) => {
             const data = new DataTransfer();
             data.items.add(new File([new Uint8Array(bytes)], "pasted.png", { type: "image/png" }));
             const how = { clipboardData: data, bubbles: true, cancelable: true };
             box.dispatchEvent(new ClipboardEvent("paste", how));
           }""",
        list(PNG),
    )
    await expect(english.page.get_by_role("img", name="pasted.png")).to_be_visible()


async def test_where_no_files_are_taken_none_are_offered(redis_url: str, browser: Browser) -> None:
    async with (
        gateway(redis_url, upload_types="") as running,
        visit(browser, running.origin, "en") as visitor,
    ):
        await begun(visitor)
        await expect(visitor.page.locator("button.attach")).to_be_hidden()
