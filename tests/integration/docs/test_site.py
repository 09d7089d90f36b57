"""The site as a reader has it: made by its command, opened from the disk in a browser."""

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from docs.site.contents import LANGUAGES, read
from tests.fakes.gateway.browser import chromium

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made with warnings as errors."""
    out = tmp_path_factory.mktemp("site") / "out"
    made = subprocess.run(
        [sys.executable, "-m", "docs.site", "--out", str(out)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    assert made.stdout.splitlines()[-1] == (out / "index.html").as_uri()
    return out


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


class _Addresses(HTMLParser):
    """What a page leads to, what it loads, and its own places."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.places: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        self.places.add(told.get("id", ""))
        if tag == "a" and "href" in told:
            self.links.append(told["href"])
        if tag in ("script", "img", "iframe") and "src" in told:
            self.loaded.append(told["src"])
        if tag == "link" and told.get("rel") in ("stylesheet", "preload", "icon"):
            self.loaded.append(told["href"])


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, _Addresses]:
    return {path: _Addresses(path.read_text("utf-8")) for path in site.rglob("*.html")}


def test_every_page_is_there_in_both_languages(pages: dict[Path, _Addresses], site: Path) -> None:
    for language in LANGUAGES:
        for section in read():
            assert all(site / language / f"{page}.html" in pages for page in section.pages)


def test_every_link_leads_to_a_place_that_is_there(pages: dict[Path, _Addresses]) -> None:
    assert [*_broken(pages)] == []


def _broken(pages: dict[Path, _Addresses]) -> Iterator[str]:
    for path, page in pages.items():
        for link in (*page.links, *page.loaded):
            address, _, place = unquote(link).partition("#")
            if "://" in address:
                continue
            target = (path.parent / address.partition("?")[0]).resolve() if address else path
            if not target.exists() or (place and place not in pages[target].places):
                yield f"{path.name}: {link}"


def test_no_page_loads_anything_from_elsewhere(pages: dict[Path, _Addresses]) -> None:
    loaded = {address for page in pages.values() for address in page.loaded}
    assert loaded
    assert [address for address in loaded if "://" in address or address.startswith("//")] == []


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("language", "asked", "found"),
    [("zh", "盲转接失败", "telephony"), ("en", "certificates", "security")],
)
async def test_a_reader_searches_without_network(
    browser: Browser, site: Path, language: str, asked: str, found: str
) -> None:
    page = await browser.new_page()
    await page.goto((site / language / "index.html").as_uri())
    await page.locator("input.sidebar-search").fill(asked)
    await page.keyboard.press("Enter")
    await expect(page.locator(f"ul.search a[href*='{found}.html']").first).to_be_visible()
    await page.close()


@pytest.mark.asyncio(loop_scope="module")
async def test_a_reader_changes_the_language_of_the_same_page(browser: Browser, site: Path) -> None:
    page = await browser.new_page()
    await page.goto((site / "en" / "operations.html").as_uri())
    await page.get_by_role("link", name="中文").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("运行 Switchyard")
    assert page.url == (site / "zh" / "operations.html").as_uri()
    assert await page.get_by_text("On this page").count() == 0
    await page.close()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("locale", "language"), [("zh-CN", "zh"), ("en-GB", "en")])
async def test_the_front_page_opens_in_the_readers_language(
    browser: Browser, site: Path, locale: str, language: str
) -> None:
    context = await browser.new_context(locale=locale)
    page = await context.new_page()
    await page.goto((site / "index.html").as_uri())
    await page.wait_for_url(f"**/{language}/index.html")
    await context.close()
