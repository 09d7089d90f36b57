"""What an agent must hold before it is stored."""

from switchyard.router.v1 import agent_pb2, contact_pb2

from switchyard_router.domain.names import Tenant
from switchyard_router.domain.skills import HIGHEST_LEVEL, LOWEST_LEVEL
from switchyard_router.entrypoints.config_limits import (
    check_count,
    check_size,
    check_text,
    check_whole,
)
from switchyard_router.entrypoints.problems import Problems

_MOST_CAPACITY = 100
_MOST_UNITS = 1_000
_LATEST_SECONDS = 2**35
_MOST_SKILLS = 200
_MOST_QUEUES = 500
MOST_SKILL = 128
_CHANNELS = tuple(name for name in contact_pb2.Channel.keys() if name != "CHANNEL_UNSPECIFIED")  # noqa: SIM118


def check_agent(problems: Problems, agent: agent_pb2.Agent, tenant: Tenant) -> None:
    """Note everything that keeps an agent from being stored."""
    check_size(problems, agent, "agent")
    for name in ("display_name", "endpoint", "team"):
        check_text(problems, getattr(agent, name), f"agent.{name}")
    _check_skills(problems, agent)
    _check_capacity(problems, agent)
    check_count(problems, agent.queues, "agent.queues", _MOST_QUEUES)
    for index, queue in enumerate(agent.queues):
        with problems.caught():
            tenant.parse("queues", queue, f"agent.queues[{index}]")
    for name, time in (("shift_end", agent.shift_end), ("next_break", agent.next_break)):
        if not 0 <= time.seconds < _LATEST_SECONDS:
            problems.add(f"agent.{name}", "give a time from 1970 on")


def _check_skills(problems: Problems, agent: agent_pb2.Agent) -> None:
    check_count(problems, agent.skills, "agent.skills", _MOST_SKILLS)
    for skill, level in agent.skills.items():
        path = f"agent.skills[{skill[:MOST_SKILL]}]"
        if not skill:
            problems.add("agent.skills", "name every skill")
        check_text(problems, skill, path, MOST_SKILL)
        if not LOWEST_LEVEL <= level <= HIGHEST_LEVEL:
            problems.add(path, f"levels are {LOWEST_LEVEL} to {HIGHEST_LEVEL}")


def _check_capacity(problems: Problems, agent: agent_pb2.Agent) -> None:
    for channel, capacity in agent.channel_capacity.items():
        path = f"agent.channel_capacity[{channel[:MOST_SKILL]}]"
        if channel not in _CHANNELS:
            problems.add(path, f"no such channel; there are {', '.join(_CHANNELS)}")
        check_whole(problems, capacity, path, 0, _MOST_CAPACITY)
    check_whole(problems, agent.capacity_units, "agent.capacity_units", 0, _MOST_UNITS)
