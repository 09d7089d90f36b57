"""No interleaving of what may happen leaves the state unsound, and a broken script is caught."""

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from switchyard_router.adapters.redis.scripts import source
from switchyard_router.domain.refusals import StepFailed

from tests.fakes.router.routing import Routing

pytestmark = pytest.mark.integration


def explore(machine: type[Routing], **options: Any) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            deadline=None, suppress_health_check=list(HealthCheck), print_blob=True, **options
        ),
    )


def test_no_interleaving_breaks_the_state(redis_url: str) -> None:
    machine = type("Routing", (Routing,), {"url": redis_url})
    explore(
        machine,
        max_examples=40,
        stateful_step_count=50,
        phases=(Phase.explicit, Phase.reuse, Phase.generate),  # shrinking takes minutes
    )


BREAKS = {
    "fence": ("call_event", "if not caller_leg[kind] and A[3] ~= c.f.fence then", "if false then"),
    "capacity": ("reserve_many", "if not has_room(a, c.f.channel) then", "if false then"),
    "held": ("tick", "free_agent(c, 'CONTACT_COMPLETED')", ""),
    "timer": ("reserve_many", "arm('offer:' .. offer, expire_ms)", ""),
    "event": ("attach_context", "contact_event(c,", "local _ = (c and"),
}


@pytest.mark.parametrize("broken", sorted(BREAKS))
def test_a_broken_script_is_caught(redis_url: str, broken: str) -> None:
    name, text, instead = BREAKS[broken]

    def sabotaged(script: str) -> str:
        whole = source(script)
        assert script != name or text in whole
        return whole.replace(text, instead) if script == name else whole

    machine = type("Broken", (Routing,), {"url": redis_url, "read_source": staticmethod(sabotaged)})
    with pytest.raises((AssertionError, StepFailed)):
        explore(
            machine,
            max_examples=200,
            stateful_step_count=40,
            phases=(Phase.generate,),
            derandomize=True,
            database=None,
        )
