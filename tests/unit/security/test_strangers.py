"""What those may ask whom nobody vouches for, and what they cannot fill."""

from contextlib import ExitStack
from typing import Any

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs
from switchyard_common.admission import Admission, Rule, Touch
from switchyard_common.authentication import Authenticator
from switchyard_common.errors import DomainError
from switchyard_common.limits import LimitSettings
from switchyard_common.local_call import LocalContext
from switchyard_common.strangers import Strangers, address_of
from switchyard_common.tokens import TokenVerifier

pytestmark = pytest.mark.unit

METHOD, HEALTH = "/x.v1.Thing/Do", "/grpc.health.v1.Health/"
LIMITS = LimitSettings(
    calls_per_second=1e6, burst=10**6, streams_per_caller=9, streams_per_agent=9, streams=9
)


class Meter:
    def __init__(self) -> None:
        self.turned_away: list[str] = []

    def refused(self, reason: str) -> None:
        self.turned_away.append(reason)

    def streams(self, total: int) -> None: ...

    def unrecorded(self) -> None: ...


class Journal:
    def __init__(self) -> None:
        self.entries: list[str] = []

    def keep(self, actor: str, rpc: str, outcome: str, subject: str) -> None:
        self.entries.append(outcome)

    def flush(self) -> None: ...


class Door:
    """A door that takes tokens, on a clock that stands still."""

    def __init__(self) -> None:
        self.meter, self.journal = Meter(), Journal()
        verifier = TokenVerifier("x", secret=SecretStr("a secret for tests, and for tests only"))
        self._admission = Admission(
            "demo",
            Authenticator("demo", verifier, tls=False),
            {METHOD: Rule((), Touch.CHANGE)},
            LIMITS,
            self.meter,
            monotonic=lambda: 0.0,
            journal=self.journal,
        )

    async def call(self, method: str, peer: str, token: str = "") -> str:
        """The reason of the refusal, or what was answered."""

        async def write(_: Any) -> None: ...

        async def receive(raw: Any, _: Any) -> Any:
            return raw

        async def answer(*_: Any) -> str:
            return "answered"

        shown = (("authorization", f"Bearer {token}"),) if token else ()
        call = self._admission.protect(method, answer, receive, streaming=False)
        try:
            return str(await call(b"", LocalContext(write, peer=peer, metadata=shown)))
        except DomainError as error:
            return error.reason


@pytest.mark.parametrize(
    ("peer", "address"),
    [("ipv4:192.0.2.7:5012", "ipv4:192.0.2.7"), ("ipv6:[::1]:9", "ipv6:[::1]"), ("", "")],
)
def test_a_caller_that_connects_anew_is_the_same_stranger(peer: str, address: str) -> None:
    assert address_of(peer) == address


async def test_bad_tokens_without_end_do_not_fill_the_disk() -> None:
    door = Door()
    with capture_logs() as lines:
        for number in range(1_000):
            reason = await door.call(METHOD, f"ipv4:192.0.2.7:{number}", "forged")
            assert reason == "BAD_TOKEN"
    assert len(door.journal.entries) == 100
    assert len(lines) == 100
    assert len(door.meter.turned_away) == 1_000
    await door.call(METHOD, "ipv4:192.0.2.8:1")
    assert door.journal.entries[-1] == "NO_IDENTITY"


async def test_health_is_asked_by_one_address_only_so_often() -> None:
    door = Door()
    told = [await door.call(f"{HEALTH}Check", f"ipv4:192.0.2.7:{port}") for port in range(1_001)]
    assert set(told[:-1]) == {"answered"}
    assert told[-1] == "RATE_LIMITED"
    assert door.meter.turned_away == ["RATE_LIMITED"]
    assert await door.call(f"{HEALTH}Check", "ipv4:192.0.2.8:1") == "answered"


def test_one_address_holds_a_part_of_the_streams_that_are_open_to_all() -> None:
    strangers = Strangers(lambda: 0.0)
    with ExitStack() as held:
        for _ in range(100):
            held.enter_context(strangers.asking("ipv4:192.0.2.7:1", streaming=True))
        with (
            pytest.raises(DomainError, match="close one"),
            strangers.asking("ipv4:192.0.2.7:2", streaming=True),
        ):
            pass
        held.enter_context(strangers.asking("ipv4:192.0.2.8:1", streaming=True))
    with strangers.asking("ipv4:192.0.2.7:2", streaming=True):
        pass
