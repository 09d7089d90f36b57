"""Why an agent got a contact, asked of a router that serves."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator

import grpc
import pytest
import pytest_asyncio
from switchyard.router.v1 import (
    agent_pb2,
    contact_pb2,
    contact_service_pb2,
    decision_pb2,
    routing_service_pb2,
)
from switchyard_router.adapters.redis.client import open_writer
from switchyard_router.adapters.redis.keys import Keys
from switchyard_router.adapters.redis.link import Link

from tests.fakes.router.clients import TENANT, Centre, centre, refused
from tests.fakes.router.server import router

pytestmark = pytest.mark.integration


@pytest_asyncio.fixture
async def small(redis_url: str) -> AsyncGenerator[Centre]:
    async with router(redis_url) as target, centre(target) as clients:
        yield clients


async def decisions(small: Centre, text: str) -> list[str]:
    """The agents that decisions chose, newest first."""
    request = routing_service_pb2.ListDecisionsRequest(parent=TENANT, filter=text)
    found = (await small.routing.ListDecisions(request)).decisions
    return [decision.chosen_agent.rpartition("/")[2] for decision in found]


async def test_a_contact_is_found_by_its_external_id_until_a_day_after_its_end(
    small: Centre,
) -> None:
    await small.queue()
    first = await small.create("call-1")

    async def found(external_id: str) -> str:
        request = contact_service_pb2.GetContactRequest(parent=TENANT, external_id=external_id)
        contact = await small.contacts.GetContact(request)
        return str(contact.name)

    assert await found("call-1") == first.name
    cancel = contact_service_pb2.CancelContactRequest(name=first.name)
    await small.contacts.CancelContact(cancel)
    assert await found("call-1") == first.name
    second = await small.create("call-1")
    assert await found("call-1") == second.name
    assert await refused(found("call-2")) == (grpc.StatusCode.NOT_FOUND, "CONTACT")
    both = contact_service_pb2.GetContactRequest(name=first.name, parent=TENANT, external_id="x")
    code, _ = await refused(small.contacts.GetContact(both))
    assert code == grpc.StatusCode.INVALID_ARGUMENT


async def test_decisions_are_found_with_what_became_of_their_offers(small: Centre) -> None:
    await small.queue()
    await small.agent("ann")
    await small.agent("bob")
    async with small.desktop("ann") as ann, small.desktop("bob") as bob:
        contact = await small.create("call-1")
        async with asyncio.timeout(60):
            first = await ann.offer()
            await ann.decline(first)
            second = await bob.offer()
            await bob.accept(second)
        newest = await small.decision(second.decision)
        oldest = await small.decision(first.decision)
    assert oldest.offer_state == agent_pb2.DECLINED
    assert newest.offer_state == agent_pb2.ACCEPTED
    assert newest.offer == second.name
    assert oldest.HasField("offer_end_time")
    contact_id = contact.name.rpartition("/")[2]
    assert await decisions(small, f"contact = {contact_id}") == ["bob", "ann"]
    assert await decisions(small, "agent = ann AND queue = billing") == ["ann"]
    assert await decisions(small, "degraded = true AND queue = sales") == []


async def test_a_filter_that_cannot_be_read_is_refused_with_its_place(small: Centre) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await decisions(small, "queue = billing OR agent = ann")
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert "position 17" in (caught.value.details() or "")
    request = routing_service_pb2.ListDecisionsRequest(parent="tenants/other")
    assert await refused(small.routing.ListDecisions(request)) == (
        grpc.StatusCode.PERMISSION_DENIED,
        "TENANT_MISMATCH",
    )


async def test_advice_names_the_best_and_keeps_its_decision(small: Centre) -> None:
    await small.queue()
    await small.agent("ann", skills={"billing": 3})
    await small.agent("bob", skills={"billing": 8})
    contact = contact_pb2.Contact(channel=contact_pb2.VOICE, queue=f"{TENANT}/queues/billing")
    contact.skills.add(skill="billing", min_level=5)
    request = routing_service_pb2.RankAgentsRequest(
        parent=TENANT, contact=contact, request_id="r1", explain=True
    )
    async with small.desktop("ann"), small.desktop("bob"):
        advice = await small.routing.RankAgents(request)
        assert [c.agent.rpartition("/")[2] for c in advice.ranked if c.eligible] == ["bob"]
        assert dict(advice.rejected_counts) == {"SKILL billing": 1}
        assert await small.presence("bob") == "AVAILABLE", "nobody is reserved"
    decision = await small.decision(advice.decision)
    assert decision.advice
    assert decision.chosen_agent.endswith("/bob")
    assert await decisions(small, "agent = bob") == ["bob"]


async def test_a_contact_that_waits_is_explained_by_name(small: Centre) -> None:
    await small.queue()
    await small.agent("ann")
    contact = await small.create("call-1")
    request = routing_service_pb2.RankAgentsRequest(
        parent=TENANT, contact=contact_pb2.Contact(name=contact.name), explain=True
    )
    async with asyncio.timeout(60):
        while not (advice := await small.routing.RankAgents(request)).wait.position:
            await asyncio.sleep(0.02)  # the board will hear of it
    assert {c.agent: c.rejected_reason for c in advice.ranked} == {
        f"{TENANT}/agents/ann": "PRESENCE"
    }
    assert advice.wait.position == 1


async def run(command: str, target: str, *arguments: str) -> tuple[int, str]:
    """A command of the router in a process of its own: its exit code and what it says."""
    module, _, function = command.partition(":")
    program = (
        f"import typer; from switchyard_router.entrypoints.cli.{module} import {function} as f"
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", f"{program}; typer.run(f)", *arguments, "--router", target),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=os.environ | {"LC_ALL": "C.UTF-8", "COLUMNS": "200"},
    )
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode or 0, output.decode()


async def test_people_are_told_why_in_both_languages(redis_url: str) -> None:
    async with router(redis_url) as target, centre(target) as small:
        await small.plan("spoken", small.step(small.need("lang.{language}", 3)))
        await small.queue(routing_plan="spoken")
        await small.agent("ann", skills={"lang.yue": 8})
        await small.agent("bob", skills={"lang.yue": 6})
        await small.agent("cho")
        async with (
            small.desktop("ann") as ann,
            small.desktop("bob") as bob,
            small.desktop("cho"),
        ):
            contact = await small.create("call-1", language="yue")
            await ann.decline(await ann.offer())
            await bob.accept(offer := await bob.offer())
            await small.decision(offer.decision)
            code, said = await run("why:why", target, "call-1")
            assert code == 0, said
            assert "agent ann: chosen, Cantonese 8/10, idle" in said
            assert "offer: declined after" in said
            assert "agent bob: chosen, Cantonese 6/10, idle" in said
            assert "agent ann: declined" in said
            assert "1 without Cantonese at the level asked for" in said
            assert "offer: accepted after" in said
            _, said = await run("why:why", target, contact.name, "--lang", "zh")
            assert "坐席 bob：选中，粤语 6/10，空闲" in said
            _, said = await run("why:why", target, contact.name.rpartition("/")[2], "--json")
            told = json.loads(said)
            assert [d["chosen_agent"][-3:] for d in told["decisions"]] == ["ann", "bob"]
            assert told["now"] is None
            await small.create("call-2", language="en")
            await asyncio.sleep(0.2)
            _, said = await run("why:why", target, "call-2")
            assert "Nobody can take it now:" in said
            assert "2 without English at the level asked for, 1 busy with other contacts" in said
            assert "agent cho: without English at the level asked for" in said
        code, said = await run("why:why", target, "call-3")
        assert (code, "NOT_FOUND (CONTACT)" in said) == (2, True)


async def test_a_tampered_record_is_noticed(redis_url: str) -> None:
    async with router(redis_url) as target, centre(target) as small:
        await small.queue()
        for agent in ("ann", "bob"):
            await small.agent(agent)
        async with small.desktop("ann") as ann, small.desktop("bob"):
            await small.create("call-1")
            decision = await small.decision((await ann.offer()).decision)
        code, said = await run("replay_decision:replay_decision", target, decision.name)
        assert (code, said) == (0, "equal bit for bit: 2 scores, chosen agent ann\n")
        writer = open_writer(redis_url, 5.0)
        link, key = Link(writer, 5.0), Keys("demo").of("decision", decision.name[-26:])
        kept = decision_pb2.Decision.FromString(await link.call("GET", key))
        kept.inputs.values[1] += 5_000
        await link.call("SET", key, kept.SerializeToString())
        await link.aclose()
        code, said = await run(
            "replay_decision:replay_decision", target, decision.name[-26:], "--json"
        )
        told = json.loads(said)
        assert (code, told["equal"]) == (1, False)
        assert told["differences"][0].startswith("score of bob: kept ")
        code, said = await run("replay_decision:replay_decision", target, "unknown")
        assert (code, "NOT_FOUND (DECISION)" in said) == (2, True)
