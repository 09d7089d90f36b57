"""What the machine loses in a standstill does not count for any integration test."""

from tests.fakes.steady_loop import pytest_asyncio_loop_factories

__all__ = ("pytest_asyncio_loop_factories",)
