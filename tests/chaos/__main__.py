"""`make chaos`: the whole suite once, with its table at the end; not 0 if anything was found."""

import argparse
import asyncio
import sys
from dataclasses import fields, replace
from time import monotonic

from tests.chaos.plan import Plan
from tests.chaos.run import run


def _plan() -> Plan:
    parser = argparse.ArgumentParser(
        prog="make chaos", description="Options go into ARGS='…'; 0 leaves a fault out."
    )
    usual = Plan()
    for one in fields(Plan):
        value = getattr(usual, one.name)
        flag = f"--{one.name.replace('_', '-')}"
        if isinstance(value, bool):
            parser.add_argument(flag, action="store_true")
        else:
            parser.add_argument(flag, type=type(value), default=value, help=f"default {value}")
    return replace(usual, **vars(parser.parse_args()))


def main() -> int:
    """Run, print, judge."""
    plan, began = _plan(), monotonic()
    outcome = asyncio.run(run(plan, lambda text: print(f"chaos {text}", flush=True)))
    print(f"\n{outcome.table}\n\nhow streams and calls ended:")
    for what, number in outcome.journal.endings.most_common():
        print(f"  {number:6}  {what}")
    print(f"\n{monotonic() - began:.0f} s in all. {'SOUND' if outcome.sound else 'BROKEN'}")
    for example in outcome.findings.examples():
        print(f"  {example}")
    return 0 if outcome.sound else 1


if __name__ == "__main__":
    sys.exit(main())
