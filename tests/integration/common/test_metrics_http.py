import socket

import httpx
import pytest
from prometheus_client import CollectorRegistry, Counter
from switchyard_common.errors import StartError
from switchyard_common.metrics_http import MetricsServer

pytestmark = pytest.mark.integration


async def fetch(url: str) -> str:
    async with httpx.AsyncClient(timeout=60) as http:
        return (await http.get(url)).text


async def test_serves_its_registry_and_the_process_on_a_free_port_until_the_end() -> None:
    registry = CollectorRegistry()
    Counter("switchyard_test_things", "Things.", registry=registry).inc(3)
    async with MetricsServer(registry, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.port}/metrics"
        text = await fetch(url)
    assert "switchyard_test_things_total 3.0" in text
    assert "process_resident_memory_bytes" in text
    assert "python_gc_collections_total" in text
    assert "python_info" in text
    with pytest.raises(httpx.ConnectError):
        await fetch(url)


async def test_can_serve_the_same_registry_again() -> None:
    registry = CollectorRegistry()
    for _ in range(2):
        async with MetricsServer(registry, "127.0.0.1", 0) as server:
            assert server.port > 0


async def test_a_busy_port_is_said_and_nothing_is_left() -> None:
    registry = CollectorRegistry()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StartError, match=f"ROUTER_METRICS_PORT: port {port} .* is in use"):
            await MetricsServer(
                registry, "127.0.0.1", port, setting="ROUTER_METRICS_PORT"
            ).__aenter__()
    assert list(registry.collect()) == []
