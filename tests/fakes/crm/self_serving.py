"""A crm_adapter with which customers do things alone: with branches and a gateway for codes."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import grpc
import pytest
from switchyard.crm.v1 import customer_pb2 as model
from switchyard_common.grpc_errors import reason_of
from switchyard_crm.domain.customer import Bill, Money

from tests.fakes.crm.people import customer, order, phone, wang
from tests.fakes.crm.proving import wang_with_pin
from tests.fakes.crm.running import RunningCrm, fill, running_crm

PARENT = "tenants/demo"
WANG = f"{PARENT}/customers/c-1"
PHONE = model.Identifier(kind=model.PHONE, value="199 0000 1234")
BRANCHES = """
time_zone: Asia/Shanghai
branches:
  - id: west-lake
    name: {zh: 西湖店, en: West Lake}
    area: {zh: 杭州, en: Hangzhou}
    address: {zh: 云杉路1号, en: 1 Spruce Road}
    hours: {mon-sun: "00:00-24:00"}
    closed: [2000-01-01, 2999-01-01]
    appointments: {minutes: 60, capacity: 1}
  - id: kiosk
    name: {zh: 小亭, en: Kiosk}
    area: {zh: 杭州, en: Hangzhou}
    address: {zh: 云杉路2号, en: 2 Spruce Road}
    hours: {mon: "09:00-10:00"}
"""


@dataclass
class Gateway:
    """An operator's gateway for messages, on loopback."""

    status: int = 202
    taken: list[dict[str, object]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    url: str = ""


@asynccontextmanager
async def gateway() -> AsyncIterator[Gateway]:
    """Takes what is sent until the end of the block."""
    running = Gateway()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            running.taken.append(json.loads(body))
            running.keys.append(self.headers["idempotency-key"])
            self.send_response(running.status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.url = f"http://127.0.0.1:{server.server_port}/codes"
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield running
    finally:
        await asyncio.to_thread(server.shutdown)
        thread.join()
        server.server_close()


async def furnished(folder: Path) -> Path:
    """A new store in a folder with customers, and a file of branches beside it."""
    path = folder / "crm.sqlite"
    open_order = replace(order("SY30720001"), state="placed", delivery_address="云杉路18号")
    bills = (Bill("B1", "open", Money("CNY", 10_000)),)
    known = replace(await wang_with_pin(), orders=(*wang().orders, open_order), bills=bills)
    await fill(path, [known, customer("c-2", phone("+8619900005678"), name="李雷")])
    (folder / "branches.yaml").write_text(BRANCHES, encoding="utf-8")
    return path


def serving(database: Path, codes: Gateway) -> AbstractAsyncContextManager[RunningCrm]:
    """The adapter over such a store."""
    return running_crm(
        database,
        branches_file=database.parent / "branches.yaml",
        code_gateway_url=codes.url,
        reset_url="https://example.com/reset/{token}?language={language}",
    )


async def refused(call: Awaitable[object]) -> tuple[grpc.StatusCode, str | None]:
    """Code and reason of a call that must fail."""
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call
    return error.value.code(), reason_of(error.value)
