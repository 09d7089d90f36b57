"""Runs of load: contacts at a rate, or a line that is kept long; and what they showed."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

from benchmarks.load.book import Contact, quantiles_ms
from benchmarks.load.floor import LoadFloor
from benchmarks.load.processes import Used

DRAIN_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class OpenLoop:
    """Contacts at a rate, whatever becomes of those before them. The warm-up is not measured."""

    rate: float
    """Contacts a second."""
    seconds: float
    warm_up_seconds: float = 2.0
    poisson: bool = False
    """Arrivals as a Poisson process; else evenly spaced."""
    talk_seconds: float = 0.1
    """Mean length of a conversation; each is between half and one and a half of it."""


@dataclass(frozen=True, slots=True)
class Saturation:
    """So many contacts under way at all times: for each that ends, another comes."""

    contacts: int
    seconds: float
    talk_seconds: float = 0.1


@dataclass(frozen=True, slots=True)
class FullLine:
    """Every agent busy and `waiting` contacts in line; conversations end at a rate.

    For each contact that ends, another comes.
    """

    waiting: int
    rate: float
    """Conversations that end, and agents who become free, a second."""
    seconds: float
    warm_up_seconds: float = 2.0


class Runner:
    """Runs loads on a floor; `pids` are the processes whose use is counted, by name."""

    def __init__(self, floor: LoadFloor, pids: Mapping[str, list[int]]) -> None:
        self._floor = floor
        self._pids = {**pids, "generator": [os.getpid()]}

    async def open_loop(self, load: OpenLoop) -> dict[str, object]:
        """Figures of the contacts created after the warm-up; every one is followed to its end."""
        floor = self._floor
        floor.talk_seconds = load.talk_seconds
        await self._arrivals(load, load.warm_up_seconds)
        before, start, done = Used.now(self._pids), perf_counter(), floor.book.ended
        late = await self._arrivals(load, load.seconds)
        used, end, done = (
            Used.now(self._pids).since(before),
            perf_counter(),
            floor.book.ended - done,
        )
        await floor.created()
        contacts = floor.book.created_between(start, end)
        unfinished = await floor.ended(contacts, DRAIN_SECONDS)
        return {
            "rate": load.rate,
            "created": len(contacts),
            "unfinished": unfinished,
            "created_per_second": round(len(contacts) / used.at, 1),
            "ended_per_second": round(done / used.at, 1),
            "late_ms": quantiles_ms(late),
            **self._figures(contacts, used, done),
        }

    async def saturation(self, load: Saturation) -> dict[str, object]:
        """How many contacts a second end when the routers always have enough to do."""
        floor = self._floor
        floor.talk_seconds, floor.refill = load.talk_seconds, True
        await floor.create_many(load.contacts)
        await asyncio.sleep(load.seconds / 3)
        before, done = Used.now(self._pids), floor.book.ended
        await asyncio.sleep(load.seconds)
        used, done = Used.now(self._pids).since(before), floor.book.ended - done
        floor.refill = False
        await floor.created()
        left = list(floor.book.contacts.values())
        unfinished = await floor.ended(left, DRAIN_SECONDS)
        found = {"unfinished": unfinished, "ended_per_second": round(done / used.at, 1)}
        return {**found, **self._figures([], used, done)}

    async def full_line(self, load: FullLine) -> dict[str, object]:
        """Hand-overs: from the message that frees an agent to the agent's next offer.

        Those who wait or talk in the end are left as they are.
        """
        floor = self._floor
        agents = len(floor.desktops.all)
        floor.talk_seconds, floor.refill = None, True
        await floor.create_many(agents + load.waiting)
        await self._hang_up(load.rate, load.warm_up_seconds)
        before, start, done = Used.now(self._pids), perf_counter(), floor.book.ended
        starved = await self._hang_up(load.rate, load.seconds)
        used, end, done = (
            Used.now(self._pids).since(before),
            perf_counter(),
            floor.book.ended - done,
        )
        waiting = sum(not one.offered for one in floor.book.contacts.values())
        floor.refill = False
        await floor.created()
        over = [one for one in floor.book.contacts.values() if one.hung_up]
        unfinished = await floor.ended(over, DRAIN_SECONDS)
        return {
            "agents": agents,
            "rate": load.rate,
            "waiting": waiting,
            "nobody_talked": starved,
            "unfinished": unfinished,
            "ended_per_second": round(done / used.at, 1),
            "free_to_offer_ms": quantiles_ms(
                [took for at, took in floor.book.handovers if start <= at < end]
            ),
            **self._figures([one for one in over if start <= one.hung_up < end], used, done),
        }

    async def rest(self, seconds: float) -> dict[str, object]:
        """What is used while nothing happens but heartbeats."""
        before = Used.now(self._pids)
        await asyncio.sleep(seconds)
        used = Used.now(self._pids).since(before)
        return {"cpu_share": _shares(used), "load_average": _load_average()}

    async def _arrivals(self, load: OpenLoop, seconds: float) -> list[float]:
        """Creates contacts for so long; returns how late each was sent, in seconds."""
        floor = self._floor
        late: list[float] = []
        moment = perf_counter()
        end = moment + seconds
        while moment < end:
            ahead = moment - perf_counter()
            if ahead > 0:
                await asyncio.sleep(ahead)
            elif len(late) % 16 == 0:
                await asyncio.sleep(0)  # a late generator still reads what comes in
            late.append(max(0.0, perf_counter() - moment))
            floor.create()
            moment += floor.rng.expovariate(load.rate) if load.poisson else 1 / load.rate
        return late

    async def _hang_up(self, rate: float, seconds: float) -> int:
        """Ends conversations at a rate; returns how often there was none to end."""
        loop = asyncio.get_running_loop()
        start, turns, starved = loop.time(), 0, 0
        while (moment := turns / rate) < seconds:
            await asyncio.sleep(max(0.0, start + moment - loop.time()))
            starved += not self._floor.hang_up_one()
            turns += 1
        return starved

    def _figures(self, contacts: Sequence[Contact], used: Used, done: int) -> dict[str, object]:
        book = self._floor.book
        offers = [one.offered - one.created for one in contacts if one.offered and one.created]
        joins = [one.connected - one.accepted for one in contacts if one.connected]
        bridges = [one.bridge - one.accepted for one in contacts if one.bridge]
        found: dict[str, object] = {
            "create_to_offer_ms": quantiles_ms(offers),
            "accept_to_bridge_ms": quantiles_ms(bridges),
            "accept_to_connected_ms": quantiles_ms(joins),
            "offered_again": sum(one.offers > 1 for one in contacts),
            "cpu_ms_per_contact": {
                name: round(1000 * cpu / max(1, done), 2) for name, cpu in used.cpu.items()
            },
            "cpu_share": _shares(used),
            "problems": dict(book.problems),
            "load_average": _load_average(),
        }
        book.problems.clear()
        book.forget_ended()
        return found


def _shares(used: Used) -> dict[str, float]:
    """Processor time by name, as a share of one core."""
    return {name: round(cpu / used.at, 3) for name, cpu in used.cpu.items()}


def _load_average() -> float:
    return round(os.getloadavg()[0], 2)
