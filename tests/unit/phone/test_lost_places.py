"""A caller's place whose contact the router does not know any more."""

import pytest
from switchyard_phone.adapters.router.waiting import CallersPlace
from switchyard_phone.domain.language import Language
from switchyard_phone.service.routing import Offer, Wanted

pytestmark = pytest.mark.unit

OFFER = Offer("offers/1", "agents/ada", fence=1, target="sip:ada@127.0.0.1", seconds=20.0)


class Node:
    """Keeps what a place asks for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def joined(self, place: CallersPlace, offer: Offer) -> None:
        self.asked.append("joined")

    def not_joined(self, contact: str, offer: Offer, cause: str) -> None:
        self.asked.append("not_joined")

    def left(self, contact: str) -> None:
        self.asked.append("left")

    def release(self, place: CallersPlace) -> None:
        self.asked.append("release")

    def find_again(self, place: CallersPlace) -> None:
        self.asked.append("find_again")

    async def call_back(self, place: CallersPlace, number: str) -> bool:
        return False


@pytest.fixture
def node() -> Node:
    return Node()


@pytest.fixture
def place(node: Node) -> CallersPlace:
    return CallersPlace(node, Wanted("call", "talk", "asked", Language.ENGLISH), "call.1", 0.0)


def test_a_lost_contact_is_looked_for_once_however_often_it_is_unknown(
    node: Node, place: CallersPlace
) -> None:
    place.unknown()
    place.unknown()
    assert node.asked == ["find_again"]


def test_a_caller_who_is_just_being_joined_is_not_queued_beside_it(
    node: Node, place: CallersPlace
) -> None:
    place.tell(OFFER)
    place.unknown()
    place.joined(OFFER)
    assert node.asked == ["joined"]


def test_a_caller_whom_the_agent_did_not_get_is_then_looked_for(
    node: Node, place: CallersPlace
) -> None:
    place.tell(OFFER)
    place.unknown()
    place.not_joined(OFFER, "SIP_486")
    assert node.asked == ["not_joined", "find_again"]


def test_an_agent_who_does_not_answer_loses_no_contact(node: Node, place: CallersPlace) -> None:
    place.tell(OFFER)
    place.not_joined(OFFER, "SIP_486")
    assert node.asked == ["not_joined"]
    place.unknown()
    assert node.asked == ["not_joined", "find_again"]
