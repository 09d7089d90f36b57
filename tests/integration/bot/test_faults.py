"""What customers of the real bot hear when something around it fails, and what is counted."""

import os
import shutil
from pathlib import Path

import grpc
import pytest
from switchyard_bot.project import here
from switchyard_common.lifecycle import Lifecycle
from switchyard_gateway.main import running as run_gateway

from tests.fakes.actions.crm import LAST4, NUMBER
from tests.fakes.bot.stack import ROOT, notice_in, texts
from tests.fakes.bot.world import World
from tests.fakes.gateway.bot import ScriptedBot
from tests.fakes.gateway.contact_service import FakeContactService
from tests.fakes.gateway.router import FakeRouter
from tests.fakes.gateway.running import NOBODY, RunningGateway, eventually, settings

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

ASK = {"zh": f"查订单{NUMBER}，尾号{LAST4}", "en": f"track {NUMBER}, phone ending {LAST4}"}
AGAIN = {"zh": "查订单", "en": "where is my order"}
NO_ANSWER = {"zh": "我们的系统暂时没有响应", "en": "our system is not answering"}
TROUBLE = {"zh": "系统出了点问题", "en": "something went wrong"}
STILL = {"zh": "系统还没有恢复", "en": "has not recovered yet"}
SHIPPED = {"zh": f"订单 {NUMBER}（台灯、手机壳 ×2）已发货", "en": f"Order {NUMBER} (desk lamp"}
ASK_PHONE = {"zh": "手机号的后四位", "en": "last four digits"}
BOTH = pytest.mark.parametrize("language", ["zh", "en"])


def model_served() -> Path:
    named = os.environ.get("BOT_MODEL")
    return Path(named) if named else ROOT / ".switchyard/models" / here().model_name()


async def failed_turns(world: World) -> float:
    return await world.bot.metric(
        "switchyard_actions_turns_total", flow="order_status", outcome="error"
    )


@BOTH
async def test_dead_crm_is_apologised_for_and_a_person_offered(world: World, language: str) -> None:
    chat, before = world.bot.chat(), await failed_turns(world)
    world.crm.fail_with = grpc.StatusCode.UNAVAILABLE
    try:
        assert NO_ANSWER[language] in await chat.say(ASK[language], language)
    finally:
        world.crm.fail_with = None
    assert await failed_turns(world) == before + 1
    assert SHIPPED[language] in await chat.say(AGAIN[language])


@BOTH
async def test_slow_crm_does_not_keep_the_customer_waiting(world: World, language: str) -> None:
    chat, before = world.bot.chat(), await failed_turns(world)
    world.crm.delay_seconds = 120
    try:
        answer = await chat.say(ASK[language], language)
    finally:
        world.crm.delay_seconds = 0
    assert NO_ANSWER[language] in answer
    assert await failed_turns(world) == before + 1


@BOTH
async def test_dead_action_server_is_apologised_for_and_a_person_comes(
    world: World, language: str
) -> None:
    chat = world.bot.chat()
    await chat.say({"zh": f"查订单{NUMBER}", "en": f"track {NUMBER}"}[language], language)
    handed_over = await world.bot.metric("switchyard_bot_handovers_total", reason="bot_failed")
    assert await world.bot.actions.stop() == 0
    try:
        answer = await chat.post(message=LAST4)
        silent = await chat.post(message="有人吗")
        facts = {"language": language, "reason": "router_down"}
        failed = await chat.post(intent="hand_over_failed", metadata=facts)
    finally:
        await world.bot.actions.start()
    assert TROUBLE[language] in texts(answer)
    assert (answer["failed"], answer["paused"]) == (True, True)
    notice = notice_in(answer)
    told = (notice["type"], notice["reason"], notice["language"])
    assert told == ("handover", "bot_failed", language)
    now = await world.bot.metric("switchyard_bot_handovers_total", reason="bot_failed")
    assert now == handed_over + 1
    assert notice["intent"] == "order_status"
    assert notice["verification_level"] == "identified"
    assert notice["summary"]
    assert (silent["messages"], silent["paused"]) == ([], True)
    # Nobody could take over either: said once, without asking for the next hand-over.
    assert STILL[language] in texts(failed)
    assert all("custom" not in message for message in failed["messages"])
    assert (failed["failed"], failed["paused"]) == (True, False)
    assert SHIPPED[language] in await chat.say(LAST4)


@BOTH
async def test_conversation_goes_on_after_a_restart(world: World, language: str) -> None:
    chat = world.bot.chat()
    await chat.say(AGAIN[language], language)
    assert await world.bot.rasa.stop() == 0
    await world.bot.rasa.start()
    assert ASK_PHONE[language] in await chat.say(NUMBER)
    assert SHIPPED[language] in await chat.say(LAST4)


async def test_a_message_that_comes_while_a_new_model_takes_over_is_answered_by_it(
    world: World, tmp_path: Path
) -> None:
    """The whole way: the gateway keeps what customers write until the new model answers."""
    newer = Path(shutil.copy(model_served(), tmp_path / "bot-newer.tar.gz"))
    router = FakeRouter()
    wanted = settings(
        world.redis_url, world.bot.url, NOBODY, bot_patience_seconds=300, bot_deadline_seconds=60
    )
    async with run_gateway(Lifecycle(), wanted) as ports:
        gateway = RunningGateway(ports, ScriptedBot(), router, FakeContactService(router))
        async with gateway.page("zh") as page:
            await page.says("查订单")
            await page.hears("请告诉我订单号")
            assert await world.bot.rasa.stop() == 0
            world.bot.rasa.env["BOT_MODEL"] = str(newer)
            await page.says(NUMBER)
            retried = 'switchyard_gateway_bot_retries_total{cause="unreachable"}'
            await eventually(lambda: gateway.metrics().get(retried, 0) > 0)
            await world.bot.rasa.start()
            await page.hears(ASK_PHONE["zh"])
            await page.says(LAST4)
            await page.hears(SHIPPED["zh"])
    assert newer.name in world.bot.rasa.log.read_text()
