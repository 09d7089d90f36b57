"""Prometheus scrapes the demo while it lives, and every query of a dashboard finds something."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import yaml
from switchyard_common.bot_events import Survey, TurnFacts
from switchyard_demo.company.generate import DEFAULT_SEED, generate
from switchyard_gateway.service.bot import Reply, Said
from websockets import Origin
from websockets.asyncio.client import connect

from deploy.monitoring.dashboards import BOARDS
from deploy.monitoring.inventory import series
from tests.fakes.gateway.bot import ScriptedBot, channel
from tests.fakes.gateway.running import Page, http
from tests.fakes.launcher.running import Switchyard, prepare
from tests.fakes.monitoring.meters import metering
from tests.fakes.monitoring.prometheus import NAMESPACE, PATIENCE_SECONDS, Prometheus, prometheus
from tests.fakes.ports import free_port
from tests.fakes.router.models import version

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

# Rasa takes minutes to train and start, the phone needs a caller: a scripted bot answers in its
# place, and the metrics of both are their own classes'.
LEFT_OUT = ("training", "rasa", "phone")
PORTS = {
    "router": "ROUTER_METRICS_PORT",
    "crm_adapter": "CRM_METRICS_PORT",
    "gateway": "GATEWAY_METRICS_PORT",
    "actions": "ACTIONS_METRICS_PORT",
    "insights": "INSIGHTS_METRICS_PORT",
    "floor": "DEMO_METRICS_PORT",
}
QUERIES = {
    f"{board.name}: {panel.title.partition(' · ')[0]}: {legend}": query
    for board in BOARDS
    for panel in board.panels
    for legend, query in panel.queries.items()
}
# What the demo does not bring, and why. Each is made to happen before it is asked for.
RARE = (
    # It has no CRM beside its own books, and nobody proves who they are by phone.
    *("crm: Behind", "crm: Breakers: ", "crm: Calls to CRMs", "crm: Outbox"),
    *("crm: Proofs", "crm: What customers did alone"),
    # Nobody does what is turned away, nothing breaks, contacts are served where they arrive, and
    # one router has nobody to collide with.
    *("crm: Turned away", "routing: Turned away", "routing: Moves", "routing: Streams: slow"),
    *("routing: Conflicts: {{reason}}", "health: Calls that failed"),
    *("bot: Bot errors and retries: error", "bot: Bot errors and retries: retry"),
    "routing: Records dropped, expressions without answer: {{plan}}",
    *(
        f"models: Services on trial, versions refused: {name}"
        for name in ("refused", "switched off")
    ),
    # Its model answers whatever is asked.
    *("history: Predictions with and without the model: by the table", "models: Answered without"),
    # The scripted bot asks no actions, and drift is shown from the thousandth service on.
    *("bot: What the bot did", "models: Feature drift"),
)
LIVELY = {"DEMO_CALLS_PER_MINUTE": "240", "DEMO_TIME_COMPRESSION": "60"}
# Invented models err, and are old: they are to be seen, not to be judged.
LENIENT = {"ROUTER_MODEL_ALPHA": "0", "ROUTER_MODEL_MAX_AGE_DAYS": "0"}
CONTENT = "Thank you, that was good."
LOST = "Colourless green ideas sleep furiously."
SCRIPT = {
    CONTENT: Reply((Said("Thank you."),), survey=Survey(csat=5, resolved="YES")),
    LOST: Reply((Said("I did not understand."),), facts=TurnFacts(outcome="fallback")),
}
INVARIANTS = (
    *("double_assignments_total", "forbidden_transitions_total", "decisions_dropped_total"),
    *("orphan_contacts", "stuck_agents"),
)
ADAPTER = Path(__file__).parents[3] / "deploy/k8s/components/monitoring/rules.yaml"
# What Prometheus and its operator add to what processes say.
ITS_OWN = {"__name__", "instance", "job", "process", "le", "alertname", "alertstate", "severity"}
ITS_OWN |= {"namespace", "pod", "container", "endpoint"}


@dataclass(frozen=True)
class Live:
    """A demo under load, watched."""

    prometheus: Prometheus
    rare_port: int
    gateway_port: int


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def live(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Live]:
    folder, rare_port = tmp_path_factory.mktemp("monitoring"), free_port()
    demo = lively(folder)
    ports = {process: demo.port(setting) for process, setting in PORTS.items()}
    ports |= {"rasa": demo.port("BOT_METRICS_PORT"), "phone": demo.port("PHONE_METRICS_PORT")}
    async with AsyncExitStack() as stack:
        for process in ("rasa", "phone"):
            await stack.enter_async_context(metering((process,), ports[process]))
        bot = channel(ScriptedBot(script=SCRIPT))
        await stack.enter_async_context(http(bot, demo.port("BOT_PORT")))
        await asyncio.to_thread(demo.start)
        stack.push_async_callback(asyncio.to_thread, demo.stop)
        watched = ports | {"rare": rare_port}
        watching = await stack.enter_async_context(prometheus(folder, watched))
        yield Live(watching, rare_port, demo.port("GATEWAY_PORT"))


def lively(folder: Path) -> Switchyard:
    """The demo with a busy floor, a model that serves and one on trial; not started yet."""
    made = prepare(folder, LEFT_OUT)
    models = folder / "models"
    models.mkdir()
    (models / "current").write_text(version(models, 1).name)
    (models / "shadow").write_text(version(models, 2, seed=2).name)
    of_models = {**LENIENT, "ROUTER_MODEL_DIR": str(models)}
    return Switchyard({**made.environment, **LIVELY, **of_models}, folder, LEFT_OUT)


async def until(holds: Callable[[], Awaitable[object]], what: str) -> None:
    """Wait until it holds."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await holds():
                await asyncio.sleep(0.5)
    except TimeoutError:
        raise AssertionError(f"never came about: {what}") from None


