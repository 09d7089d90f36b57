"""`make bench-crm`: contexts and matching, in one run of less than ten minutes.

`--only contexts` or `--only matching` runs a part; `--customers 5000` and `--records 10000` make it
smaller. The last line is JSON.
"""

import argparse
import json
import os
import sys
from time import perf_counter

from benchmarks.crm import contexts, matching
from benchmarks.load.table import say


def main() -> None:
    """Run the parts asked for."""
    asked = _arguments()
    began = perf_counter()
    figures: dict[str, float] = {}
    if "contexts" in asked.only:
        figures |= contexts.measure(asked.customers, asked.calls)
    if "matching" in asked.only:
        say("matching")
        figures |= matching.identity_figures(asked.records)
    figures["load_average"] = round(os.getloadavg()[0], 1)
    figures["seconds"] = round(perf_counter() - began)
    sys.stdout.flush()
    print(json.dumps(figures))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-crm ARGS=…", description=__doc__)
    parts = ("contexts", "matching")
    parser.add_argument("--only", nargs="+", choices=parts, default=parts)
    parser.add_argument("--customers", type=int, default=contexts.CUSTOMERS)
    parser.add_argument("--calls", type=int, default=contexts.CALLS)
    parser.add_argument("--records", type=int, nargs="+", default=list(matching.SIZES))
    return parser.parse_args()


if __name__ == "__main__":
    main()
