"""Which commands a platform node carries out."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard.router.v1 import contact_service_pb2 as pb
from switchyard_platform.command_filter import CommandFilter

pytestmark = pytest.mark.unit

CONTACT = "tenants/demo/contacts/c1"


def ring(command_id: str, fence: int) -> pb.Command:
    return pb.Command(command_id=command_id, ring=pb.Ring(fence=fence))


def bridge(command_id: str, fence: int) -> pb.Command:
    return pb.Command(command_id=command_id, bridge=pb.Bridge(fence=fence))


def stop(command_id: str, fence: int) -> pb.Command:
    return pb.Command(command_id=command_id, stop_ring=pb.StopRing(fence=fence))


def hangup(command_id: str) -> pb.Command:
    return pb.Command(command_id=command_id, hangup=pb.Hangup(cause="MAX_WAIT"))


def held(commands: CommandFilter) -> int:
    """Entries in all of its tables."""
    return sum(len(table) for table in vars(commands).values() if isinstance(table, dict))


def test_a_repeated_command_is_dropped() -> None:
    commands = CommandFilter()
    assert commands.admit(CONTACT, hangup("1"))
    assert not commands.admit(CONTACT, hangup("1"))
    assert commands.admit(CONTACT, hangup("2"))


def test_a_command_with_an_older_fence_is_dropped() -> None:
    commands = CommandFilter()
    assert commands.admit(CONTACT, ring("1", 1))
    assert commands.admit(CONTACT, ring("2", 2))
    assert not commands.admit(CONTACT, bridge("3", 1))
    assert commands.admit(CONTACT, bridge("4", 2))


def test_fences_of_different_contacts_are_apart() -> None:
    commands = CommandFilter()
    assert commands.admit(CONTACT, ring("1", 5))
    assert commands.admit(CONTACT + "x", ring("2", 1))


def test_what_is_due_is_done_once_even_under_another_id() -> None:
    """After a reconnection the router repeats the bridge that is due under an id of its own."""
    commands = CommandFilter()
    assert commands.admit(CONTACT, bridge("1700-0/bridge", 3))
    assert not commands.admit(CONTACT, bridge("c1/3/again", 3))


def test_a_late_ring_after_the_offer_was_withdrawn_makes_no_zombie_call() -> None:
    commands = CommandFilter()
    assert commands.admit(CONTACT, stop("1", 2))
    assert not commands.admit(CONTACT, ring("2", 2))
    assert not commands.admit(CONTACT, bridge("3", 2))
    assert commands.admit(CONTACT, ring("4", 3))


def test_a_contact_that_is_over_costs_no_memory_but_its_ids_stay_known() -> None:
    commands = CommandFilter()
    assert commands.admit(CONTACT, ring("1", 9))
    commands.forget(CONTACT)
    assert not commands.admit(CONTACT, ring("1", 9))


def test_old_ids_are_forgotten_when_there_are_too_many() -> None:
    commands = CommandFilter(most_remembered=2)
    for number in range(3):
        assert commands.admit(CONTACT, hangup(str(number)))
    assert commands.admit(CONTACT, hangup("0"))
    assert not commands.admit(CONTACT, hangup("2"))


def test_commands_that_come_after_the_end_of_their_contacts_do_not_add_up() -> None:
    commands = CommandFilter(most_remembered=100)
    for number in range(1_000):
        contact = f"{CONTACT}{number}"
        commands.admit(contact, ring(f"{number}/ring", 1))
        commands.forget(contact)
        commands.admit(contact, stop(f"{number}/stop", 1))
    assert held(commands) <= 2 * 100


def test_the_fence_of_a_contact_that_is_heard_of_is_kept_however_many_others_there_were() -> None:
    commands = CommandFilter(most_remembered=10)
    for fence in range(1, 100):
        assert commands.admit(CONTACT, ring(f"{fence}", fence))
        commands.admit(f"{CONTACT}{fence}", ring(f"{fence}/other", 1))
    assert not commands.admit(CONTACT, bridge("late", 50))


@given(
    st.lists(
        st.tuples(st.sampled_from((ring, bridge, stop)), st.integers(0, 9), st.integers(1, 4)),
        max_size=40,
    )
)
def test_whatever_arrives_fences_never_go_back_and_nothing_is_done_twice(
    commands: list[tuple[Callable[[str, int], pb.Command], int, int]],
) -> None:
    admitted: list[tuple[str, int]] = []
    filtered = CommandFilter()
    for number, (make, command_id, fence) in enumerate(commands):
        command = make(f"{command_id}/{number % 3}", fence)
        if filtered.admit(CONTACT, command):
            admitted.append((command.WhichOneof("op") or "", fence))
    fences = [fence for _, fence in admitted]
    assert fences == sorted(fences)
    assert len(set(admitted)) == len(admitted)
    for index, (operation, fence) in enumerate(admitted):
        if operation == "stop_ring":
            assert all(later > fence for later in fences[index + 1 :])
