"""A WeChat official account, played after its documentation, with a scripted bot and a router."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from switchyard.conversation.v1 import conversation_service_pb2 as pb
from switchyard_gateway.entrypoints.channels.wechat_crypto import Envelope, signature
from switchyard_gateway.entrypoints.channels.wechat_xml import parse
from switchyard_gateway.settings import GatewaySettings

from tests.fakes.gateway import wechat_examples as example
from tests.fakes.gateway.bot import ORDER
from tests.fakes.gateway.channels import WeChat, wechat
from tests.fakes.gateway.pictures import JPEG
from tests.fakes.gateway.router import ANN
from tests.fakes.gateway.running import RunningGateway, eventually, gateway

pytestmark = pytest.mark.integration

AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
ACCOUNT: dict[str, Any] = {
    "wechat_app_id": example.APP_ID,
    "wechat_token": example.TOKEN,
    "wechat_secret": "the-app-secret",
}


@dataclass
class Follower:
    """Somebody who writes to the account; `envelope` in safe mode."""

    running: RunningGateway
    platform: WeChat
    envelope: Envelope | None = None
    numbers: int = 6054768590064713728

    async def writes(self, text: str, message_id: str = "") -> str:
        """What is answered right away; empty for the documented `success`."""
        self.numbers += 1
        number = message_id or str(self.numbers)
        xml = example.TEXT.replace("this is a test", text).replace("1234567890123456", number)
        return self.said(await self.pushes(xml))

    async def pushes(self, xml: str, **changes: str) -> httpx.Response:
        """WeChat's server brings something."""
        stamp, nonce = str(int(time.time())), "486452656"
        query = {
            "signature": signature(example.TOKEN, stamp, nonce),
            "timestamp": stamp,
            "nonce": nonce,
            "openid": "fromUser",
        }
        if self.envelope is not None:
            sealed = self.envelope.seal(xml.encode())
            query |= {
                "encrypt_type": "aes",
                "msg_signature": signature(example.TOKEN, stamp, nonce, sealed),
            }
            xml = (
                "<xml><ToUserName><![CDATA[gh]]></ToUserName>"
                f"<Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
            )
        async with httpx.AsyncClient(timeout=60) as client:
            return await client.post(
                f"{self.running.origin}/channels/wechat",
                params=query | changes,
                content=xml.encode(),
            )

    def said(self, answer: httpx.Response) -> str:
        assert answer.status_code == 200
        if answer.text == "success":
            return ""
        fields = parse(answer.content)
        if self.envelope is not None:
            signed = (example.TOKEN, fields["TimeStamp"], fields["Nonce"], fields["Encrypt"])
            assert fields["MsgSignature"] == signature(*signed)
            assert fields["Nonce"] == "486452656"
            fields = parse(self.envelope.open(fields["Encrypt"]))
        assert fields["MsgType"] == "text"
        assert (fields["ToUserName"], fields["FromUserName"]) == ("fromUser", "toUser")
        assert fields["CreateTime"].isdigit()
        return fields["Content"]

    def rejected(self, reason: str) -> float:
        name = "switchyard_gateway_channel_rejections_total"
        return self.running.metrics().get(f'{name}{{channel="wechat",reason="{reason}"}}', 0)

    def counted(self, direction: str, outcome: str) -> float:
        name = "switchyard_gateway_channel_messages_total"
        labels = f'channel="wechat",direction="{direction}",outcome="{outcome}"'
        return self.running.metrics().get(f"{name}{{{labels}}}", 0)


@asynccontextmanager
async def following(redis_url: str, **changes: Any) -> AsyncIterator[Follower]:
    async with (
        wechat() as platform,
        gateway(redis_url, wechat_api_url=platform.url, **ACCOUNT, **changes) as running,
    ):
        key = changes.get("wechat_aes_key")
        yield Follower(running, platform, Envelope(example.APP_ID, key) if key else None)


@pytest.fixture
async def follower(redis_url: str) -> AsyncIterator[Follower]:
    async with following(redis_url) as follower:
        yield follower


@pytest.fixture
async def sealed(redis_url: str) -> AsyncIterator[Follower]:
    async with following(redis_url, wechat_aes_key=AES_KEY) as follower:
        yield follower


