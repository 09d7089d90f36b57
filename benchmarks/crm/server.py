"""The service in a process of its own, over a filled store and two CRMs; for `contexts.py`.

`python -m benchmarks.crm.server FILE [HANGING_CRM]` prints the ports it serves on, and at its end
(when its standard input is closed) what the CRMs were asked, each as a line of JSON.
"""

import asyncio
import base64
import json
import logging
import sys
from pathlib import Path

import structlog
import uvloop
from switchyard_common.lifecycle import Lifecycle
from switchyard_crm.main import serving
from switchyard_crm.settings import CrmSettings

from benchmarks.crm.world import CRMS, MASTER_KEY, MeasuredCrm, connected, url_of

BREAKER_SECONDS = 2.0
"""Short, so that the run sees several probes."""


def settings_of(file: Path) -> CrmSettings:
    """As an operator would set it, but for the breaker's time."""
    return CrmSettings(
        database_url=url_of(file),
        master_key=base64.b64encode(MASTER_KEY).decode(),  # type: ignore[arg-type]  # becomes one
        port=0,
        metrics_port=0,
        breaker_seconds=BREAKER_SECONDS,
    )


async def _serve(file: Path, hanging: str) -> None:
    crms = [MeasuredCrm(name) for name in CRMS]
    for crm in crms:
        crm.hangs = crm.name == hanging
    lifecycle = Lifecycle()
    async with serving(settings_of(file), lifecycle, crms=[connected(crm) for crm in crms]) as at:
        print(json.dumps({"port": at.grpc}), flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    asked = {crm.name: {"calls": crm.calls.total(), "at_once": crm.most_in_flight} for crm in crms}
    print(json.dumps(asked), flush=True)


def _quiet() -> None:
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )


if __name__ == "__main__":
    _quiet()
    uvloop.run(_serve(Path(sys.argv[1]), sys.argv[2] if sys.argv[2:] else ""))
