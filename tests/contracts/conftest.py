"""What the machine loses in a standstill does not count for any of these tests."""

from tests.fakes.steady_loop import pytest_asyncio_loop_factories

__all__ = ("pytest_asyncio_loop_factories",)
