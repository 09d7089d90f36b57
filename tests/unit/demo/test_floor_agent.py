"""What a simulated agent says of a call that is over."""

import random
from typing import Any, cast

import pytest
from switchyard.router.v1 import agent_service_pb2 as pb
from switchyard_demo.floor import agent
from switchyard_demo.floor.agent import SimulatedAgent
from switchyard_demo.floor.habits import Habits
from switchyard_demo.floor.session import StreamLost

pytestmark = pytest.mark.unit

CONTACT = "tenants/demo/contacts/c1"
DONE = pb.Result()
STORE_DOWN = pb.Result(code=14, reason="STATE_STORE_DOWN")
NOT_THEIRS = pb.Result(code=9, reason="CONTACT_NOT_HELD")


class Desktop:
    """Gives the answers it was made with, one after the other."""

    agent = "tenants/demo/agents/ann"

    def __init__(self, *answers: pb.Result | None) -> None:
        self.answers = list(answers)
        self.completed: list[str] = []

    async def complete(self, contact: str, disposition: str) -> pb.Result:
        self.completed.append(contact)
        answer = self.answers.pop(0)
        if answer is None:
            raise StreamLost
        return answer


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent, "_AGAIN_SECONDS", 0.0)


async def told(*answers: pb.Result | None) -> list[str]:
    desktop = Desktop(*answers)
    person = SimulatedAgent(cast(Any, desktop), Habits(), random.Random(1))
    await person.hung_up(CONTACT)
    assert desktop.answers == []
    return desktop.completed


async def test_the_end_of_a_call_is_told_until_the_router_has_heard_it() -> None:
    assert await told(STORE_DOWN, None, STORE_DOWN, DONE) == [CONTACT] * 4


async def test_a_call_that_the_router_gave_to_somebody_else_is_told_once() -> None:
    assert await told(NOT_THEIRS) == [CONTACT]