async def until_data(prometheus: Prometheus, queries: dict[str, str]) -> None:
    """Wait until each finds something; an AssertionError names those that do not."""
    missing = dict(queries)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while missing:
                names = await prometheus.without_data(missing)
                missing = {name: missing[name] for name in names}
                await asyncio.sleep(0.5 if missing else 0)
    except TimeoutError:
        raise AssertionError("no data: " + "\n".join(sorted(missing))) from None


@asynccontextmanager
async def arrived(port: int) -> AsyncIterator[Page]:
    """A customer on the page."""
    address = f"ws://127.0.0.1:{port}/ws/chat"
    async with connect(address, origin=Origin(f"http://127.0.0.1:{port}"), proxy=None) as socket:
        page = Page(socket)
        await page.send(type="hello", language="en", last_id="")
        await page.until(lambda frame: frame["type"] == "welcome")
        yield page


async def talk(port: int) -> None:
    """A customer asks the bot, then for a person, and is joined with one of the floor.

    Another is not understood at first, is served by the bot, says so, and leaves for good.
    """
    async with arrived(port) as page:
        await page.says("Where is my order?")
        await page.hears("SY20480001")
        await page.says("A person, please.")
        await page.hears("bringing in a person")
    async with arrived(port) as page:
        await page.says(LOST)
        await page.hears("did not understand")
        await page.says("Where is my order?")
        await page.hears("SY20480001")
        await page.says(CONTENT)
        await page.hears("Thank you.")
        await page.send(type="end")


async def talk_on(port: int) -> None:
    """One customer after the other: what is counted shows once it has changed between scrapes."""
    while True:
        await talk(port)
        await asyncio.sleep(1)


@asynccontextmanager
async def customers(port: int) -> AsyncIterator[None]:
    """Customers chat for the length of the block."""
    talking = asyncio.create_task(talk_on(port))
    try:
        yield
        assert not talking.done(), talking.exception()
    finally:
        talking.cancel()
        await asyncio.wait((talking,))


