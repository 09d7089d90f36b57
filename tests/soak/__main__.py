"""`make soak`: one run with its report; not 0 if something grows, was lost or was given twice."""

import argparse
import asyncio
import json
import sys
from dataclasses import fields

from switchyard_launcher.child import ProcessFailed
from switchyard_launcher.preflight import NotPrepared

from tests.soak.growth import Verdict
from tests.soak.plan import Plan
from tests.soak.report import page, write
from tests.soak.run import NotBegun, run

_EXAMPLES = 5


def _plan() -> Plan:
    parser = argparse.ArgumentParser(
        prog="make soak", description="Options go into ARGS='…'; 0 leaves a kind of load out."
    )
    usual = Plan()
    for one in fields(Plan):
        value = getattr(usual, one.name)
        flag = f"--{one.name.replace('_', '-')}"
        if isinstance(value, bool):
            parser.add_argument(flag, action="store_true")
        else:
            parser.add_argument(flag, type=type(value), default=value, help=f"default {value}")
    plan = Plan(**vars(parser.parse_args()))
    if plan.minutes <= 0 or plan.sample_seconds <= 0:
        parser.error("--minutes and --sample-seconds must be above 0")
    return plan


def main() -> int:
    """Run, write the report, judge."""
    plan = _plan()
    try:
        found = asyncio.run(run(plan, lambda text: print(f"soak {text}", file=sys.stderr)))
    except (NotPrepared, ProcessFailed, NotBegun) as error:
        print(f"soak found nothing to judge: {error}", file=sys.stderr)
        return 2
    path = write(page(found), plan.out / "soak.html")
    (plan.out / "series.json").write_text(json.dumps(found.recorded.as_json()))
    for one in found.judged:
        if one.growth.verdict in (Verdict.GROWS, Verdict.UNDECIDED):
            growth = one.growth
            print(
                f"  {growth.verdict}: {one.measure} of {one.of}, {growth.per_hour:+.1f} an hour "
                f"({growth.low:.1f} to {growth.high:.1f}; budget {one.budget:.1f})"
            )
    for kind, problems in found.broken.items():
        for problem in problems[:_EXAMPLES]:
            print(f"  {kind}: {problem}")
    print(f"{'SOUND' if found.sound else 'BROKEN'}; report: {path}")
    print(json.dumps(found.summary()))
    return 0 if found.sound else 1


if __name__ == "__main__":
    sys.exit(main())
