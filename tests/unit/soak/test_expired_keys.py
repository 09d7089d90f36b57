"""Reading a store from which keys expire meanwhile."""

from typing import Any
from unittest.mock import MagicMock

import pytest

from tests.fakes.router.truth import read

pytestmark = pytest.mark.unit


def test_a_key_that_expires_while_it_is_read_is_left_out() -> None:
    client: Any = MagicMock()
    client.scan_iter.return_value = [b"p:external:gone", b"p:external:here"]
    client.pipeline.return_value.execute.return_value = [None, -2, b"c1", 5000]
    client.zrange.return_value = client.xrange.return_value = []
    client.hgetall.return_value = {}
    truth = read(client, "p:")
    assert truth.external == {"here": "c1"}
    assert truth.expiring == {"external:here"}
