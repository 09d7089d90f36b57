"""The company as the router is told of it, and as the chat page is."""

import datetime as dt
from pathlib import Path

import pytest
from switchyard.router.v1 import agent_pb2, plan_pb2, queue_pb2
from switchyard_demo.company.generate import DEFAULT_SEED, generate
from switchyard_demo.company.model import Company, OrderState
from switchyard_demo.company.showcase import showcase_orders
from switchyard_demo.floor.configure import agent_message, plan_message, queue_message
from switchyard_demo.floor.load import EXAMPLES_FILE, write_files
from switchyard_gateway.entrypoints.http.demo import DemoTexts
from switchyard_platform.names import Names, id_of

pytestmark = pytest.mark.unit

NAMES = Names("demo")


@pytest.fixture(scope="module")
def company() -> Company:
    return generate(DEFAULT_SEED, dt.date(2026, 11, 22))


def test_names_are_of_the_tenant_and_give_their_ids_back() -> None:
    name = NAMES.of("queues", "billing")
    assert name == "tenants/demo/queues/billing"
    assert id_of(name) == "billing"


def test_plans_ask_for_the_skill_and_for_the_contacts_language(company: Company) -> None:
    for queue in company.queues:
        plan = plan_message(queue.plan, NAMES)
        assert isinstance(plan, plan_pb2.RoutingPlan)
        assert [step.HasField("expires_after") for step in plan.steps[-1:]] == [False]
        for step, meant in zip(plan.steps, queue.plan.steps, strict=True):
            skills = {need.skill: need.min_level for need in step.skills}
            assert skills.pop("lang.{language}") == meant.language_level
            assert skills == {need.skill: need.min_level for need in meant.skills}


def test_queues_have_names_in_both_languages_and_their_times(company: Company) -> None:
    for queue in company.queues:
        message = queue_message(queue, NAMES)
        assert isinstance(message, queue_pb2.Queue)
        assert message.display_names["zh"] == queue.display_name.zh
        assert message.routing_plan == f"tenants/demo/routingPlans/{queue.plan.id}"
        assert message.wrap_up.seconds == queue.wrap_up_seconds
        assert message.service_level_target.seconds == 20


def test_agents_have_their_skills_channels_and_queues(company: Company) -> None:
    agent = company.agents[0]
    message = agent_message(agent, NAMES)
    assert isinstance(message, agent_pb2.Agent)
    assert dict(message.skills) == dict(agent.skills)
    assert dict(message.channel_capacity) == {"VOICE": 1, "CHAT": 3, "CALLBACK": 1}
    assert [id_of(name) for name in message.queues] == list(agent.queues)


def test_agents_are_called_by_names_that_all_customers_can_read(company: Company) -> None:
    shown = {agent.id: agent_message(agent, NAMES).display_name for agent in company.agents}
    for agent in company.agents:
        assert agent.display_name.zh in shown[agent.id]
        assert agent.display_name.en in shown[agent.id]
    assert len(set(shown.values())) == len(company.agents)


def test_the_chat_pages_examples_ask_for_orders_that_exist(
    company: Company, tmp_path: Path
) -> None:
    customers = write_files(company, tmp_path)
    assert len(customers.read_bytes().splitlines()) == len(company.customers)
    texts = DemoTexts.model_validate_json((tmp_path / EXAMPLES_FILE).read_bytes())
    assert texts.company.zh == company.name.zh
    shown = {
        (shown.order.number, shown.phone_last4)
        for shown in showcase_orders(company)
        if shown.order.state is OrderState.SHIPPED
    }
    for examples in (texts.examples.zh, texts.examples.en):
        assert any(o in examples[0] and digits in examples[1] for o, digits in shown)


def test_writing_the_files_again_changes_nothing(company: Company, tmp_path: Path) -> None:
    first = write_files(company, tmp_path).read_bytes()
    assert write_files(company, tmp_path).read_bytes() == first
