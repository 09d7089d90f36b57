"""The company's agents: teams, skills, languages."""

import random

from switchyard_demo.company.model import Agent, Queue, Text
from switchyard_demo.company.people import PersonName, draw_name
from switchyard_demo.company.queues import BILLING, COMPLAINTS, GENERAL, ORDERS, TECHNICAL

TEAM_SIZES = {ORDERS: 11, BILLING: 8, TECHNICAL: 9, COMPLAINTS: 5, GENERAL: 7}
CHANNEL_CAPACITY = {"VOICE": 1, "CHAT": 3, "CALLBACK": 1}
_FIRST_EXTENSION = 1001
_SECOND_SKILLS = {
    ORDERS: ("billing", "sales"),
    BILLING: ("orders", "sales"),
    TECHNICAL: ("orders", "sales"),
    COMPLAINTS: ("orders", "billing"),
    GENERAL: ("orders", "technical"),
}
_LANGUAGES = (
    ("zh", {"zh": (9, 10), "en": (7, 9)}),
    ("en", {"en": (9, 10), "zh": (4, 6)}),
    ("yue", {"yue": (8, 10), "zh": (8, 10), "en": (3, 5)}),
    ("zh", {"zh": (9, 10), "en": (2, 5)}),
    ("zh", {"zh": (8, 10)}),
)
"""Mother tongue, and levels of the languages spoken. Every team has these five, over and over."""


def make_agents(queues: tuple[Queue, ...], rng: random.Random) -> tuple[Agent, ...]:
    """40 agents in five teams. The first five of a team are experts, one for each language mix."""
    agents: list[Agent] = []
    taken: set[str] = set()
    for team, size in TEAM_SIZES.items():
        for place in range(size):
            mother_tongue, languages = _LANGUAGES[place % len(_LANGUAGES)]
            name = _new_name(mother_tongue, taken, rng)
            skills = {f"lang.{tongue}": rng.randint(*span) for tongue, span in languages.items()}
            skills |= _skills(team, queues, place < len(_LANGUAGES), rng)
            extension = _FIRST_EXTENSION + len(agents)
            agents.append(
                Agent(
                    id=f"a{extension}",
                    display_name=Text(name.native, name.latin),
                    team=team,
                    endpoint=f"sip:{extension}@127.0.0.1",
                    skills=dict(sorted(skills.items())),
                    channel_capacity=dict(CHANNEL_CAPACITY),
                    queues=tuple(q.id for q in queues if _can_serve(skills, q)),
                )
            )
    return tuple(agents)


def _new_name(language: str, taken: set[str], rng: random.Random) -> PersonName:
    while True:
        name = draw_name(language, rng)
        if name.latin not in taken:
            taken.add(name.latin)
            return name


def _skills(
    team: str, queues: tuple[Queue, ...], expert: bool, rng: random.Random
) -> dict[str, int]:
    """The team's skill, and for most agents one or two more."""
    plan = next(queue.plan for queue in queues if queue.id == team)
    first, last = plan.steps[0].skills[0], plan.steps[-1].skills[0]
    lowest = first.min_level if expert else last.min_level + 1
    skills = {first.skill: rng.randint(lowest, 10)}
    for skill in _SECOND_SKILLS[team]:
        if rng.random() < 0.6:
            skills[skill] = rng.randint(2, 7)
    return skills


def _can_serve(skills: dict[str, int], queue: Queue) -> bool:
    """Whether the skills are good for the least demanding step of the queue's plan."""
    needs = queue.plan.steps[-1].skills
    return all(skills.get(need.skill, 0) >= need.min_level for need in needs)
