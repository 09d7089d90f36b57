"""The page behind a reset link, in a real browser and by hand."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.fakes.gateway.accessibility import problems, too_faint
from tests.fakes.gateway.browser import PHONE, chromium, visit
from tests.fakes.gateway.reset_links import GOOD, SLOW, ResetLinks, serving
from tests.fakes.gateway.running import NoTime, RunningGateway, gateway

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture
def links() -> ResetLinks:
    return ResetLinks()


@pytest_asyncio.fixture(loop_scope="module")
async def running(redis_url: str, links: ResetLinks) -> AsyncIterator[RunningGateway]:
    async with serving(links) as target, gateway(redis_url, crm_target=target) as running:
        yield running


async def post(running: RunningGateway, token: str, **form: str) -> httpx.Response:
    async with httpx.AsyncClient(timeout=60) as client:
        return await client.post(f"{running.origin}/reset/{token}", data=form)


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_a_customer_sets_a_new_pin_in_english(
    browser: Browser, running: RunningGateway, links: ResetLinks, theme: str
) -> None:
    url = f"{running.origin}/reset/{GOOD}?language=en"
    async with visit(browser, url, theme=theme) as visitor:
        page = visitor.page
        await expect(page.get_by_role("heading", name="Choose a new PIN")).to_be_visible()
        await expect(page.get_by_label("New PIN")).to_be_focused()
        assert await problems(page) == []
        assert await too_faint(page) == []
        await page.keyboard.type("7301")
        await page.keyboard.press("Tab")
        await page.keyboard.type("7302")
        await page.keyboard.press("Enter")
        alert = page.get_by_role("alert")
        await expect(alert).to_contain_text("The two PINs are not the same.")
        assert await too_faint(page) == []
        assert await problems(page) == []
        assert links.asked == 0, "the link is not spent on a slip"
        await page.get_by_label("New PIN").fill("7301")
        await page.get_by_label("The same PIN once more").fill("7301")
        await page.get_by_role("button", name="Set the new PIN").click()
        await expect(page.get_by_role("status")).to_contain_text("Your new PIN is set.")
        assert await too_faint(page) == []
        assert links.pins == ["7301"]
        assert all("422" in problem for problem in visitor.problems), visitor.problems


async def test_a_customer_sets_a_new_pin_in_chinese_on_a_telephone(
    browser: Browser, running: RunningGateway, links: ResetLinks
) -> None:
    async with visit(browser, f"{running.origin}/reset/{GOOD}", "zh", size=PHONE) as visitor:
        page = visitor.page
        await expect(page.locator("h1")).to_have_text("设置新的 PIN 码")
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        await page.get_by_role("link", name="English").click()
        await expect(page.locator("html")).to_have_attribute("lang", "en")
        await page.get_by_role("link", name="中文").click()
        await page.get_by_label("新 PIN 码", exact=True).fill("1212")
        await page.get_by_label("再次输入新 PIN 码").fill("1212")
        await page.get_by_role("button", name="确认设置").click()
        await expect(page.get_by_role("alert")).to_contain_text("太容易被猜到")
        await page.get_by_label("新 PIN 码", exact=True).fill("\uff17\uff13\uff10\uff11")
        await page.get_by_label("再次输入新 PIN 码").fill("7301")
        await page.get_by_role("button", name="确认设置").click()
        await expect(page.get_by_role("status")).to_contain_text("设置成功")
        assert links.pins == ["7301"]


async def test_opening_a_link_does_not_spend_it(running: RunningGateway, links: ResetLinks) -> None:
    async with httpx.AsyncClient(timeout=60) as client:
        for _ in range(3):
            answer = await client.get(f"{running.origin}/reset/{GOOD}")
            assert answer.status_code == 200
    assert links.asked == 0


async def test_a_link_is_good_once(running: RunningGateway, links: ResetLinks) -> None:
    assert (await post(running, GOOD, pin="7301", again="7301")).status_code == 200
    again = await post(running, GOOD, pin="8402", again="8402")
    assert again.status_code == 410
    assert "<form" not in again.text
    assert links.pins == ["7301"]


@pytest.mark.parametrize("token", ["x", "..%2f..%2fetc", "<script>alert(1)<%2fscript>", "a" * 999])
async def test_what_is_no_link_shows_nothing_of_itself(
    running: RunningGateway, links: ResetLinks, token: str
) -> None:
    async with httpx.AsyncClient(timeout=60) as client:
        answer = await client.get(f"{running.origin}/reset/{token}")
    assert answer.status_code in (404, 410)
    assert "<script" not in answer.text
    assert links.asked == 0


async def test_when_the_customer_adapter_is_away_the_link_stays_good(
    running: RunningGateway,
) -> None:
    answer = await post(running, SLOW, pin="7301", again="7301")
    assert answer.status_code == 503
    assert "Your link stays good" in answer.text
    outcome = 'switchyard_gateway_pin_resets_total{outcome="unavailable"}'
    assert running.metrics()[outcome] == 1


async def test_the_page_is_told_to_nobody_else(running: RunningGateway) -> None:
    async with httpx.AsyncClient(timeout=60) as client:
        headers = (await client.get(f"{running.origin}/reset/{GOOD}")).headers
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["x-robots-tag"] == "noindex, nofollow"
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self'" in policy
    assert "script-src" not in policy, "no script at all"


async def test_other_sites_cannot_send_the_form(running: RunningGateway, links: ResetLinks) -> None:
    async with httpx.AsyncClient(timeout=60) as client:
        answer = await client.post(
            f"{running.origin}/reset/{GOOD}",
            data={"pin": "7301", "again": "7301"},
            headers={"sec-fetch-site": "cross-site"},
        )
    assert answer.status_code == 403
    assert links.asked == 0


async def test_nothing_typed_comes_back_and_large_forms_are_not_read(
    running: RunningGateway, links: ResetLinks
) -> None:
    answer = await post(running, GOOD, pin='"><script>1</script>', again="x")
    assert answer.status_code == 422
    assert "script>1" not in answer.text
    assert (await post(running, GOOD, pin="7301" * 1000, again="7301")).status_code == 422
    assert links.asked == 0


async def test_one_address_cannot_try_without_end(redis_url: str, links: ResetLinks) -> None:
    async with (
        serving(links) as target,
        gateway(redis_url, crm_target=target, clock=NoTime()) as running,
    ):
        answers = [await post(running, GOOD, pin="1", again="1") for _ in range(14)]
        counted = running.metrics()
    assert [answer.status_code for answer in answers] == [422] * 10 + [429] * 4
    assert answers[-1].headers["retry-after"] == "10"
    name = "switchyard_gateway_websocket_rejections_total"
    assert counted[f'{name}{{reason="rate_limited"}}'] == 4
