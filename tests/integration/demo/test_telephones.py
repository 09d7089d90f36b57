"""The demo's telephones: a caller at the running phone, agents who answer, and real clients."""

import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from switchyard_demo.floor.telephones import AgentTelephones
from switchyard_demo.telephone.caller import Heard, Plan
from switchyard_demo.telephone.command import place_call
from switchyard_demo.telephone.line import Refused
from switchyard_demo.telephone.sound import from_ulaw, to_ulaw, write_wave
from switchyard_phone.domain.calls import Transfer
from switchyard_phone.service.leg import CallLeg, Digit

from tests.fakes.demo.floor import floor
from tests.fakes.phone.bot import KeyedBot, serving_bot
from tests.fakes.phone.running import happened, running_phone
from tests.fakes.phone.sip_line import serving, sip_line
from tests.fakes.phone.sipp import Scenario, Sipp
from tests.fakes.phone.softphone import softphone
from tests.fakes.phone.sounds import likeness, prompt, tone
from tests.fakes.phone.waiting import MOST, until, until_heard
from tests.fakes.router.clients import centre
from tests.fakes.router.server import router

pytestmark = pytest.mark.integration

HOST = "127.0.0.1"
GREETING = prompt(1.5, seed=5)
MOST_SECONDS = 300


@dataclass
class Told:
    """What the caller told while the call went on."""

    words: list[tuple[str, str]] = field(default_factory=list)

    def __call__(self, what: str, fact: str) -> None:
        self.words.append((what, fact))

    @property
    def what(self) -> list[str]:
        return [word for word, _ in self.words]


def plan(port: int, keys: str = "", agent_seconds: float = 2.0) -> Plan:
    return Plan(f"sip:2000@{HOST}:{port}", "+12065550142", keys, MOST_SECONDS, agent_seconds)


def samples(heard: Heard) -> bytes:
    return from_ulaw(heard.sound).tobytes()


@asynccontextmanager
async def telephones(agents: dict[str, str], finished: list[tuple[str, str]]) -> AsyncIterator[int]:
    """Agents who answer with the greeting; who was done with which contact is noted."""

    async def greeting() -> bytes:
        return to_ulaw(np.frombuffer(GREETING, "<i2").astype(np.int16))

    async def over(agent: str, contact: str) -> None:
        finished.append((agent, contact))

    made = AgentTelephones(agents, greeting, over)
    port = await made.open(HOST, 0)
    try:
        yield port
    finally:
        await made.close()


async def test_the_first_call_reaches_an_agent_and_is_recorded(
    tmp_path: Path, redis_url: str
) -> None:
    bot, told = KeyedBot(), Told()
    finished: list[tuple[str, str]] = []
    async with (
        router(redis_url) as target,
        centre(target) as clients,
        serving_bot(bot) as bot_url,
        telephones({"1001": "ada"}, finished) as port,
    ):
        await clients.queue("billing", ring_timeout_ms=300_000, connect_timeout_ms=300_000)
        await clients.agent("ada", endpoint=f"sip:1001@{HOST}:{port}")
        async with (
            running_phone(tmp_path, router_target=target, bot_url=bot_url) as phone,
            floor(clients.channel, ["ada"]),
        ):
            heard = await place_call(plan(phone.sip_port, ",2,,0"), HOST, told)
            joined = await happened(phone, "transfer", outcome="done")
            contact = (await happened(phone, "queued"))["contact"]
            await until(lambda: bool(finished), "the agent is done")
    assert joined["status"] == 200
    assert finished == [("ada", f"tenants/demo/contacts/{contact}")]
    assert heard.agent == f"sip:1001@{HOST}:{port}"
    order = ["calling", "answered", "pressed", "pressed", "transferred", "agent_answered"]
    assert [what for what in told.what if what in order] == order
    assert likeness(samples(heard), GREETING) > MOST
    path = tmp_path / "heard.wav"
    write_wave(path, heard.sound)
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnframes()) == (8000, len(heard.sound))


