"""Files over HTTP: who may send and read them, what is refused, and what browsers are told."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis
from switchyard_gateway.domain.files import file_id

from tests.fakes.gateway.pictures import GIF, PNG, png
from tests.fakes.gateway.running import NoTime, OpenPage, RunningGateway, gateway

pytestmark = pytest.mark.integration


@pytest.fixture
async def running(redis_url: str) -> AsyncIterator[RunningGateway]:
    async with gateway(redis_url) as running:
        yield running


@dataclass
class Holder:
    """The page of a conversation, with its secret."""

    running: RunningGateway
    page: OpenPage

    def url(self, file: str) -> str:
        return f"{self.running.origin}/chat/{self.page.conversation}/files/{file}"

    def headers(self, **changes: str) -> dict[str, str]:
        own = {"origin": self.running.origin, "authorization": f"Bearer {self.page.token}"}
        return {name: value for name, value in (own | changes).items() if value}

    async def put(
        self, content: bytes, message_id: str = "f1", name: str = "photo.png", **changes: str
    ) -> httpx.Response:
        headers = self.headers(**{"x-file-name": name, **changes})
        async with httpx.AsyncClient(timeout=60) as client:
            return await client.put(self.url(message_id), content=content, headers=headers)

    async def get(self, file: str, **changes: str) -> httpx.Response:
        async with httpx.AsyncClient(timeout=60) as client:
            return await client.get(self.url(file), headers=self.headers(**changes))


@pytest.fixture
async def holder(running: RunningGateway) -> AsyncIterator[Holder]:
    async with running.page() as page:
        yield Holder(running, page)


def refused(answer: httpx.Response) -> tuple[int, str]:
    body: dict[str, Any] = answer.json()
    assert body["text"]
    return answer.status_code, body["code"]


async def test_a_file_is_sent_shown_and_read_again(holder: Holder) -> None:
    answer = await holder.put(PNG, name="%E6%88%91%E7%9A%84%E7%85%A7%E7%89%87.PNG")
    assert answer.status_code == 201
    shown = await holder.page.until(lambda f: bool(f.get("attachments")))
    expected = {
        "id": file_id("f1"),
        "name": "我的照片.png",
        "type": "image/png",
        "size": len(PNG),
    }
    assert shown["attachments"] == [expected]
    assert (shown["role"], shown["message_id"]) == ("CUSTOMER", "f1")
    read = await holder.get(file_id("f1"))
    assert read.content == PNG


async def test_a_file_is_served_so_that_no_browser_runs_it(holder: Holder) -> None:
    await holder.put(GIF, name="a.html")
    headers = (await holder.get(file_id("f1"))).headers
    assert headers["content-type"] == "image/gif"
    assert headers["content-disposition"] == "attachment; filename*=UTF-8''a.gif"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert headers["cache-control"] == "private, no-store"


async def test_a_file_sent_again_is_one_message_and_one_file(
    holder: Holder, redis_url: str
) -> None:
    first = await holder.put(PNG)
    again = await holder.put(PNG)
    assert first.json() == again.json()
    async with Redis.from_url(redis_url) as redis:
        sizes = await redis.hgetall("sw:gateway:{files}:sizes")
    assert sum(int(size) for name, size in sizes.items() if name != b"total") == len(PNG)
    assert int(sizes[b"total"]) == len(PNG)


async def test_another_content_under_the_same_id_changes_nothing(holder: Holder) -> None:
    await holder.put(PNG)
    await holder.put(png(200, 200))
    assert (await holder.get(file_id("f1"))).content == PNG


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"MZ program", "FILE_TYPE"), (b"", "FILE_EMPTY"), (b"<svg/>", "FILE_TYPE")],
)
async def test_what_is_no_picture_or_document_is_refused(
    holder: Holder, content: bytes, code: str
) -> None:
    assert refused(await holder.put(content)) == (422, code)
    assert holder.running.metrics()[
        f'switchyard_gateway_websocket_rejections_total{{reason="{code.lower()}"}}'
    ]


async def test_a_file_over_the_limit_is_refused_before_it_is_read(redis_url: str) -> None:
    async with gateway(redis_url, upload_bytes=1000) as running, running.page() as page:
        holder = Holder(running, page)
        assert refused(await holder.put(PNG + bytes(1000))) == (422, "FILE_TOO_LARGE")

        async def parts() -> AsyncIterator[bytes]:
            for _ in range(200):
                yield bytes(100)

        async with httpx.AsyncClient(timeout=60) as client:
            answer = await client.put(holder.url("f2"), content=parts(), headers=holder.headers())
        assert refused(answer) == (422, "FILE_TOO_LARGE")
        assert (await holder.put(PNG)).status_code == 201


async def test_the_number_of_files_is_limited_and_a_refused_one_takes_no_room(
    redis_url: str,
) -> None:
    async with (
        gateway(redis_url, uploads_per_conversation=2, uploads_total_bytes=3 * len(PNG)) as running,
        running.page() as page,
        running.page() as other,
    ):
        mine, theirs = Holder(running, page), Holder(running, other)
        for number in range(2):
            assert (await mine.put(PNG, f"f{number}")).status_code == 201
        assert refused(await mine.put(PNG, "f3")) == (429, "FILES_TOO_MANY")
        assert (await theirs.put(PNG, "f1")).status_code == 201, "no room was lost"
        assert refused(await theirs.put(PNG, "f2")) == (429, "FILES_FULL")


async def test_files_expire(redis_url: str) -> None:
    async with gateway(redis_url, upload_keep_seconds=600) as running, running.page() as page:
        holder = Holder(running, page)
        await holder.put(PNG)
        async with Redis.from_url(redis_url) as redis:
            key = f"sw:gateway:{{{page.conversation}}}:file:{file_id('f1')}"
            assert 0 < await redis.pttl(key) <= 600_000
            await redis.delete(key)
        assert (await holder.get(file_id("f1"))).status_code == 404


async def test_only_the_holder_of_the_secret_reads_and_writes(
    holder: Holder, running: RunningGateway
) -> None:
    await holder.put(PNG)
    for wrong in ("Bearer nonsense", "", "Basic abc"):
        assert (await holder.put(PNG, "f9", authorization=wrong)).status_code == 404
        assert (await holder.get(file_id("f1"), authorization=wrong)).status_code == 404
    async with running.page() as stranger:
        theirs = Holder(running, stranger)
        assert (await theirs.get(file_id("f1"))).status_code == 404, "another conversation's"
        mixed = await holder.get(file_id("f1"), authorization=f"Bearer {stranger.token}")
        assert mixed.status_code == 404


async def test_foreign_pages_may_neither_send_nor_read(holder: Holder) -> None:
    await holder.put(PNG)
    evil = "https://evil.example"
    assert (await holder.put(PNG, "f2", origin=evil)).status_code == 403
    assert (await holder.put(PNG, "f2", origin="")).status_code == 403
    read = await holder.get(file_id("f1"), origin=evil)
    assert read.status_code == 403
    assert "access-control-allow-origin" not in read.headers


async def test_browsers_of_allowed_sites_are_told_that_they_may(redis_url: str) -> None:
    shop = "https://shop.example"
    async with (
        gateway(redis_url, allowed_origins=shop) as running,
        httpx.AsyncClient(timeout=60) as client,
    ):
        asked = {"origin": shop, "access-control-request-method": "PUT"}
        url = f"{running.origin}/chat/c/files/f"
        answer = await client.options(url, headers=asked)
        assert answer.headers["access-control-allow-origin"] == shop
        assert "PUT" in answer.headers["access-control-allow-methods"]
        asked["origin"] = running.origin
        assert (await client.options(url, headers=asked)).status_code == 403


async def test_a_refusal_is_in_the_customers_language(holder: Holder) -> None:
    async with httpx.AsyncClient(timeout=60) as client:
        url = f"{holder.url('f1')}?language=zh"
        answer = await client.put(url, content=b"MZ", headers=holder.headers())
    assert answer.json()["text"].startswith("不支持这种文件")


async def test_the_store_being_away_is_said(redis_url: str, holder: Holder) -> None:
    async with Redis.from_url(redis_url) as redis:
        await redis.client_pause(600_000, all=False)
        answer = await holder.put(PNG)
        await redis.client_unpause()
    assert answer.status_code == 503


async def test_one_address_cannot_send_without_end(redis_url: str) -> None:
    async with gateway(redis_url, clock=NoTime()) as running, running.page() as page:
        holder = Holder(running, page)
        answers = await asyncio.gather(*(holder.put(b"") for _ in range(90)))
    codes = Counter(refused(each) for each in answers)
    assert codes == {(422, "FILE_EMPTY"): 30, (429, "TOO_MANY_FILES_AT_ONCE"): 60}
