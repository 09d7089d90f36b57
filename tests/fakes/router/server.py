"""A real router on a free port, on a real Valkey."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from pydantic import SecretStr
from switchyard_common.lifecycle import Lifecycle
from switchyard_router.main import running
from switchyard_router.settings import RouterSettings

NOBODY = "127.0.0.1:1"
"""No CRM listens there."""


@asynccontextmanager
async def router(
    redis_url: str, crm_target: str = NOBODY, port: int = 0, **changes: Any
) -> AsyncGenerator[str]:
    """The address of a router that serves for the length of the block; port 0 is any free one.

    `changes`: other settings than the usual ones.
    """
    settings = RouterSettings(
        port=port,
        redis_url=SecretStr(redis_url),
        crm_target=crm_target,
        pseudonym_key=SecretStr("a key for tests only"),
        **{"drain_seconds": 0.5, "http_port": 0, "metrics_port": 0, **changes},
    )
    lifecycle = Lifecycle()
    async with running(lifecycle, settings) as (server, _):
        yield server.target
    assert not lifecycle.failed