async def test_keys_and_sound_arrive(tmp_path: Path) -> None:
    pressed: list[str] = []

    async def serve(leg: CallLeg) -> None:
        await leg.answer()
        async for event in leg.events():
            if isinstance(event, Digit):
                pressed.append(event.key)
            if len(pressed) == 4:
                await leg.hang_up()

    told = Told()
    async with sip_line() as line, serving(line, serve):
        await place_call(plan(line.port, "2,*#0"), HOST, told)
    assert pressed == ["2", "*", "#", "0"]
    assert told.what[-1] == "hung_up_on"


async def test_an_agent_who_does_not_answer_leaves_the_caller_with_the_bot(tmp_path: Path) -> None:
    outcomes: list[tuple[object, bool]] = []

    async def serve(leg: CallLeg) -> None:
        await leg.answer()
        outcome = await leg.blind_transfer(f"sip:1001@{HOST}:{nobody}", {}, 60)
        outcomes.append((outcome.status, outcome.lives))
        await leg.hang_up()

    told = Told()
    async with sip_line() as line, serving(line, serve):
        sipp = Sipp(tmp_path, line.port)
        async with sipp.awaiting(Scenario().called_and_refuses(486)) as (uri, _):
            nobody = int(uri.rpartition(":")[2])
            heard = await place_call(plan(line.port), HOST, told)
    assert outcomes == [(486, True)]
    assert ("agent_refused", "486") in told.words
    assert heard.agent == ""


@pytest.mark.parametrize("status", [403, 486, 503])
async def test_a_refusal_is_told(tmp_path: Path, status: int) -> None:
    sipp = Sipp(tmp_path, 0)
    async with sipp.awaiting(Scenario().called_and_refuses(status)) as (uri, refusing):
        with pytest.raises(Refused) as error:
            await place_call(plan(int(uri.rpartition(":")[2])), HOST, Told())
        ran = await refusing
    assert error.value.status == status
    assert ran.well, ran.output


async def test_an_agents_telephone_is_heard_by_a_real_one(tmp_path: Path) -> None:
    finished: list[tuple[str, str]] = []
    async with (
        telephones({"1001": "ada"}, finished) as port,
        softphone(tmp_path / "caller", tone(440, 1)) as caller,
    ):
        await caller.dial(f"sip:1001@{HOST}:{port}")
        await caller.connected()
        await until_heard(caller.heard, GREETING)
        await caller.hang_up()
        await until(lambda: bool(finished), "the agent is done")
    assert finished == [("ada", "")]


async def test_a_real_telephone_is_transferred_to_an_agents(tmp_path: Path) -> None:
    finished: list[tuple[str, str]] = []
    outcomes: list[Transfer] = []
    contact = "tenants/demo/contacts/7"

    async def serve(leg: CallLeg) -> None:
        await leg.answer()
        headers = {"X-Switchyard-Contact": contact}
        outcome = await leg.blind_transfer(f"sip:1001@{HOST}:{port}", headers, 60)
        outcomes.append(outcome.outcome)

    async with (
        sip_line() as line,
        serving(line, serve),
        telephones({"1001": "ada"}, finished) as port,
        softphone(tmp_path / "caller", tone(440, 1)) as caller,
    ):
        await caller.dial(f"sip:2000@{HOST}:{line.port}")
        await until_heard(caller.heard, GREETING)
        await until(lambda: bool(outcomes), "the bot knows")
        await caller.hang_up()
        await until(lambda: bool(finished), "the agent is done")
    assert outcomes == [Transfer.DONE]
    assert finished == [("ada", contact)]


async def test_a_number_that_no_agent_has_is_not_found(tmp_path: Path) -> None:
    async with telephones({"1001": "ada"}, []) as port:
        sipp = Sipp(tmp_path, port)
        ran = await sipp.run(Scenario().invite().expect_refusal(404), dialled="9")
    assert ran.well, ran.output


async def test_where_the_port_is_taken_the_floor_does_without(tmp_path: Path) -> None:
    async with telephones({}, []) as port:
        made = AgentTelephones({}, _never, _never_over)
        assert await made.open(HOST, port) == 0
        await made.close()


async def _never() -> bytes:
    raise AssertionError


async def _never_over(agent: str, contact: str) -> None:
    raise AssertionError
