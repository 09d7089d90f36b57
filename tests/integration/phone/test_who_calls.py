"""Whose number calls: looked up beside the greeting, and nothing is told for a number alone."""

from pathlib import Path
from typing import Any

import grpc
import pytest
from switchyard.crm.v1 import crm_service_pb2 as crm
from switchyard_phone.domain.language import Language

from tests.fakes.phone.crm import NumbersCrm, serving_crm
from tests.fakes.phone.recordings import Recordings
from tests.fakes.phone.running import happened, running_phone
from tests.fakes.phone.sipp import Caller as Sip
from tests.fakes.phone.sipp import Scenario
from tests.fakes.phone.world import CHINESE, ENGLISH, NUMBER, world

pytestmark = pytest.mark.integration

LOOKED_UP = 'switchyard_phone_lookups_total{outcome="%s"}'


class SeveralPeople(NumbersCrm):
    """Every number is shared, and the answer holds what must not be used."""

    def __init__(self, outcome: crm.ResolveOutcome.ValueType) -> None:
        super().__init__()
        self._outcome = outcome

    async def GetContext(
        self, request: crm.GetContextRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> crm.GetContextResponse:
        found = await super().GetContext(request, context)
        found.context.customer.name = "tenants/demo/customers/somebody"
        found.context.customer.language.value = "en"
        found.outcome = self._outcome
        return found


def calling(name: str = f"<sip:{NUMBER}@[local_ip]:[local_port]>", *headers: str) -> Scenario:
    return Scenario(Sip(name, headers=headers)).invite().answered().pause(1).bye()


@pytest.mark.parametrize("language", [CHINESE, ENGLISH])
async def test_a_call_is_answered_before_it_is_known_who_calls_and_greeted_when_it_is(
    tmp_path: Path, redis_url: str, recordings: Recordings, language: Language
) -> None:
    async with world(tmp_path, redis_url, recordings, crm_seconds=5) as w:
        w.numbers.languages[NUMBER] = language
        w.numbers.go.clear()
        async with w.caller(number=NUMBER) as caller:
            await caller.hears_line(recordings.menus.greeting[CHINESE], CHINESE)
            assert not [entry for entry in await w.phone.timeline() if entry["what"] == "looked_up"]
            w.numbers.go.set()
            await w.told_of("menu", menu="main")
            await caller.hears_line(recordings.menus.greeting[language], language)
            await caller.hears("person_key", language)


@pytest.mark.parametrize("outcome", [crm.AMBIGUOUS, crm.SHARED_NUMBER])
async def test_a_number_that_several_people_have_is_nobodys(
    tmp_path: Path, redis_url: str, outcome: crm.ResolveOutcome.ValueType
) -> None:
    async with (
        serving_crm(SeveralPeople(outcome)) as target,
        running_phone(tmp_path, crm_target=target, crm_seconds=5) as phone,
    ):
        assert (await phone.sipp.run(calling())).well
        await happened(phone, "looked_up", outcome="shared")
        timeline = await phone.timeline()
        assert await phone.metric(LOOKED_UP % "shared") == 1
    assert "language" not in [entry["what"] for entry in timeline]
    assert "somebody" not in str(timeline)


@pytest.mark.parametrize(
    "name",
    [
        "<sip:anonymous@anonymous.invalid>",
        "<sip:95588@[local_ip]:[local_port]>",
        "<sip:sales@[local_ip]:[local_port]>",
        "<sip:110@[local_ip]:[local_port]>",
    ],
)
async def test_withheld_and_service_numbers_are_not_looked_up(tmp_path: Path, name: str) -> None:
    numbers = NumbersCrm()
    async with (
        serving_crm(numbers) as target,
        running_phone(tmp_path, crm_target=target, crm_seconds=5) as phone,
    ):
        assert (await phone.sipp.run(calling(name))).well
        await happened(phone, "looked_up", outcome="withheld")
        assert await phone.metric(LOOKED_UP % "withheld") == 1
    assert numbers.asked == 0


async def test_the_network_goes_before_what_the_caller_says_of_themselves(tmp_path: Path) -> None:
    numbers = NumbersCrm(languages={NUMBER: "en"})
    asserted = f"P-Asserted-Identity: <sip:{NUMBER}@carrier.example>"
    async with (
        serving_crm(numbers) as target,
        running_phone(tmp_path, crm_target=target, crm_seconds=5) as phone,
    ):
        forged = "<sip:+8613900000001@[local_ip]:[local_port]>"
        assert (await phone.sipp.run(calling(forged, asserted))).well
        await happened(phone, "looked_up", outcome="known")


async def test_without_customers_everybody_is_served_all_the_same(tmp_path: Path) -> None:
    async with running_phone(tmp_path) as phone:
        assert (await phone.sipp.run(calling())).well
        await happened(phone, "looked_up", outcome="away")
        await happened(phone, "answered")
        assert await phone.metric(LOOKED_UP % "away") == 1


async def test_a_key_that_comes_before_the_greeting_counts(tmp_path: Path) -> None:
    """However long the look-up takes, and however busy the machine is."""
    numbers = NumbersCrm()
    numbers.go.clear()
    hurried = Scenario(Sip(f"<sip:{NUMBER}@[local_ip]:[local_port]>")).invite().answered()
    async with (
        serving_crm(numbers) as target,
        running_phone(tmp_path, crm_target=target, crm_seconds=5) as phone,
        phone.sipp.calling(hurried.press("2").pause(2).bye()) as call,
    ):
        await happened(phone, "menu", menu="main")
        assert (await call).well
