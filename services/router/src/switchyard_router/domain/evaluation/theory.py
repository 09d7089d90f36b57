"""What queueing theory says of small models, for simulations to be held against.

Times are in the unit of the rates given. ASA stands in two forms, which must not be mixed: of all
who came, and of those who were served.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np

from switchyard_router.domain.evaluation.days import Floats

_NEGLIGIBLE = 1e-14


@dataclass(frozen=True, slots=True)
class Steady:
    """A queue in its steady state.

    `waits`: share that does not get an agent at once. `gives_up`: share of all. `queue`: mean
    number waiting. `asa_all`, `asa_served`: mean wait of all, and of the served. `occupancy`: share
    of their time that agents are busy.
    """

    waits: float
    gives_up: float
    queue: float
    asa_all: float
    asa_served: float
    occupancy: float


def alike(arrivals: float, service: float, agents: int, gives_up: float = 0.0) -> Steady:
    """M/M/n+M: Poisson arrivals, exponential service and patience, equal agents (rates).

    `gives_up` 0: everybody waits (Erlang C), which needs `arrivals` below agents x service. The
    states are weighed as a birth-death process (Palm 1957; Whitt 2005, "Engineering solution of a
    basic call-center model", section 2). ValueError where there is no steady state.
    """
    if min(arrivals, service, agents) <= 0 or gives_up < 0:
        raise ValueError("arrivals, service and agents must be above 0, gives_up not below")
    if not gives_up and arrivals >= agents * service:
        raise ValueError("arrivals must be below agents x service where nobody gives up")
    share = _states(arrivals, service, agents, gives_up)
    number = np.arange(len(share))
    waiting = np.maximum(number - agents, 0)
    queue = float((share * waiting).sum())
    lost = gives_up * queue / arrivals
    asa_served = _asa_served(share, service, agents, gives_up)
    return Steady(
        waits=float(share[agents:].sum()),
        gives_up=lost,
        queue=queue,
        asa_all=queue / arrivals,
        asa_served=asa_served,
        occupancy=float((share * np.minimum(number, agents)).sum()) / agents,
    )


def _states(arrivals: float, service: float, agents: int, gives_up: float) -> Floats:
    logs = [0.0]
    while len(logs) <= agents + 1 or logs[-1] > max(logs) + np.log(_NEGLIGIBLE):
        number = len(logs)
        leaving = min(number, agents) * service + max(0, number - agents) * gives_up
        logs.append(logs[-1] + float(np.log(arrivals / leaving)))
    share = np.exp(np.array(logs) - max(logs))
    return np.asarray(share / share.sum())


def _asa_served(share: Floats, service: float, agents: int, gives_up: float) -> float:
    """Mean wait of the served: over places in line, chance of being served and time until then.

    From place k the first of k + 1 kinds of departure comes after 1 / (n mu + k theta) on average;
    with chance theta / (n mu + k theta) it is the caller's own. Waits and outcomes of the steps
    are independent, so the mean of wait x served is a sum over the steps.
    """
    served, waited = 0.0, 0.0
    chance, time = 1.0, 0.0
    for ahead in range(len(share) - agents):
        rate = agents * service + (ahead + 1) * gives_up
        chance *= 1 - gives_up / rate
        time += 1 / rate
        served += float(share[agents + ahead]) * chance
        waited += float(share[agents + ahead]) * chance * time
    return waited / (served + float(share[:agents].sum()))


@dataclass(frozen=True, slots=True)
class Unequal:
    """Agents of different speed: mean wait of all, and the share of calls that each serves."""

    asa_all: float
    share: tuple[float, ...]


def unequal(arrivals: float, service: tuple[float, ...], longest_queue: int = 400) -> Unequal:
    """Poisson arrivals, exponential agents of their own rates, the fastest free one is asked.

    A Markov chain over who is busy and, when all are, how many wait (cut at `longest_queue`),
    solved as linear equations. At most 8 agents: it has 2^agents states and more.
    """
    if not 1 <= len(service) <= 8:
        raise ValueError("service: give the rates of one to eight agents")
    if arrivals >= sum(service):
        raise ValueError("arrivals must be below the sum of the service rates")
    busy = list(product((False, True), repeat=len(service)))
    place = {state: number for number, state in enumerate(busy)}  # all busy comes last
    size = len(busy) + longest_queue
    rates = np.zeros((size, size))
    order = sorted(range(len(service)), key=lambda agent: -service[agent])
    for state, number in place.items():
        free = next((agent for agent in order if not state[agent]), None)
        rates[number, number + 1 if free is None else place[_with(state, free, True)]] += arrivals
        for agent in range(len(service)):
            if state[agent]:
                rates[number, place[_with(state, agent, False)]] += service[agent]
    for number in range(len(busy), size):
        rates[number, number - 1] += sum(service)
        if number + 1 < size:
            rates[number, number + 1] += arrivals
    share = _solved(rates)
    queue = float((share[len(busy) :] * np.arange(1, longest_queue + 1)).sum())
    all_busy = float(share[len(busy) :].sum())
    working = [
        all_busy + sum(float(share[place[state]]) for state in busy if state[agent])
        for agent in range(len(service))
    ]
    served = tuple(part * rate / arrivals for part, rate in zip(working, service, strict=True))
    return Unequal(queue / arrivals, served)


def _with(state: tuple[bool, ...], agent: int, busy: bool) -> tuple[bool, ...]:
    return (*state[:agent], busy, *state[agent + 1 :])


def _solved(rates: Floats) -> Floats:
    """The shares of a chain with these rates from state to state, [states, states]."""
    balance = rates - np.diag(rates.sum(axis=1))
    balance[:, 0] = 1.0  # one equation says nothing new: the shares add up to 1 instead
    right = np.zeros(len(rates))
    right[0] = 1.0
    return np.asarray(np.linalg.solve(balance.T, right))
