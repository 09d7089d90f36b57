"""Ports that tests hand to servers."""

import multiprocessing
import socket
from pathlib import Path

import pytest

from tests.fakes.ports import free_port, free_ports

pytestmark = pytest.mark.unit

_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


def test_no_port_is_given_twice_not_even_to_another_process() -> None:
    context = multiprocessing.get_context("spawn")
    with context.Pool(2) as pool:
        given = pool.map(free_ports, [50, 50])
        pool.close()
        pool.join()
    ports = [*given[0], *given[1], *free_ports(50)]
    assert len(set(ports)) == len(ports)


def test_a_port_that_somebody_listens_on_is_left_out() -> None:
    ahead = 20
    with socket.socket() as listener:
        taken = bound_after(listener, free_port(), ahead)
        listener.listen()
        assert taken not in free_ports(ahead)


def bound_after(listener: socket.socket, last: int, ahead: int) -> int:
    """Binds one of the ports that come next; others may have been given some of them meanwhile."""
    for port in range(last + 1, last + ahead):
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            continue
        return port
    pytest.fail(f"nobody should have all ports from {last + 1} to {last + ahead}")


@pytest.mark.skipif(not _RANGE.exists(), reason="only Linux tells which ports it gives away")
def test_the_kernel_gives_none_of_them_to_anybody_else() -> None:
    first, last = map(int, _RANGE.read_text().split())
    assert all(not first <= port <= last for port in free_ports(5))
