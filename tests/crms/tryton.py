"""Tryton itself, on SQLite and a loopback port, for its connector's tests.

Tryton is GPL: it runs in an environment and in processes of its own, and nothing imports it.
Making its database takes half a minute, so that is done once per lock file and then copied.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from switchyard_common import die_with_parent

from tests.fakes.ports import free_port

_ROOT = Path(__file__).parents[2]
_PROGRAMS = _ROOT / ".venv-crms" / "bin"
_PREPARE = Path(__file__).parent / "tryton_site" / "prepare.py"
_LOCK = Path(__file__).parent / "requirements.lock"
_CACHE = _ROOT / ".switchyard" / "crms"
_MODULES = ("party", "sale")
_START_SECONDS = 120.0
_STOP_SECONDS = 20.0
_POLL_SECONDS = 0.05
_BUSY_SECONDS = 30.0
_LAST_WORDS = 20
_TIMEOUT_SECONDS = 60.0

DATABASE = "crm"
KEY = "a-key-for-tests-only"


class Tryton:
    """A running Tryton, for the length of a `with`. It ends with this process."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="switchyard-tryton-"))
        self._log = self._folder / "trytond.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()

    def __enter__(self) -> "Tryton":
        try:
            shutil.copy(_prepared(), self._database)
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self._folder)

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """What its REST interface answers to an administrator."""
        answer = httpx.request(
            method,
            f"http://127.0.0.1:{self.port}/{DATABASE}/rest/model/{path}",
            json=body,
            headers={"Authorization": f"Bearer {KEY}"},
            timeout=_TIMEOUT_SECONDS,
            trust_env=False,
        )
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """What SQLite answers, for what the interface does not let anybody do."""
        connection = sqlite3.connect(self._database, timeout=_BUSY_SECONDS)
        with contextlib.closing(connection), connection:
            return connection.execute(statement, values).fetchall()

    @property
    def _database(self) -> Path:
        return self._folder / f"{DATABASE}.sqlite"

    def _start(self) -> None:
        command = [str(_PROGRAMS / "trytond"), "-c", str(_configuration(self._folder, self.port))]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                die_with_parent.command([*command, "-d", DATABASE]),
                env=_environment(self._folder),
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                words = self._log.read_text(errors="replace").splitlines()[-_LAST_WORDS:]
                raise RuntimeError("Tryton did not start:\n" + "\n".join(words))
            time.sleep(_POLL_SECONDS)

    def _answers(self) -> bool:
        try:
            self.api("POST", "party.party/search_read", {"domain": [["id", "=", 1]]})
        except (httpx.HTTPError, AssertionError):
            return False
        return True


def _prepared() -> Path:
    """A database with all modules and `prepare.py`'s content, of this lock file."""
    inputs = b"".join(file.read_bytes() for file in (_LOCK, _PREPARE)) + repr(_MODULES).encode()
    _CACHE.mkdir(parents=True, exist_ok=True)
    done = _CACHE / f"tryton-{hashlib.sha256(inputs).hexdigest()[:16]}.sqlite"
    with (_CACHE / "tryton.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of several workers one makes it
        if not done.exists():
            for old in _CACHE.glob("tryton-*.sqlite"):
                old.unlink()
            _make(done)
    return done


def _make(done: Path) -> None:
    folder = Path(tempfile.mkdtemp(prefix="switchyard-tryton-"))
    try:
        configuration = str(_configuration(folder, 0))
        (folder / f"{DATABASE}.sqlite").touch()  # Tryton makes no file of its own
        (folder / "password").write_text(KEY)
        admin = [
            *(str(_PROGRAMS / "trytond-admin"), "-c", configuration, "-d", DATABASE),
            *("-u", *_MODULES, "--activate-dependencies", "--email", "admin@example.com"),
        ]
        _run(admin, folder)
        prepare = [str(_PROGRAMS / "python"), str(_PREPARE), configuration, DATABASE, KEY]
        _run(prepare, folder)
        half = done.with_suffix(".half")
        shutil.copy(folder / f"{DATABASE}.sqlite", half)
        half.rename(done)
    finally:
        shutil.rmtree(folder)


def _run(command: list[str], folder: Path) -> None:
    ran = subprocess.run(
        command, check=False, env=_environment(folder), capture_output=True, text=True
    )
    if ran.returncode != 0:
        raise RuntimeError(f"Tryton's database cannot be made:\n{ran.stderr}")


def _configuration(folder: Path, port: int) -> Path:
    file = folder / "trytond.conf"
    file.write_text(
        f"[database]\nuri = sqlite://\npath = {folder}\n[web]\nlisten = 127.0.0.1:{port}\n"
    )
    return file


def _environment(folder: Path) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(folder),
        "PYTHONDONTWRITEBYTECODE": "1",
        "TRYTONPASSFILE": str(folder / "password"),
    }


@pytest.fixture(scope="session")
def tryton() -> Iterator[Tryton]:
    """The worker's Tryton. Tests share it, so each makes people of its own."""
    with Tryton() as running:
        yield running
