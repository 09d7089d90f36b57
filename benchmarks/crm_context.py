"""How long a customer's context takes from the local store, with few and with many customers.

Run: `python benchmarks/crm_context.py [calls] [customers …]`; by default 2000 calls with 500 and
with 100,000 customers. Stores are filled, served over gRPC by a process each, and asked for random
customers by phone, in turn, so that a noisy machine disturbs all alike. The last line is JSON.
"""

import asyncio
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import grpc
from switchyard.crm.v1 import crm_service_pb2 as crm
from switchyard.crm.v1 import customer_pb2 as model
from switchyard.crm.v1.crm_service_pb2_grpc import CrmServiceStub
from switchyard_common.grpc_channel import open_channel

_SEED = 2026
_NOW = datetime.now(UTC)
_SERVE = (sys.executable, "-m", "switchyard_crm.main")
_SECTIONS = {
    "default": (),
    "all": (crm.PROFILE, crm.ORDERS, crm.BILLS, crm.OPEN_CASES, crm.TIMELINE, crm.ROUTING),
}


class Bench(NamedTuple):
    """A served store."""

    customers: int
    stub: CrmServiceStub
    import_seconds: float


def _phone(number: int) -> str:
    return f"+86199{number:08}"


def _documents(customers: int) -> Iterator[dict[str, object]]:
    rng = random.Random(_SEED)
    for number in range(customers):
        orders = [_order(number, index, rng) for index in range(rng.randint(1, 4))]
        yield {
            "id": f"c-{number}",
            "name": f"Customer {number}",
            "language": rng.choice(("zh", "en")),
            "tier": rng.choice(("standard", "gold")),
            "phones": [_phone(number)],
            "emails": [f"c{number}@example.com"],
            "orders": orders,
            "bills": [_bill(month) for month in range(1, 4)],
            "tickets": [_ticket(index, rng) for index in range(rng.randint(0, 2))],
            "interactions": [_interaction(index, rng) for index in range(rng.randint(0, 8))],
        }


def _order(customer: int, index: int, rng: random.Random) -> dict[str, object]:
    item = {"name": {"zh": "手机壳", "en": "Phone case"}, "quantity": rng.randint(1, 3)}
    return {
        "number": f"SY{customer:08}{index}",
        "state": "shipped",
        "placed": _ago(rng.uniform(0, 500)),
        "items": [item] * rng.randint(1, 3),
        "total": {"currency": "CNY", "minor_units": 19_900},
    }


def _bill(month: int) -> dict[str, object]:
    amount = {"currency": "CNY", "minor_units": 8_800}
    return {"number": f"B{month}", "state": "paid", "amount": amount, "period": f"2026-{month:02}"}


def _ticket(index: int, rng: random.Random) -> dict[str, object]:
    opened = _ago(rng.uniform(0, 90))
    state = rng.choice(("open", "closed"))
    ticket = {"number": f"T{index}", "state": state, "subject": "Parcel missing"}
    return {**ticket, "created": opened, "updated": opened}


def _interaction(index: int, rng: random.Random) -> dict[str, object]:
    agent = f"a-{rng.randint(1, 40)}"
    return {"id": f"i{index}", "channel": "VOICE", "time": _ago(rng.uniform(0, 60)), "agent": agent}


def _ago(days: float) -> str:
    return (_NOW - timedelta(days=days)).isoformat()


@asynccontextmanager
async def _served(folder: Path, customers: int) -> AsyncIterator[Bench]:
    environment = {
        **os.environ,
        "CRM_DATABASE_URL": f"sqlite+aiosqlite:///{folder / f'{customers}.sqlite'}",
        "CRM_PORT": "0",
        "CRM_METRICS_PORT": "0",
    }
    seconds = await _import(folder / f"{customers}.jsonl", customers, environment)
    process = await asyncio.create_subprocess_exec(
        *_SERVE, env=environment, stdout=asyncio.subprocess.PIPE
    )
    try:
        async with open_channel(await _address(process)) as channel:
            yield Bench(customers, CrmServiceStub(channel), seconds)
    finally:
        process.terminate()
        await process.communicate()


async def _import(file: Path, customers: int, environment: dict[str, str]) -> float:
    lines = (json.dumps(document) for document in _documents(customers))
    await asyncio.to_thread(file.write_text, "\n".join(lines))
    began = time.perf_counter()
    importing = await asyncio.create_subprocess_exec(
        *_SERVE, "import", str(file), env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    if await importing.wait() != 0:
        raise SystemExit("the import failed; its output is above")
    return time.perf_counter() - began


async def _address(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    async for line in process.stdout:
        event = json.loads(line)
        if event["event"] == "grpc_listening":
            return str(event["address"])
    raise SystemExit("the service did not start; its output is above")


async def _ask(bench: Bench, sections: tuple[crm.Section.ValueType, ...], number: int) -> float:
    request = crm.GetContextRequest(
        parent="tenants/demo",
        identifier=model.Identifier(kind=model.PHONE, value=_phone(number)),
        sections=sections,
    )
    began = time.perf_counter()
    answer = await bench.stub.GetContext(request, timeout=5)
    elapsed = time.perf_counter() - began
    if answer.outcome != crm.UNIQUE or answer.partial:
        raise SystemExit(f"not the answer that was to be measured: {answer.partial}")
    return elapsed * 1000


async def _floor(bench: Bench) -> float:
    """Milliseconds of a call that gRPC refuses without touching the store."""
    began = time.perf_counter()
    try:
        await bench.stub.GetContext(crm.GetContextRequest(), timeout=5)
    except grpc.aio.AioRpcError:
        return (time.perf_counter() - began) * 1000
    raise SystemExit("an empty request was answered")


async def _measure(benches: list[Bench], calls: int) -> dict[str, float]:
    rng = random.Random(_SEED)
    taken: dict[str, list[float]] = {}
    for call in range(calls + 100):
        for bench in benches:
            row = {"refused": await _floor(bench)}
            for name, sections in _SECTIONS.items():
                row[name] = await _ask(bench, sections, rng.randrange(bench.customers))
            for name, value in row.items():
                if call >= 100:  # the first ones fill caches
                    taken.setdefault(f"{name}_{bench.customers}", []).append(value)
    figures = {}
    for name, values in taken.items():
        cuts = statistics.quantiles(values, n=100)
        figures[f"{name}_p50_ms"] = round(cuts[49], 2)
        figures[f"{name}_p99_ms"] = round(cuts[98], 2)
    return figures


async def _main(calls: int, sizes: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with AsyncExitStack() as stack:
            benches = []
            for size in sizes:
                bench = await stack.enter_async_context(_served(Path(folder), size))
                print(f"{size} customers imported in {bench.import_seconds:.1f} s", flush=True)
                benches.append(bench)
            figures = await _measure(benches, calls)
    for name, value in figures.items():
        print(f"{name:28} {value:8.2f}")
    smallest, largest = min(sizes), max(sizes)
    figures["large_over_small"] = round(
        figures[f"default_{largest}_p50_ms"] / figures[f"default_{smallest}_p50_ms"], 2
    )
    for bench in benches:
        figures[f"import_{bench.customers}_seconds"] = round(bench.import_seconds, 1)
    print(json.dumps(figures))


if __name__ == "__main__":
    arguments = [int(argument) for argument in sys.argv[1:]]
    asyncio.run(_main(arguments[0] if arguments else 2000, arguments[1:] or [500, 100_000]))
