"""`make bench-bot`: turns through the gateway, against stock Rasa, and what the model understands.

`--only turns`, `stock`, `heldout` or `soak` runs a part; the soak, 500 chats for ten minutes, is
run only when asked for. The last line is JSON.
"""

import argparse
import asyncio
import json
import os
import sys
from time import perf_counter

from benchmarks.bot import heldout, soak, stock, turns
from benchmarks.bot.whole import whole
from benchmarks.load.table import say

_PARTS = ("turns", "stock", "heldout", "soak")


def main() -> None:
    """Run the parts asked for."""
    asked = _arguments()
    began = perf_counter()
    figures: dict[str, float] = {}
    if "heldout" in asked.only:
        say("what the packed model understands")
        figures |= heldout.measure()
    if {"turns", "soak"} & set(asked.only):
        say("starting everything")
        with whole() as running:
            if "turns" in asked.only:
                figures |= asyncio.run(turns.measure(running))
            if "soak" in asked.only:
                figures |= asyncio.run(soak.measure(running, asked.soak_seconds, asked.soak_chats))
    if "stock" in asked.only:
        figures |= asyncio.run(stock.measure())
    figures["load_average"] = round(os.getloadavg()[0], 1)
    figures["seconds"] = round(perf_counter() - began)
    sys.stdout.flush()
    print(json.dumps(figures))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-bot ARGS=…", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=_PARTS, default=_PARTS[:3])
    parser.add_argument("--soak-seconds", type=float, default=soak.SECONDS)
    parser.add_argument("--soak-chats", type=int, default=soak.CHATS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
