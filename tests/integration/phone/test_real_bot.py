"""Callers serve themselves with the real bot: Rasa, actions, router; the CRM alone is a fake."""

from pathlib import Path

import pytest
from switchyard_common.embedded import EmbeddedValkey

from tests.fakes.actions.crm import LAST4, FakeCrm, serving
from tests.fakes.bot.stack import running_bot
from tests.fakes.demo.floor import floor
from tests.fakes.phone.running import happened, running_phone
from tests.fakes.phone.sipp import Scenario
from tests.fakes.router.clients import centre
from tests.fakes.router.server import router

pytestmark = pytest.mark.integration

ORDER = "20261234"
OVER = "terminated;reason=noresource"


async def test_an_order_is_told_on_proof_by_keys_and_then_an_agent_takes_over(
    tmp_path: Path, valkey_server: EmbeddedValkey, redis_url: str
) -> None:
    crm = FakeCrm()
    crm.add(f"SY{ORDER}", LAST4)
    asks = Scenario().invite().answered().pause(1).press("211").press(ORDER).press(LAST4)
    # The key silences the answer, or the words that it is on its way.
    asks.pause(6).press("0").referred().notify("SIP/2.0 200 OK", OVER).hung_up_on()
    async with (
        serving(crm) as crm_target,
        router(redis_url) as target,
        centre(target) as clients,
        running_bot(tmp_path, valkey_server.url, crm_target) as bot,
        running_phone(tmp_path, router_target=target, bot_url=bot.url) as phone,
    ):
        await clients.queue("billing", ring_timeout_ms=60_000, connect_timeout_ms=60_000)
        await clients.agent("ada")
        async with floor(clients.channel, ["ada"]):
            ran = await phone.sipp.run(asks)
            assert ran.well, ran.output
            queued = await happened(phone, "queued")
            name = f"tenants/demo/contacts/{queued['contact']}"
            await clients.reaches(name, "CONNECTED")
        contact = await clients.contact(name)
        answered = await happened(phone, "bot_answered", intent="order_status")
        timeline = str(await phone.timeline())
    (verified,) = crm.verifications
    assert verified.phone_last4 == LAST4
    assert answered["step"] not in ("", "ask.order_number", "ask.phone_last4")
    assert contact.handoff.intent == "order_status"
    assert contact.handoff.verification_level != "anonymous"
    assert LAST4 not in timeline
    assert ORDER not in timeline
