"""Fresh stores for tests: a SQLite file, and a database on a real PostgreSQL server per worker."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from switchyard_common import die_with_parent
from switchyard_common.settings import TlsFiles

from tests.fakes.ports import free_port

_HOST = "127.0.0.1"
_USER = "crm"
_START_SECONDS = 60.0
_STOP_SECONDS = 20.0
_POLL_SECONDS = 0.02
_LAST_WORDS = 10
_OPTIONS = {
    "listen_addresses": _HOST,
    "unix_socket_directories": "",
    "shared_buffers": "32MB",
    "max_connections": "60",
}
# What a crash of the machine loses is of no use in tests; what a crash of the server loses is.
_QUICK = {"fsync": "off", "full_page_writes": "off"}


class PostgresServer:
    """A server in a temporary folder, for the length of a `with`. It ends with this process.

    A `durable` one writes to disk what it acknowledges, as it would for customers. With a
    certificate it speaks TLS, too; with `access` (a pg_hba.conf) only those may come whom it lets.
    """

    def __init__(
        self,
        *,
        durable: bool = False,
        certificate: TlsFiles | None = None,
        user: str = _USER,
        access: Path | None = None,
    ) -> None:
        self._options = _OPTIONS if durable else _OPTIONS | _QUICK
        self._certificate = certificate
        self._user = user
        self._programs = _programs()
        self._folder = Path(tempfile.mkdtemp(prefix="switchyard-postgres-"))
        if access is not None:
            self._options = self._options | {
                "hba_file": str(access),
                "unix_socket_directories": str(self._folder),
            }
        self._data = self._folder / "data"
        self._log = self._folder / "postgres.log"
        self._before = _unprivileged(self._folder)
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = count()
        self.port = 0

    def __enter__(self) -> "PostgresServer":
        try:
            self._make()
            if self._certificate is not None:
                self._speak_tls(self._certificate)
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self._folder)

    def url(self, database: str = "postgres") -> str:
        """The URL of a database, as the service takes it."""
        return f"postgresql+asyncpg://{self._user}@{_HOST}:{self.port}/{database}"

    def new_database(self) -> str:
        """The name of a new, empty database."""
        name = f"crm_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name}")
        return name

    def run(self, sql: str, database: str = "postgres") -> str:
        """What `psql` prints for a statement, without headings."""
        address = ["-h", _HOST, "-p", str(self.port), "-U", self._user, "-d", database]
        command = [str(self._programs / "psql"), "-XqAt", *address, "-c", sql]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def start(self) -> None:
        """Start, on the port of the last time if there was one, and wait until it answers.

        It ends with the thread that started it: call this from the main one.
        """
        self.port = self.port or free_port()
        options = [part for each in self._options.items() for part in ("-c", "=".join(each))]
        command = [str(self._programs / "postgres"), "-D", str(self._data), "-p", str(self.port)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                _ends_with_us(self._before, [*command, *options]), stdout=log, stderr=log
            )
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                words = self._log.read_text(errors="replace").splitlines()[-_LAST_WORDS:]
                raise RuntimeError("PostgreSQL did not start:\n" + "\n".join(words))
            time.sleep(_POLL_SECONDS)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it, by default as an operator would who does not wait for clients."""
        if self._process is None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _make(self) -> None:
        command = [str(self._programs / "initdb"), "-D", str(self._data), "-U", self._user]
        quick = ["-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        made = subprocess.run(
            [*self._before, *command, *quick], check=False, capture_output=True, text=True
        )
        if made.returncode != 0:
            raise RuntimeError(f"initdb failed:\n{made.stderr}")

    def run_script(self, script: Path, **environment: str) -> None:
        """Run a shell script beside the server, as its image does at the first start."""
        there = {"PATH": f"{self._programs}:{os.environ['PATH']}", "PGPORT": str(self.port)}
        subprocess.run(
            ["bash", "-e", "-c", '. "$0"', str(script)],
            env=there | {"PGHOST": str(self._folder)} | environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )

    @property
    def pid(self) -> int:
        """Of the running server."""
        assert self._process is not None
        return self._process.pid

    def put_certificate(self, certificate: TlsFiles) -> None:
        """Lay another certificate in the place of the first; the server is not told."""
        self._speak_tls(certificate)

    def _speak_tls(self, certificate: TlsFiles) -> None:
        owner = self._data.stat()
        for source, name in ((certificate.cert, "server.crt"), (certificate.key, "server.key")):
            copy = self._data / name
            copy.write_bytes(source.read_bytes())
            copy.chmod(0o600)
            os.chown(copy, owner.st_uid, owner.st_gid)
        self._options = self._options | {"ssl": "on"}

    def _answers(self) -> bool:
        ready = [str(self._programs / "pg_isready"), "-q", "-h", _HOST, "-p", str(self.port)]
        return subprocess.run(ready, check=False).returncode == 0


def _programs() -> Path:
    """Where the server's programs are: on the path, or where Debian keeps them."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    installed = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: float(path.parent.parent.name),
    )
    if not installed:
        raise RuntimeError(
            "PostgreSQL is not installed; install the packages under [test] in system-packages.txt"
        )
    return installed[-1].parent


def _unprivileged(folder: Path) -> list[str]:
    """What to write before the server's commands, since it refuses to run as root."""
    if os.geteuid() != 0:
        return []
    nobody = pwd.getpwnam("nobody")
    # A namespace of its own makes root look like nobody, who may then touch nothing but our files.
    mapped = [f"--map-user={nobody.pw_uid}", f"--map-group={nobody.pw_gid}"]
    namespace = ["unshare", "--user", *mapped]
    if subprocess.run([*namespace, "true"], check=False, capture_output=True).returncode == 0:
        return namespace
    # Containers may forbid that: then it is run by nobody.
    shutil.chown(folder, nobody.pw_uid, nobody.pw_gid)
    ids = [f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]
    return ["setpriv", *ids, "--pdeathsig", "INT"]


def _ends_with_us(before: list[str], command: list[str]) -> list[str]:
    # Another user may not be able to read our interpreter, so setpriv sees to it by itself.
    return before + (command if "--pdeathsig" in before else die_with_parent.command(command))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The worker's server. Whoever stops it starts it again; ask for `postgres_database`."""
    with PostgresServer() as server:
        yield server


@pytest.fixture
def postgres_database(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of an empty database."""
    name = postgres_server.new_database()
    yield postgres_server.url(name)
    postgres_server.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_database(tmp_path: Path) -> str:
    """The URL of a file that does not exist yet, in a folder that does not either."""
    return f"sqlite+aiosqlite:///{tmp_path / 'a folder' / 'crm #1%.sqlite'}"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty store, one kind after the other."""
    return str(request.getfixturevalue(f"{request.param}_database"))
