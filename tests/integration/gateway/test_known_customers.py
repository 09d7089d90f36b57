"""Visitors whom the company's own login knows: their chat begins with who they are."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from switchyard.conversation.v1 import conversation_service_pb2 as pb

from tests.fakes.gateway.browser import Visit, chromium, visit
from tests.fakes.gateway.running import OpenPage, RunningGateway, gateway, http
from tests.fakes.issuer import Issuer

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

PHONE: dict[str, Any] = {"phone_number": "+8613800138000", "phone_number_verified": True}
AUDIENCE = "chat"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module")
async def login() -> AsyncIterator[Issuer]:
    async with Issuer.serving() as issuer:
        yield issuer


def knowing(login: Issuer) -> dict[str, Any]:
    """Settings of a gateway that trusts a login."""
    return {
        "customer_keys_url": login.url,
        "customer_issuer": login.name,
        "customer_audience": AUDIENCE,
        "customer_handles": "shop",
    }


@pytest_asyncio.fixture(loop_scope="module")
async def running(redis_url: str, login: Issuer) -> AsyncIterator[RunningGateway]:
    async with gateway(redis_url, **knowing(login)) as running:
        yield running


async def known(running: RunningGateway, name: str) -> list[tuple[str, str, str, bool]]:
    """Who a conversation is with, as agents' desktops see it."""
    request = pb.GetConversationRequest(name=name)
    found: Any = (await running.stub.GetConversation(request)).identifiers
    return [(one.kind, one.value, one.namespace, one.proven) for one in found]


async def opened(running: RunningGateway, socket: Any, token: str) -> OpenPage:
    page = OpenPage(socket)
    await page.send(type="hello", language="en", customer_token=token)
    page.conversation = (await page.until(lambda f: f["type"] == "welcome"))["conversation"]
    return page


async def test_a_chat_begins_with_who_is_logged_in(running: RunningGateway, login: Issuer) -> None:
    async with running.socket() as socket:
        page = await opened(running, socket, login.sign(aud=AUDIENCE, sub="ann", **PHONE))
        assert await known(running, page.name) == [
            ("handle", "ann", "shop", True),
            ("phone", "+8613800138000", "", True),
        ]
        await page.says("hello")
        await page.hears("You said: hello")


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"aud": "router"}, "BAD_TOKEN"), ({"aud": AUDIENCE, "exp": 1}, "TOKEN_EXPIRED")],
)
async def test_who_cannot_be_known_is_helped_as_a_stranger(
    running: RunningGateway, login: Issuer, changes: dict[str, Any], code: str
) -> None:
    async with running.socket() as socket:
        page = await opened(running, socket, login.sign(**changes))
        told = page.received[0]
        assert (told["type"], told["code"]) == ("not_known", code)
        assert told["message"]
        assert await known(running, page.name) == []
        await page.says("hello")
        await page.hears("You said: hello")
    name = f'switchyard_gateway_websocket_rejections_total{{reason="{code.lower()}"}}'
    assert running.metrics()[name] == 1


async def test_a_login_that_is_away_keeps_nobody_from_help(
    running: RunningGateway, login: Issuer
) -> None:
    login.status = 503
    async with running.socket() as socket:
        page = await opened(running, socket, login.sign(aud=AUDIENCE))
        assert page.received[0]["code"] == "TOKEN_KEYS_UNREACHABLE"
        await page.says("hello")
        await page.hears("You said: hello")
    assert running.metrics()["switchyard_gateway_token_keys_failures_total"] == 1


async def test_another_visitor_of_the_same_page_does_not_take_the_chat_over(
    running: RunningGateway, login: Issuer
) -> None:
    """What is shown to come back with is the chat's own secret; a token opens only new chats."""
    async with running.socket() as socket:
        first = await opened(running, socket, login.sign(aud=AUDIENCE, sub="ann"))
    async with running.socket() as socket:
        stranger = OpenPage(socket)
        await stranger.send(
            type="hello",
            conversation=first.conversation,
            customer_token=login.sign(aud=AUDIENCE, sub="ann"),
        )
        await stranger.until(lambda f: f["type"] == "expired")
        welcome = await stranger.until(lambda f: f["type"] == "welcome")
        assert welcome["conversation"] != first.conversation


class Site:
    """A company's page, elsewhere, with the widget; `token` is what it says of who is logged in."""

    def __init__(self) -> None:
        self.url = self.gateway = self.token = ""
        self.status = 200
        self.asked = 0

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        routes = [Route("/", self._page), Route("/chat-token", self._token)]
        async with http(Starlette(routes=routes)) as self.url:
            yield

    async def _page(self, _: Request) -> Response:
        tag = f'<script type=module src="{self.gateway}/widget.js" data-identity=/chat-token>'
        page = f"<!doctype html><html lang=en><link rel=icon href=data:><body>{tag}</script>"
        return HTMLResponse(page)

    async def _token(self, _: Request) -> Response:
        self.asked += 1
        return PlainTextResponse(self.token, self.status)


@pytest_asyncio.fixture(loop_scope="module")
async def site(redis_url: str, login: Issuer) -> AsyncIterator[tuple[Site, RunningGateway]]:
    site = Site()
    async with (
        site.serving(),
        gateway(redis_url, allowed_origins=(site.url,), **knowing(login)) as running,
    ):
        site.gateway = running.origin
        yield site, running


async def open_chat(visitor: Visit) -> None:
    await visitor.page.get_by_role("button", name="Chat").first.click()


async def chats(visitor: Visit, text: str) -> str:
    """Say something; the name of the conversation in which it was answered."""
    await visitor.write(text)
    await visitor.sees(f"You said: {text}")
    kept = await visitor.page.evaluate("sessionStorage.getItem('switchyard.session')")
    return f"tenants/demo/conversations/{json.loads(kept)['conversation']}"


async def test_the_widget_shows_who_is_logged_in_and_forgets_at_log_out(
    browser: Browser, site: tuple[Site, RunningGateway], login: Issuer
) -> None:
    page, running = site
    page.token = login.sign(aud=AUDIENCE, sub="ann")
    async with visit(browser, page.url) as visitor:
        await open_chat(visitor)
        first = await chats(visitor, "hello")
        assert await known(running, first) == [("handle", "ann", "shop", True)]
        await visitor.page.reload()
        await open_chat(visitor)
        await visitor.sees("You said: hello")
        assert page.asked == 1, "the chat goes on by its own secret"
        page.token = ""
        await visitor.page.evaluate("dispatchEvent(new Event('switchyard:logout'))")
        assert await visitor.bubbles() == []
        second = await chats(visitor, "it is me")
        assert (second != first, await known(running, second)) == (True, [])
        assert visitor.problems == []


async def test_a_site_that_cannot_say_who_is_logged_in_still_has_a_chat(
    browser: Browser, site: tuple[Site, RunningGateway]
) -> None:
    page, running = site
    page.status = 500
    async with visit(browser, page.url) as visitor:
        await open_chat(visitor)
        assert await known(running, await chats(visitor, "hello")) == []
        assert any("as a stranger" in problem for problem in visitor.problems)