async def test_the_address_is_proved_by_the_echo(follower: Follower) -> None:
    stamp = str(int(time.time()))
    query = {
        "signature": signature(example.TOKEN, stamp, "1514711492"),
        "timestamp": stamp,
        "nonce": "1514711492",
        "echostr": example.ECHO["echostr"],
    }
    async with httpx.AsyncClient(timeout=60) as client:
        url = f"{follower.running.origin}/channels/wechat"
        answer = await client.get(url, params=query)
        assert (answer.status_code, answer.text) == (200, "4375120948345356249")
        wrong = await client.get(url, params=query | {"nonce": "1"})
        assert (wrong.status_code, wrong.text) == (401, "SIGNATURE")
        old = await client.get(url, params=example.ECHO)
        assert (old.status_code, old.text) == (401, "REPLAY"), "rightly signed, but long ago"


async def test_a_fast_answer_is_the_reply_itself(follower: Follower) -> None:
    assert await follower.writes("我的订单到哪里了？") == ORDER["zh"]
    assert await follower.writes("hello") == "You said: hello"
    assert follower.platform.sent == [], "nothing is sent twice"
    assert follower.counted("out", "delivered") == 2


async def test_in_safe_mode_both_sides_are_encrypted(sealed: Follower) -> None:
    assert await sealed.writes("我的订单到哪里了？") == ORDER["zh"]


async def test_in_safe_mode_plain_messages_are_refused(sealed: Follower) -> None:
    plain = Follower(sealed.running, sealed.platform)
    answer = await plain.pushes(example.TEXT)
    assert (answer.status_code, answer.text) == (401, "SIGNATURE")
    assert sealed.rejected("signature") == 1


async def test_a_slow_answer_comes_as_a_customer_service_message(redis_url: str) -> None:
    async with following(redis_url, wechat_answer_seconds=0.2) as follower:
        follower.running.bot.open = asyncio.Event()
        assert await follower.writes("慢慢来") == ""
        follower.running.bot.open.set()
        await eventually(lambda: follower.platform.texts == ["You said: 慢慢来"])
        assert follower.platform.sent[0]["touser"] == "fromUser"
        assert "慢慢来".encode() in follower.platform.raw[0], "40033 forbids escapes"


def test_the_platform_which_waits_five_seconds_is_answered_in_time() -> None:
    fields = GatewaySettings.model_fields
    assert 0 < fields["wechat_answer_seconds"].default < 5


async def test_a_message_that_the_platform_repeats_is_answered_once(follower: Follower) -> None:
    assert await follower.writes("hello", "1234567890123456") == "You said: hello"
    assert await follower.writes("hello", "1234567890123456") == ""
    assert await follower.writes("next") == "You said: next"
    assert len(follower.running.bot.asked) == 2
    assert follower.counted("in", "repeated") == 1


async def test_an_agent_writes_back_as_customer_service(follower: Follower) -> None:
    await follower.writes("我要人工")
    await eventually(lambda: bool(follower.running.router.contacts))
    await follower.running.router.assign(follower.running.router.only().name)
    await eventually(lambda: "Ann Lee" in " ".join(follower.platform.texts))
    conversation = follower.running.bot.asked[0].conversation
    name = f"tenants/demo/conversations/{conversation}"
    for number in range(3):
        message = pb.Message(message_id=f"a{number}", role=pb.AGENT, agent=ANN, text=f"n{number}")
        await follower.running.stub.PostMessage(pb.PostMessageRequest(parent=name, message=message))

    def written() -> list[str]:
        return re.findall(r"n\d", " ".join(follower.platform.texts))

    await eventually(lambda: written() == ["n0", "n1", "n2"])
    assert await follower.writes("谢谢") == "", "nobody waits for the agent"


async def test_the_openid_is_a_proven_handle(follower: Follower) -> None:
    await follower.writes("hello")
    (question,) = follower.running.bot.asked
    found = question.identifiers
    assert [(each.kind, each.value, each.namespace, each.proven) for each in found] == [
        ("handle", "fromUser", f"wechat.{example.APP_ID}", True)
    ]


async def test_when_the_quota_is_used_up_the_rest_waits_for_the_customer(
    follower: Follower,
) -> None:
    await follower.writes("我要人工")
    await eventually(lambda: bool(follower.running.router.contacts))
    follower.platform.codes = [45047] * 50
    await follower.running.router.assign(follower.running.router.only().name)
    await eventually(lambda: follower.counted("out", "held") >= 1)
    follower.platform.codes = []
    assert "Ann Lee" in await follower.writes("在吗")