async def test_every_query_finds_something_under_the_demos_load(live: Live) -> None:
    usual = {name: query for name, query in QUERIES.items() if not name.startswith(RARE)}
    assert len(usual) > 0.8 * len(QUERIES)
    async with customers(live.gateway_port):
        await until_data(live.prometheus, usual)


async def test_what_is_rare_is_found_once_it_happens(live: Live) -> None:
    rare = {name: query for name, query in QUERIES.items() if name.startswith(RARE)}
    assert {start for start in RARE if not any(name.startswith(start) for name in rare)} == set()
    others = ("router", "crm_adapter", "gateway", "actions")
    async with metering(others, live.rare_port, whole=False):
        await until_data(live.prometheus, rare)


async def test_all_processes_are_reached_and_all_rules_can_be_evaluated(live: Live) -> None:
    async def reached() -> bool:
        return await live.prometheus.ask('count(up{process!="rare"} == 1)') == [len(PORTS) + 2]

    await until(reached, "all processes are reached")

    async def evaluated() -> bool:
        groups = (await live.prometheus.get("rules"))["groups"]
        health = {rule["name"]: rule["health"] for group in groups for rule in group["rules"]}
        assert "err" not in health.values(), health
        return len(health) > 30 and set(health.values()) == {"ok"}

    await until(evaluated, "all rules are evaluated")


async def test_a_store_without_replicas_is_on_its_way_to_an_alert(live: Live) -> None:
    async def told() -> list[float]:
        return await live.prometheus.ask('ALERTS{alertname="RedisWithoutReplicas"}')

    await until(told, "the alert is pending")


async def test_invariants_hold_under_the_demos_load(live: Live) -> None:
    for name in INVARIANTS:
        assert await live.prometheus.ask(f"max(switchyard_router_{name})") == [0.0], name


async def test_what_is_scraped_is_what_the_page_describes(live: Live) -> None:
    known = {name: labels | ITS_OWN for name, labels in series().items()}
    found = await live.prometheus.get("series", **{"match[]": '{__name__=~"switchyard_.+"}'})
    assert len(found) > 200
    for labels in found:
        name = labels["__name__"].removesuffix("_created")
        fits = known.get(name) or known.get(f"{name}_total") or known[f"{name}_bucket"]
        assert set(labels) <= fits, labels


def asked_by_the_adapter(rule: dict[str, Any], matchers: str) -> str:
    """A rule's query as prometheus-adapter fills its template in."""
    query: str = rule["metricsQuery"]
    filled = {
        "<<.Series>>": rule["seriesQuery"].partition("{")[0],
        "<<.LabelMatchers>>": matchers,
        "<<.GroupBy>>": "pod",
    }
    for part, text in filled.items():
        query = query.replace(part, text)
    assert "<<" not in query
    return query


async def test_autoscalers_find_what_they_follow(live: Live) -> None:
    rules = yaml.safe_load(ADAPTER.read_text())
    of_pods = f'namespace="{NAMESPACE}",pod=~"router-0|gateway-0|phone-0"'
    queries = {
        rule["seriesQuery"] + " asked": asked_by_the_adapter(rule, matchers)
        for group, matchers in (
            ("rules", of_pods),
            ("externalRules", f'namespace="{NAMESPACE}"'),
        )
        for rule in rules[group]
    } | {rule["seriesQuery"]: rule["seriesQuery"] for group in rules.values() for rule in group}
    assert len(queries) >= 8
    await until_data(live.prometheus, queries)


async def test_nobody_is_named_in_what_prometheus_keeps(live: Live) -> None:
    company = generate(DEFAULT_SEED, dt.date(2026, 11, 22))
    people = {agent.id for agent in company.agents} | {each.id for each in company.customers}
    assert len(people) > 50
    for label in await live.prometheus.get("labels"):
        values = set(await live.prometheus.get(f"label/{label}/values"))
        assert not values & people, label
        assert not [value for value in values if value.startswith("tenants/")], label
