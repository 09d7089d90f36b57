"""A real Valkey for tests: one server per test worker, empty for each test that asks for it."""

from collections.abc import Iterator

import pytest
from switchyard_common.embedded import EmbeddedValkey, send_inline


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[EmbeddedValkey]:
    """The worker's server; its data is another test's. Ask for `redis_url` instead."""
    with EmbeddedValkey() as server:
        yield server


@pytest.fixture
def redis_url(valkey_server: EmbeddedValkey) -> str:
    """The URL of an empty database."""
    reply = send_inline("127.0.0.1", valkey_server.port, "FLUSHALL", seconds=120)
    assert reply == b"+OK\r\n", reply
    return valkey_server.url
