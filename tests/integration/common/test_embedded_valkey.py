import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import redis
from switchyard_common.embedded import EmbeddedValkey, valkey_binary
from switchyard_common.errors import StartError

pytestmark = pytest.mark.integration


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def is_empty(folder: Path) -> bool:
    return not any(folder.iterdir())


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 60
    while is_alive(pid):
        assert time.monotonic() < deadline, f"process {pid} lives on"
        time.sleep(0.02)


def test_the_wheel_has_a_program_for_this_machine() -> None:
    assert os.access(valkey_binary(), os.X_OK)


def test_it_serves_on_a_free_port_and_leaves_nothing_behind() -> None:
    with EmbeddedValkey() as server:
        pid, folder = server.pid, Path(server._folder)
        with redis.Redis.from_url(server.url) as client:
            assert client.set("a", "1")
            assert client.get("a") == b"1"
        assert is_alive(pid)
        assert folder.is_dir()
    assert not is_alive(pid)
    assert not folder.exists()


async def test_it_starts_without_blocking_the_loop() -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0)
            ticks += 1

    ticking = asyncio.create_task(tick())
    async with EmbeddedValkey() as server:
        ticks_at_start = ticks
        pid = server.pid
    ticking.cancel()
    assert ticks_at_start > 0
    assert not is_alive(pid)


def test_data_outlives_it_with_a_folder_and_aof(tmp_path: Path) -> None:
    for expected in (None, b"kept"):
        with (
            EmbeddedValkey(data_dir=tmp_path / "data", aof=True) as server,
            redis.Redis.from_url(server.url) as client,
        ):
            assert client.get("key") == expected
            client.set("key", "kept")


def test_a_busy_port_is_said_with_the_servers_own_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(StartError, match=rf"(?s)127.0.0.1:{port} ended at once.*in use"),
            EmbeddedValkey(port=port),
        ):
            pytest.fail("it must not start")


async def test_a_start_that_is_cancelled_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    server = EmbeddedValkey()
    starting = asyncio.create_task(server.__aenter__())
    await asyncio.sleep(0)
    pid = server.pid
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert not is_alive(pid)
    assert is_empty(tmp_path)
    with pytest.raises(RuntimeError, match="not running"):
        _ = server.pid


def test_another_server_on_the_port_is_not_mistaken_for_it() -> None:
    with (
        EmbeddedValkey() as first,
        pytest.raises(StartError, match="ended at once"),
        EmbeddedValkey(port=first.port),
    ):
        pytest.fail("it must not start")


def test_it_has_no_password_so_it_stays_on_loopback() -> None:
    with pytest.raises(StartError, match="no password"):
        EmbeddedValkey(bind="0.0.0.0")


def test_it_dies_with_a_parent_that_is_killed() -> None:
    script = (
        "import time\n"
        "from switchyard_common.embedded import EmbeddedValkey\n"
        "with EmbeddedValkey() as server:\n"
        "    print(server.pid, flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert is_alive(pid)
        parent.send_signal(signal.SIGKILL)
    wait_until_gone(pid)


def test_each_test_gets_an_empty_database(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set("left", "over")


def test_also_the_one_after_it(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set("left", "over")
