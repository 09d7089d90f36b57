"""`make bench-phone`: calls a core carries, keys lost, and how long callers wait.

`--only density`, `beside`, `times`, `speech` or `soak` runs a part; the soak, four minutes of calls
that come and go, is run only when asked for. `--quick` measures everything for a shorter time. The
last line is JSON.
"""

import argparse
import json
import logging
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import structlog
import uvloop

from benchmarks.load.table import say
from benchmarks.phone import company, density, soak, speech, times
from benchmarks.phone.under_test import UnderTest, under_test
from tests.fakes.actions.crm import FakeCrm, serving
from tests.fakes.phone.bot import KeyedBot, serving_bot

_PARTS = ("density", "beside", "times", "speech", "soak")
_CRM_SECONDS = 0.02
_SECONDS, _QUICK_SECONDS = 8.0, 3.0
_ROUNDS, _QUICK_ROUNDS = 3, 1


@dataclass(frozen=True, slots=True)
class _World:
    phone: UnderTest
    bot: KeyedBot
    settings: Mapping[str, str]


def main() -> None:
    """Run the parts asked for."""
    asked = _arguments()
    _quiet()
    began = perf_counter()
    figures = uvloop.run(_measure(asked))
    figures["load_average"] = round(os.getloadavg()[0], 1)
    figures["seconds"] = round(perf_counter() - began)
    sys.stdout.flush()
    print(json.dumps(figures))


async def _measure(asked: argparse.Namespace) -> dict[str, float | None]:
    figures: dict[str, float | None] = {}
    say("starting the phone")
    async with _world() as world:
        seconds = _QUICK_SECONDS if asked.quick else _SECONDS
        if "density" in asked.only:
            figures |= await density.sizes(world.phone, seconds, density.SIZES)
        if "beside" in asked.only:
            rounds = _QUICK_ROUNDS if asked.quick else _ROUNDS
            async with under_test("echo", {}) as echo:
                figures |= await density.beside(
                    world.phone, echo, seconds, rounds, density.SIDE_BY_SIDE
                )
        if "times" in asked.only:
            probes = times.PROBES // 3 if asked.quick else times.PROBES
            figures |= await times.measure(world.phone, world.bot, probes, times.BACKGROUND)
        if "speech" in asked.only:
            probes = speech.PROBES // 2 if asked.quick else speech.PROBES
            figures |= await speech.measure(world.settings, world.bot, probes)
        if "soak" in asked.only:
            figures |= await soak.measure(world.phone, asked.soak_seconds)
    return figures


@asynccontextmanager
async def _world() -> AsyncIterator[_World]:
    """The phone, with a bot that answers at once and customer records within 20 ms."""
    bot = KeyedBot()
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        settings = {
            **company.settings(folder),
            "bot_url": await stack.enter_async_context(serving_bot(bot)),
            "crm_target": await stack.enter_async_context(serving(FakeCrm(_CRM_SECONDS))),
            "router_target": "127.0.0.1:1",
        }
        phone = await stack.enter_async_context(under_test("phone", settings))
        yield _World(phone, bot, settings)


def _quiet() -> None:
    """Bot and customer records run in this process; what they log is of no interest."""
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL + 1)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-phone ARGS=…", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=_PARTS, default=_PARTS[:4])
    parser.add_argument("--quick", action="store_true", help="shorter, and less sure")
    parser.add_argument("--soak-seconds", type=float, default=soak.SECONDS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
