"""BottleCRM as its package ships it, on PostgreSQL and a loopback port, for its connector's tests.

`bottlecrm_site/settings.py` says what differs from a company's own BottleCRM.
"""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from switchyard_common import die_with_parent

from tests.fakes.crm.databases import PostgresServer
from tests.fakes.ports import free_port

_PROGRAMS = Path(__file__).parents[2] / ".venv-crms" / "bin"
_SITE = Path(__file__).parent / "bottlecrm_site"
_ROLE = "bottlecrm"  # no superuser: those pass by row level security
_START_SECONDS = 120.0
_STOP_SECONDS = 20.0
_POLL_SECONDS = 0.05
_LAST_WORDS = 20
_THREADS = "8"
_TIMEOUT_SECONDS = 60.0
SECOND_PHONE, SECOND_EMAIL = "phone_2", "email_2"


class BottleCrm:
    """A running BottleCRM, for the length of a `with`. It ends with this process."""

    def __init__(self, database_server: PostgresServer) -> None:
        self._server = database_server
        self._folder = Path(tempfile.mkdtemp(prefix="switchyard-bottlecrm-"))
        self._log = self._folder / "bottlecrm.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._database = database_server.new_database()
        self.token = ""
        self.refresh_token = ""
        self.port = free_port()

    def __enter__(self) -> "BottleCrm":
        try:
            self._prepare()
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

    def api(self, method: str, path: str, body: Any = None, **parameters: Any) -> Any:
        """What its API answers to somebody signed in, for tests to fill it and to look into it."""
        answer = httpx.request(
            method,
            f"http://127.0.0.1:{self.port}/api/{path}",
            json=body,
            params=parameters,
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=_TIMEOUT_SECONDS,
            trust_env=False,
        )
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def sql(self, statement: str) -> str:
        """What psql prints, for what the API does not let anybody do."""
        return self._server.run(statement, self._database)

    def _prepare(self) -> None:
        exists = self._server.run(f"SELECT 1 FROM pg_roles WHERE rolname = '{_ROLE}'")
        if not exists:
            self._server.run(f"CREATE ROLE {_ROLE} LOGIN")
        self._server.run(f"ALTER DATABASE {self._database} OWNER TO {_ROLE}")
        made = subprocess.run(
            [str(_PROGRAMS / "python"), str(_SITE / "prepare.py")],
            check=False,
            cwd=self._folder,
            env=self._environment(),
            capture_output=True,
            text=True,
        )
        if made.returncode != 0:
            raise RuntimeError(f"BottleCRM's database cannot be made:\n{made.stderr}")
        tokens = json.loads(made.stdout)
        self.token, self.refresh_token = tokens["token"], tokens["refresh_token"]

    def _start(self) -> None:
        command = [
            *(str(_PROGRAMS / "gunicorn"), "crm.wsgi:application", "--no-control-socket"),
            *("--bind", f"127.0.0.1:{self.port}", "--threads", _THREADS),
        ]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                die_with_parent.command(command),
                env=self._environment(),
                cwd=self._folder,  # it writes logs where it is started
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                words = self._log.read_text(errors="replace").splitlines()[-_LAST_WORDS:]
                raise RuntimeError("BottleCRM did not start:\n" + "\n".join(words))
            time.sleep(_POLL_SECONDS)
        # The first write of a process loads its mail and queue libraries, which takes seconds.
        made = self.api("POST", "contacts/", {"first_name": "-", "last_name": "-"})
        self.api("DELETE", f"contacts/{made['id']}/")
        # Contacts have one number and one address; companies add more as fields of their own.
        for key in (SECOND_PHONE, SECOND_EMAIL):
            field = {"target_model": "Contact", "key": key, "label": key, "field_type": "text"}
            self.api("POST", "custom-fields/", field)

    def _answers(self) -> bool:
        try:
            url = f"http://127.0.0.1:{self.port}/healthz/"
            return httpx.get(url, timeout=1.0, trust_env=False).is_success
        except httpx.HTTPError:
            return False

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(self._folder),
            "PYTHONPATH": str(_SITE),
            "PYTHONDONTWRITEBYTECODE": "1",
            "DJANGO_SETTINGS_MODULE": "settings",
            "DBHOST": "127.0.0.1",
            "DBPORT": str(self._server.port),
            "DBNAME": self._database,
            "DBUSER": _ROLE,
            "DBPASSWORD": "",
            "SECRET_KEY": "a key for tests only, of more than thirty-two bytes",
        }


@pytest.fixture(scope="session")
def bottlecrm(postgres_server: PostgresServer) -> Iterator[BottleCrm]:
    """The worker's BottleCRM. Tests share it, so each makes people of its own."""
    with BottleCrm(postgres_server) as running:
        yield running
