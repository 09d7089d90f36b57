"""Which conversation a contact of the router belongs to."""

import pytest
from switchyard.router.v1 import contact_pb2
from switchyard_gateway.adapters.router.external_ids import ExternalIds

pytestmark = pytest.mark.unit


def contact(
    number: int, state: contact_pb2.ContactState.ValueType, known_as: str = ""
) -> contact_pb2.Contact:
    return contact_pb2.Contact(name=f"contacts/{number}", state=state, external_id=known_as)


def test_what_comes_without_an_external_id_gets_the_one_known() -> None:
    ids = ExternalIds()
    ids.complete(contact(1, contact_pb2.QUEUED, "chat-1"))
    completed = ids.complete(contact(1, contact_pb2.QUEUED))
    assert completed is not None
    assert completed.external_id == "chat-1"
    assert ids.complete(contact(2, contact_pb2.QUEUED)) is None


def test_an_end_without_an_external_id_gets_it_too() -> None:
    ids = ExternalIds()
    ids.complete(contact(1, contact_pb2.QUEUED, "chat-1"))
    ended = ids.complete(contact(1, contact_pb2.ABANDONED))
    assert ended is not None
    assert ended.external_id == "chat-1"


def test_nothing_is_kept_of_contacts_that_ended() -> None:
    ids = ExternalIds()
    for number in range(100):
        ids.complete(contact(number, contact_pb2.QUEUED, f"chat-{number}"))
        ids.complete(contact(number, contact_pb2.COMPLETED, f"chat-{number}"))
    assert len(ids) == 0


def test_nothing_is_kept_of_contacts_that_ended_while_nobody_told() -> None:
    ids = ExternalIds()
    for number in range(100):
        ids.complete(contact(number, contact_pb2.QUEUED, f"chat-{number}"))
    ids.keep(["contacts/7", "contacts/other"])
    assert len(ids) == 1
    assert ids.complete(contact(7, contact_pb2.QUEUED)) is not None
