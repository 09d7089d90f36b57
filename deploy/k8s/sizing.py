"""How many replicas a centre needs: `python -m deploy.k8s.sizing --agents 1000 --contacts 12000`.

Processor time per piece of work is measured (docs/benchmarks.md); what work there is follows from
agents and contacts an hour. A replica is planned at 60 % of what it can do, and none is alone, so
that the others carry on when one is lost. docs/sizing.md shows the arithmetic.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

PLANNED = 0.6
"""Of a core; each process works on one."""
_FEWEST = 2

ROUTER_CONTACT = 5.9e-3
ROUTER_BASE, ROUTER_AGENT = 0.1, 0.32 / 10_000
AGENTS_PER_ROUTER = 2_500
STORE_CONTACT = 2.7e-3
BOT_TURN, GATEWAY_TURN, ACTIONS_TURN, CRM_TURN = 14.1e-3, 4.8e-3, 2.3e-3, 1.6e-3
CRM_CONTEXT, CONTEXTS_PER_CONTACT = 7.2e-3, 3
CALLS_PER_PHONE = 60
DECISIONS_PER_INSIGHTS = 447.0
_TURNS, _BOT_MINUTES, _PHONE, _HOURS = 8.0, 3.0, 0.5, 10.0

# What the router's store holds, in KB: a contact that is over, with its offers, is kept for a day;
# of events and decisions the newest (ROUTER_MAX_EVENTS, ROUTER_MAX_DECISIONS).
STORE_AGENT, STORE_PAST_CONTACT, STORE_EVENT, STORE_DECISION = 3.1, 1.71, 0.54, 1.7
EVENTS_PER_CONTACT = 13
_MOST_EVENTS, _MOST_DECISIONS = 200_000, 100_000


@dataclass(frozen=True, slots=True)
class Centre:
    """Load at the busiest time.

    `turns`: what the bot is told in one contact; `bot_minutes`: how long that takes; `phone`: the
    share of contacts that are calls, the others are chats; `hours`: that are so busy, of a day.
    """

    agents: int
    contacts_per_hour: int
    turns: float = _TURNS
    bot_minutes: float = _BOT_MINUTES
    phone: float = _PHONE
    hours: float = _HOURS

    @property
    def contacts(self) -> float:
        """Contacts a second."""
        return self.contacts_per_hour / 3600

    @property
    def calls(self) -> float:
        """Calls at the bot at once (Little, 1961: rate times duration)."""
        return self.phone * self.contacts * self.bot_minutes * 60


@dataclass(frozen=True, slots=True)
class Need:
    """What a process needs: cores in all, and replicas."""

    process: str
    cores: float
    replicas: int


def needs(centre: Centre) -> Iterator[Need]:
    """Every process that is replicated; `redis` is one master whatever its replicas are."""
    turns = centre.contacts * centre.turns
    router = centre.contacts * ROUTER_CONTACT + ROUTER_BASE + centre.agents * ROUTER_AGENT
    yield _need("router", router, ceil(centre.agents / AGENTS_PER_ROUTER))
    yield _need("bot", turns * BOT_TURN)
    yield _need("gateway", turns * (1 - centre.phone) * GATEWAY_TURN)
    yield _need("actions", turns * ACTIONS_TURN)
    contexts = centre.contacts * CONTEXTS_PER_CONTACT
    yield _need("crm-adapter", turns * CRM_TURN + contexts * CRM_CONTEXT)
    yield _need("phone", centre.calls * 0.4 / CALLS_PER_PHONE, ceil(centre.calls / CALLS_PER_PHONE))
    cores = centre.contacts / DECISIONS_PER_INSIGHTS
    yield Need("insights", cores, max(1, ceil(cores / PLANNED)))
    yield Need("redis", centre.contacts * STORE_CONTACT, 3)


def _need(process: str, cores: float, least: int = 0) -> Need:
    return Need(process, cores, max(_FEWEST, least, ceil(cores / PLANNED)))


def store_mb(centre: Centre) -> float:
    """What the router's store holds at the end of a day, without copies for writing it down."""
    day = centre.contacts_per_hour * centre.hours
    events = min(_MOST_EVENTS, day * EVENTS_PER_CONTACT) * STORE_EVENT
    decisions = min(_MOST_DECISIONS, day) * STORE_DECISION
    return (centre.agents * STORE_AGENT + day * STORE_PAST_CONTACT + events + decisions) / 1000


def table(centres: tuple[Centre, ...]) -> str:
    """A line for each process: cores and replicas of each centre, as Markdown."""
    columns = [list(needs(centre)) for centre in centres]
    lines = ["| |" + "".join(f" {c.agents:,} / {c.contacts_per_hour:,} |" for c in centres)]
    lines.append("|---|" + "---|" * len(centres))
    for row in zip(*columns, strict=True):
        cells = (f" {need.cores:.2f} → {need.replicas} |" for need in row)
        lines.append(f"| `{row[0].process}` |" + "".join(cells))
    memory = "".join(f" {store_mb(centre):,.0f} MB |" for centre in centres)
    lines.append("| `redis`, RAM |" + memory)
    return "\n".join(lines)


def main() -> None:
    """Prints the table of one centre."""
    reader = argparse.ArgumentParser(description="Replicas for a centre at its busiest time.")
    reader.add_argument("--agents", type=int, required=True, help="signed in at once")
    reader.add_argument("--contacts", type=int, required=True, help="an hour")
    reader.add_argument("--turns", type=float, default=_TURNS, help="of the bot, a contact")
    reader.add_argument("--bot-minutes", type=float, default=_BOT_MINUTES)
    reader.add_argument("--phone", type=float, default=_PHONE, help="share of calls, 0 to 1")
    reader.add_argument("--hours", type=float, default=_HOURS, help="as busy as that, of a day")
    given = reader.parse_args()
    load = (given.turns, given.bot_minutes, given.phone, given.hours)
    print(table((Centre(given.agents, given.contacts, *load),)))


if __name__ == "__main__":
    main()
