"""Debian's Chromium, driven by Playwright."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

CHROMIUM = "/usr/bin/chromium"
# No sandbox: tests may run as root. The rest keeps the browser from calling home.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
PATIENCE_MS = 120_000


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser for the length of the block."""
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=list(FLAGS), timeout=PATIENCE_MS
        )
        try:
            yield browser
        finally:
            await browser.close()


class Visit:
    """A page, and everything that went wrong on it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.problems: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", self._console)

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(message.text)

    async def write(self, text: str) -> None:
        """Type into the chat and send it, as a customer does."""
        box = self.page.locator("textarea")
        await box.fill(text)
        await box.press("Enter")

    async def sees(self, text: str) -> None:
        """Wait until a text is in the conversation."""
        await self.page.locator(".live").get_by_text(text).last.wait_for()

    async def bubbles(self) -> list[str]:
        """What was said, without who and when."""
        return await self.page.locator(".live .bubble").all_inner_texts()


@asynccontextmanager
async def visit(
    browser: Browser,
    url: str,
    language: str = "en",
    size: dict[str, int] | None = None,
    prepare: Any = None,
    theme: Any = "light",
) -> AsyncIterator[Visit]:
    """A visitor with a fresh profile; `prepare(page)` runs before the page is loaded."""
    viewport: Any = size or DESKTOP
    locale = "zh-CN" if language == "zh" else "en-GB"
    context: BrowserContext = await browser.new_context(
        viewport=viewport, locale=locale, reduced_motion="reduce", color_scheme=theme
    )
    try:
        page = await context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        visit = Visit(page)
        if prepare is not None:
            await prepare(page)
        await page.goto(url)
        yield visit
    finally:
        await context.close()