async def test_a_token_that_is_over_is_fetched_anew(follower: Follower) -> None:
    await follower.writes("我要人工")
    await eventually(lambda: bool(follower.running.router.contacts))
    await eventually(lambda: follower.platform.tokens == 1)
    follower.platform.tokens = 7  # somebody else refreshed it
    await follower.running.router.assign(follower.running.router.only().name)
    await eventually(lambda: "Ann Lee" in " ".join(follower.platform.texts))
    assert follower.platform.tokens == 8


async def test_a_picture_is_fetched_and_shown_to_who_serves(follower: Follower) -> None:
    follower.platform.pictures["media_id"] = JPEG
    await follower.pushes(example.IMAGE)
    conversation = await _conversation(follower)
    listed = await follower.running.stub.ListMessages(
        pb.ListMessagesRequest(parent=f"tenants/demo/conversations/{conversation}")
    )
    (attachment,) = listed.messages[0].attachments
    assert attachment.name == "photo.jpg"


async def _conversation(follower: Follower) -> str:
    await follower.writes("hello")
    found: str = follower.running.bot.asked[-1].conversation
    return found


async def test_a_picture_that_cannot_be_had_is_said(follower: Follower) -> None:
    assert "图片没有收到" in follower.said(await follower.pushes(example.IMAGE))


async def test_what_cannot_be_understood_is_said(follower: Follower) -> None:
    location = example.TEXT.replace("[text]", "[location]")
    assert "文字和图片" in follower.said(await follower.pushes(location))
    voice = example.TEXT.replace("[text]", "[voice]").replace("Content", "Recognition")
    assert follower.said(await follower.pushes(voice)) == "You said: this is a test"


async def test_followers_are_welcomed_and_forgotten(follower: Follower) -> None:
    welcome = await follower.pushes(example.EVENT.format(event="subscribe"))
    assert "欢迎关注" in parse(welcome.content)["Content"]
    await follower.writes("hello")
    gone = await follower.pushes(
        example.EVENT.format(event="unsubscribe").replace("FromUser]", "fromUser]")
    )
    assert gone.text == "success"
    unknown = await follower.pushes(example.EVENT.format(event="SCAN"))
    assert unknown.text == "success"


async def test_a_wrong_signature_and_an_old_one_are_refused(follower: Follower) -> None:
    wrong = await follower.pushes(example.TEXT, signature="0" * 40)
    assert (wrong.status_code, wrong.text) == (401, "SIGNATURE")
    stamp = str(int(time.time()) - 400)
    signed = signature(example.TOKEN, stamp, "486452656")
    old = await follower.pushes(example.TEXT, signature=signed, timestamp=stamp)
    assert (old.status_code, old.text) == (401, "REPLAY")
    assert (follower.rejected("signature"), follower.rejected("replay")) == (1, 1)
    assert follower.running.bot.asked == []


@pytest.mark.parametrize(
    ("xml", "status", "reason"),
    [
        ('<!DOCTYPE x [<!ENTITY a "b">]><xml><MsgType>&a;</MsgType></xml>', 422, "bad_xml"),
        ("<xml>" + "x" * 70_000 + "</xml>", 413, "too_large"),
        ("no xml", 422, "bad_xml"),
    ],
)
async def test_what_is_no_message_is_refused(
    follower: Follower, xml: str, status: int, reason: str
) -> None:
    assert (await follower.pushes(xml)).status_code == status
    assert follower.rejected(reason) == 1


async def test_markup_in_an_answer_stays_text(follower: Follower) -> None:
    attack = "]]&gt;x"
    xml = example.TEXT.replace("<![CDATA[this is a test]]>", f"{attack}&lt;a href='//e'&gt;")
    assert follower.said(await follower.pushes(xml)) == "You said: ]]>x<a href='//e'>"


async def test_without_an_account_there_is_no_channel(redis_url: str) -> None:
    async with gateway(redis_url) as running, httpx.AsyncClient(timeout=60) as client:
        assert (await client.get(f"{running.origin}/channels/wechat")).status_code == 404
