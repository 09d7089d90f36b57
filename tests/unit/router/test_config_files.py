"""Configuration in YAML files: what is read, what is refused with its line, what comes back."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard.router.v1 import agent_pb2, plan_pb2, queue_pb2
from switchyard_router.domain.names import Tenant
from switchyard_router.entrypoints.cli.gitops.changes import changes
from switchyard_router.entrypoints.cli.gitops.export import document
from switchyard_router.entrypoints.cli.gitops.files import SECTIONS, Wanted, wanted
from switchyard_router.entrypoints.cli.gitops.located import BadFile

pytestmark = pytest.mark.unit

DEMO = Tenant("demo")
ROOT = Path(__file__).parents[3]


def read(tmp_path: Path, text: str) -> Wanted:
    file = tmp_path / "file.yaml"
    file.write_text(text, encoding="utf-8")
    return wanted([file], DEMO)


def test_the_example_is_read() -> None:
    found = wanted([ROOT / "deploy/config"], DEMO)
    queue: queue_pb2.Queue = found.messages["queue", "service"]
    assert queue.routing_plan == "tenants/demo/routingPlans/service"
    assert (queue.wrap_up.seconds, queue.max_wait.seconds) == (30, 3600)
    spans = [(h.weekday, h.opens_second, h.closes_second) for h in queue.opening_hours]
    assert spans[:3] == [(1, 30_600, 43_200), (1, 46_800, 64_800), (2, 30_600, 43_200)]
    assert spans[-1] == (6, 32_400, 43_200)
    assert [day.date for day in queue.holidays] == ["2025-01-01", "2025-01-26"]
    assert queue.closed.queue == "tenants/demo/queues/night"
    agent: agent_pb2.Agent = found.messages["agent", "3001"]
    assert dict(agent.skills) == {"lang.zh": 10, "lang.en": 6, "billing": 8}
    plan: plan_pb2.RoutingPlan = found.messages["plan", "service"]
    assert [step.expires_after.seconds for step in plan.steps] == [30, 120, 600]
    assert plan.steps[0].target.expression.startswith("!has(")


LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 20)}]\n" for before, name in pairwise("abcdef")
)
"""Each name stands for twenty of the one before."""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("queues: [a]", "file.yaml:1: queues: must be a mapping"),
        ("queue: {}", "file.yaml:1: queue: no such section; there are queues, agents, plans"),
        ("queues:\n  q:\n    wrapup: 3s", "file.yaml:3: queues.q.wrapup: no such field; there are"),
        ("queues:\n  q:\n    etag: v1", "file.yaml:3: queues.q.etag: no such field"),
        ("queues:\n  q:\n    wrap_up: soon", "file.yaml:3: queues.q.wrap_up: give a duration"),
        ("queues:\n  q:\n    wrap_up: ''", "give a duration"),
        ("queues:\n  q:\n    max_size: many", "file.yaml:3: queues.q.max_size: give a number"),
        ("queues:\n  q:\n    max_size: 1.5", "give a whole number"),
        ("queues:\n  q:\n    max_size: true", "give a number"),
        ("queues:\n  q:\n    display_name: 5", "must be text; put it in quotes"),
        ("queues:\n  q:\n    opening_hours: {someday: '9-5'}", "name days by mon, tue"),
        ("queues:\n  q:\n    opening_hours: {fri-mon: '09:00-10:00'}", "goes forward"),
        ("queues:\n  q:\n    opening_hours: {mon: '9-5'}", 'give hours as "09:00-17:30"'),
        ("queues:\n  q: {}\n  q: {}", "file.yaml:3: queues.q: is there twice"),
        ("queues:\n  q: {}\n---\nqueues:\n  q: {}", "is described at"),
        ("agents:\n  a:\n    shift_end: 18:00", "give a time with its offset"),
        ("agents:\n  a:\n    presence: AVAILABLE", "no such field"),
        ("plans:\n  p:\n    steps:\n    - skills:\n      - {skil: a}",
         "file.yaml:5: plans.p.steps[0].skills[0].skil: no such field"),
        ("plans:\n  p: [\n", "file.yaml:3:"),
        ("queues: !!python/object/apply:os.system ['true']", "must be a mapping"),
        ("queues:\n  q:\n    display_name: !!python/name:os.system x", "could not determine"),
        (LAUGHS, "too large or nested too deep"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_file_line_and_field(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(BadFile) as caught:
        read(tmp_path, text)
    assert says in str(caught.value)


def test_the_line_of_a_field_that_the_router_names(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "agents:\n  a:\n    skills:\n      lang.zh: 11\nplans:\n  p:\n    steps:\n"
        "    - skip_if: a\n    - skills:\n      - skill: x\n",
    )
    assert found.place(("agent", "a"), "agent.skills[lang.zh]").endswith("file.yaml:4")
    assert found.place(("plan", "p"), "plan.steps[0].skip_if").endswith("file.yaml:8")
    assert found.place(("plan", "p"), "plan.steps[1].skills[0].min_level").endswith("file.yaml:10")
    assert found.place(("plan", "p"), "plan.overflow").endswith("file.yaml:7")


def test_no_files_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="no YAML files"):
        wanted([tmp_path], DEMO)
    with pytest.raises(BadFile, match="No such file"):
        wanted([tmp_path / "none.yaml"], DEMO)


def test_changes_name_what_differs(tmp_path: Path) -> None:
    found = read(tmp_path, "queues:\n  q: {wrap_up: 5s}\n  new: {max_size: 3}\n")
    before = queue_pb2.Queue(name="tenants/demo/queues/q", max_size=9)
    gone = queue_pb2.Queue(name="tenants/demo/queues/gone")
    there = {("queue", "q"): before, ("queue", "gone"): gone}
    listed = [line for change in changes(there, found, prune=True) for line in change.lines()]
    assert listed == [
        "+ queue new",
        "    max_size: 3",
        "~ queue q",
        "    max_size: 9 -> (nothing)",
        "    wrap_up: '5s'",
        "- queue gone",
    ]
    assert len(changes(there, found, prune=False)) == 2
    assert not changes(found.messages, found, prune=True)


durations = st.integers(0, 10**9).map(lambda ms: (ms // 1000, ms % 1000 * 1_000_000))
texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)
ids = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,8}", fullmatch=True)


@st.composite
def queues(draw: st.DrawFn) -> queue_pb2.Queue:
    queue = queue_pb2.Queue(display_name=draw(texts), max_size=draw(st.integers(0, 99)))
    queue.weights.update(draw(st.dictionaries(texts, st.floats(-10, 10), max_size=2)))
    queue.wrap_up.seconds, queue.wrap_up.nanos = draw(durations)
    for weekday in draw(st.lists(st.integers(1, 7), max_size=4, unique=True)):
        opens = draw(st.integers(0, 86_000))
        queue.opening_hours.add(weekday=weekday, opens_second=opens, closes_second=opens + 400)
    if draw(st.booleans()):
        day = queue.holidays.add(date=draw(st.dates()).isoformat(), display_name=draw(texts))
        day.hours.add(opens_second=0, closes_second=86_400)
        queue.closed.agent = f"tenants/demo/agents/{draw(ids)}"
    return queue


@st.composite
def agents(draw: st.DrawFn) -> agent_pb2.Agent:
    agent = agent_pb2.Agent(
        skills=draw(st.dictionaries(texts, st.integers(1, 10), max_size=3)),
        queues=[f"tenants/demo/queues/{one}" for one in draw(st.lists(ids, max_size=2))],
    )
    if draw(st.booleans()):
        agent.shift_end.seconds = draw(st.integers(0, 4 * 10**9))
    return agent


@st.composite
def plans(draw: st.DrawFn) -> plan_pb2.RoutingPlan:
    plan = plan_pb2.RoutingPlan()
    for _ in range(draw(st.integers(0, 2))):
        step = plan.steps.add(skip_if=draw(texts), priority_delta=draw(st.integers(-3, 3)))
        step.skills.add(
            skill=draw(texts), weight=draw(st.floats(0, 9)), preferred=draw(st.booleans())
        )
        if draw(st.booleans()):
            step.expires_after.seconds, step.expires_after.nanos = draw(durations)
            step.target.expression = draw(texts)
    return plan


@given(ids, queues(), agents(), plans())
def test_what_is_written_reads_back_to_the_same(
    tmp_path_factory: pytest.TempPathFactory,
    name: str,
    queue: queue_pb2.Queue,
    agent: agent_pb2.Agent,
    plan: plan_pb2.RoutingPlan,
) -> None:
    messages: dict[tuple[str, str], Any] = {}
    resources = (
        ("queue", "queues", queue),
        ("agent", "agents", agent),
        ("plan", "routingPlans", plan),
    )
    for kind, collection, message in resources:
        message.name = f"tenants/demo/{collection}/{name}"
        messages[kind, name] = message
    folder = tmp_path_factory.mktemp("export")
    for section in SECTIONS:
        (folder / f"{section}.yaml").write_text(document(messages, section), encoding="utf-8")
    assert wanted([folder], DEMO).messages == messages
