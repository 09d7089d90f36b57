"""Following what changes in CRMs, put together."""

import os
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from switchyard_common.lifecycle import Lifecycle

from switchyard_crm.service.connectors import Capability
from switchyard_crm.service.syncing import Followed, FollowSource, Pace, SyncStore, Wake
from switchyard_crm.wiring.context import ConnectedCrm, Tools

_HOLDER_CHARS = 64


@asynccontextmanager
async def following(
    crms: Sequence[ConnectedCrm],
    store: SyncStore,
    wake: Wake,
    tools: Tools,
    lifecycle: Lifecycle,
) -> AsyncIterator[None]:
    """Follow each CRM that tells what changes, and is to be followed, for the length of a block."""
    async with AsyncExitStack() as stack:
        for crm in crms:
            if crm.sync_seconds > 0 and Capability.CHANGES in crm.connector.capabilities:
                follow = _follow(crm, store, wake, tools)
                task = lifecycle.supervise(follow.run(), f"following of {crm.connector.name}")
                stack.push_async_callback(lifecycle.end, task)
        yield


def _follow(crm: ConnectedCrm, store: SyncStore, wake: Wake, tools: Tools) -> FollowSource:
    return FollowSource(
        Followed(crm.tenant, crm.connector.name),
        crm.connector,
        crm.bucket,
        store,
        wake,
        f"{socket.gethostname()}:{os.getpid()}"[-_HOLDER_CHARS:],
        tools.clock,
        Pace(crm.sync_seconds, tools.settings.sync_page),
        tools.sources,
    )
