"""The service with Tryton itself as its CRM: from the connectors file to the note in Tryton."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from switchyard.crm.v1 import crm_service_pb2 as crm
from switchyard.crm.v1 import customer_pb2 as model
from switchyard_common.errors import StartError

from tests.contracts.crm.connector_world import Person, fresh_digits
from tests.crms.tryton import Tryton
from tests.crms.tryton_world import TrytonWorld, tryton_world
from tests.fakes.crm.running import RunningCrm, running_crm

pytestmark = pytest.mark.integration

SECONDS = 60
UP = 'switchyard_crm_connector_up{source="erp"}'


@pytest.fixture
async def world(tryton: Tryton, tmp_path: Path) -> AsyncIterator[TrytonWorld]:
    async with tryton_world(tryton, tmp_path) as made:
        yield made


def settings(world: TrytonWorld, **more: object) -> dict[str, object]:
    return {
        "connectors_file": world.connectors_file(sync_seconds=0.1),
        "connector_health_seconds": 0.1,
        "relink_seconds": 0.05,
        "outbox_poll_seconds": 0.05,
        "source_seconds": 20,
        "context_seconds": 20,
        **more,
    }


async def known(service: RunningCrm, digits: str) -> str:
    """The customer's name, once the number is known."""
    asked = model.Identifier(kind=model.PHONE, value=digits)
    request = crm.ResolveRequest(parent="tenants/demo", identifiers=[asked])
    async with asyncio.timeout(SECONDS):
        while True:
            found = await service.crm.Resolve(request, timeout=120)
            if found.outcome == crm.UNIQUE:
                return str(found.candidates[0].customer)
            await asyncio.sleep(0.05)


async def test_somebody_in_tryton_is_known_here_and_what_is_noted_here_is_there(
    world: TrytonWorld, tmp_path: Path
) -> None:
    digits = fresh_digits()
    stored = await world.add_person(Person("王芳", (f"0086-{digits}转12",)))
    (number,) = await world.add_orders(stored, 1)
    async with running_crm(tmp_path / "crm.sqlite", **settings(world)) as service:  # type: ignore[arg-type]  # settings of all kinds
        customer = await known(service, digits)
        sections = [crm.PROFILE, crm.ORDERS]
        asked = crm.GetContextRequest(parent="tenants/demo", customer=customer, sections=sections)
        answer = await service.crm.GetContext(asked, timeout=120)
        assert answer.context.customer.display_name.value == "王芳"
        assert [order.number for order in answer.context.orders] == [number]
        assert not answer.partial
        note = model.Interaction(channel="VOICE", summary="Asked: 包裹在哪?")
        logging_it = crm.LogInteractionRequest(
            customer=customer, interaction=note, request_id="r-1"
        )
        for _ in range(2):
            await service.crm.LogInteraction(logging_it, timeout=120)
        async with asyncio.timeout(SECONDS):
            while await world.count_interactions(stored) != 1:
                await asyncio.sleep(0.05)
        async with asyncio.timeout(SECONDS):
            while service.metrics().get(UP) != 1.0:
                await asyncio.sleep(0.05)


async def test_a_crm_that_is_gone_is_shown_and_stops_nothing(
    world: TrytonWorld, tmp_path: Path
) -> None:
    file = settings(world)
    await world.proxy.stop()
    async with running_crm(tmp_path / "crm.sqlite", **file) as service:  # type: ignore[arg-type]  # settings of all kinds
        assert await service.health() == "SERVING"
        async with asyncio.timeout(SECONDS):
            while service.metrics().get(UP) != 0.0:
                await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("connectors: [{name: erp}]", r"connectors\[0\]\.kind: is missing"),
        (
            "connectors: [{name: erp, kind: tryton, tenant: other, url: 'https://x/'}]",
            r"connectors\[0\]\.tenant: is not the tenant that this process serves",
        ),
        (
            "connectors: [{name: erp, kind: sap, url: 'https://x/'}]",
            r"connectors\[0\]\.kind: there is no such kind; installed: .*tryton",
        ),
    ],
)
async def test_a_wrong_connectors_file_stops_the_start(
    tmp_path: Path, text: str, told: str
) -> None:
    file = tmp_path / "crms.yaml"
    file.write_text(text)
    with pytest.raises(StartError, match=told):
        async with running_crm(tmp_path / "crm.sqlite", connectors_file=file):
            raise AssertionError("it serves")
