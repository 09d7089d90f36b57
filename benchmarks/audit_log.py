"""What an entry of the audit log costs: kept, kept and on the disk, and followed when verifying.

Run: `python -m benchmarks.audit_log`. Medians of single entries, in microseconds; the yardstick is
one HMAC-SHA-256 of a line as long, measured in the same run.
"""

import argparse
import hashlib
import hmac
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import orjson
from switchyard_common.audit_chain import AuditKey, Chain
from switchyard_common.audit_journal import AuditJournal, chains_in, files_of

_FILE_BYTES = 64 * 1024 * 1024
_LINE_BYTES = 330
_RPC = "/switchyard.crm.v1.CrmService/GetContext"


def median_us(act: Callable[[], object], times: int) -> float:
    """The median of single runs, in microseconds."""
    taken = []
    for _ in range(times):
        start = time.perf_counter_ns()
        act()
        taken.append(time.perf_counter_ns() - start)
    return round(statistics.median(taken) / 1000, 1)


def measure(folder: Path, entries: int) -> dict[str, float]:
    """Costs of one entry, and how many a second are verified."""
    key = AuditKey("a key for measuring, nothing else")
    line = b"x" * _LINE_BYTES
    with AuditJournal(folder, "bench", key, _FILE_BYTES) as journal:

        def keep() -> None:
            journal.keep("agent/1007", _RPC, "read", "tenants/demo/customers/17")

        def keep_for_good() -> None:
            keep()
            journal.flush()

        costs = {
            "hmac_us": median_us(lambda: hmac.new(line, line, hashlib.sha256).digest(), entries),
            "kept_us": median_us(keep, entries),
            "on_the_disk_us": median_us(keep_for_good, max(20, entries // 100)),
        }
    files = [file for chain in chains_in(folder) for file in files_of(folder, chain)]
    lines = [("", each) for file in files for each in file.read_text().splitlines()]
    start = time.perf_counter()
    faults = list(Chain(key).faults(lines))
    if faults:
        raise SystemExit(f"the log is broken: {faults[0]}")
    costs["verified_per_second"] = round(len(lines) / (time.perf_counter() - start))
    costs["bytes_per_entry"] = round(sum(file.stat().st_size for file in files) / len(lines))
    return costs


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.audit_log", description=__doc__)
    parser.add_argument("--entries", type=int, default=20_000)
    parser.add_argument("--folder", type=Path, help="on the disk to measure; else a temporary one")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        print(orjson.dumps(measure(Path(folder), arguments.entries)).decode())


if __name__ == "__main__":
    main()
