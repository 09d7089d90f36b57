"""How lively the floor is: shifts, arrivals, pauses between tries."""

import datetime as dt
import random
from collections.abc import Iterator
from itertools import islice, takewhile

import pytest
from switchyard_demo.company.generate import DEFAULT_SEED, generate
from switchyard_demo.company.model import Company
from switchyard_demo.floor.arrivals import KINDS, Callers
from switchyard_demo.floor.rota import CYCLE_SECONDS, Duty, Stretch, stretches
from switchyard_platform.reconnect import Backoff

pytestmark = pytest.mark.unit

COMPRESSION = 6.0


@pytest.fixture(scope="module")
def company() -> Company:
    return generate(DEFAULT_SEED, dt.date(2026, 11, 22))


def callers(company: Company, per_minute: float = 20.0) -> Callers:
    return Callers(company.customers, per_minute, COMPRESSION, random.Random(5), "run")


def test_calls_arrive_at_the_mean_rate_over_whole_waves(company: Company) -> None:
    an_hour = 3600.0  # six waves of demo time
    calls = sum(1 for _ in takewhile(lambda at: at < an_hour, callers(company).moments()))
    assert calls == pytest.approx(20 * 60, rel=0.1)


def test_there_are_busy_and_quiet_times(company: Company) -> None:
    wave = 3600.0 / COMPRESSION
    moments = list(takewhile(lambda at: at < 20 * wave, callers(company).moments()))
    rising = sum(1 for at in moments if at % wave < wave / 2)
    assert rising > 1.5 * (len(moments) - rising)


def test_callers_are_customers_and_their_times_are_compressed(company: Company) -> None:
    source = callers(company)
    scripts = [source.script(number) for number in range(4000)]
    assert len({script.external_id for script in scripts}) == len(scripts)
    phones = {customer.phone for customer in company.customers}
    assert {script.caller for script in scripts} - phones == {""}
    assert all(script.language for script in scripts if not script.caller)
    talk = sum(script.talk_seconds for script in scripts) / len(scripts)
    expected = sum(kind.share * kind.talk_seconds for kind in KINDS) / COMPRESSION
    assert talk == pytest.approx(expected, rel=0.1)
    assert {script.queue for script in scripts} == {queue.id for queue in company.queues}


def test_the_shares_of_the_kinds_of_calls_add_up() -> None:
    assert sum(kind.share for kind in KINDS) == pytest.approx(1)


def duties_at(second: float, agents: int) -> list[Duty]:
    return [_duty(stretches(place, agents), second) for place in range(agents)]


def _duty(plan: Iterator[Stretch], second: float) -> Duty:
    for stretch in plan:
        if second < stretch.seconds:
            return stretch.duty
        second -= stretch.seconds
    raise AssertionError("a rota has no end")


@pytest.mark.parametrize("second", [0.0, CYCLE_SECONDS / 3, 0.99 * CYCLE_SECONDS, 5e6])
def test_most_of_the_floor_works_at_any_time(second: float) -> None:
    duties = duties_at(second, 40)
    assert duties.count(Duty.WORK) >= 30
    assert duties.count(Duty.OFF) >= 2


def test_every_agent_has_the_same_day_shifted() -> None:
    whole = list(islice(stretches(0, 4), 8))
    assert sum(stretch.seconds for stretch in whole) == CYCLE_SECONDS
    later = list(islice(stretches(2, 4), 30))
    assert sum(s.seconds for s in later if s.duty is Duty.OFF) > 0
    assert later[0].seconds <= whole[0].seconds


def test_pauses_between_tries_grow_to_a_limit_and_start_small_again() -> None:
    backoff = Backoff(random.Random(1), first_seconds=0.2, most_seconds=5.0)
    pauses = [backoff.next_seconds() for _ in range(12)]
    for tries, pause in enumerate(pauses):
        longest = min(5.0, 0.2 * 2**tries)
        assert longest / 2 <= pause <= longest
    backoff.reset()
    assert backoff.next_seconds() <= 0.2
