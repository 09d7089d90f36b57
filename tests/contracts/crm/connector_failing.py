"""What a connector says it can, and what it makes of faults."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from switchyard_crm.domain.customer import Interaction
from switchyard_crm.service.connectors import (
    Capability,
    CaseChange,
    Connector,
    ConnectorError,
    Invalid,
    NewCase,
    RateLimited,
    Unauthorized,
    Unavailable,
    Unsupported,
)

from tests.contracts.crm.connector_tools import (
    HUGE,
    NOTE,
    all_logs,
    chain,
    email,
    ids,
    phone,
)
from tests.contracts.crm.connector_world import Person, World, fresh_digits
from tests.fakes.crm.faults import Canned


class FailingContract:
    """Mix into a test class that has a fixture `world`."""

    async def test_names_itself_and_what_it_can_do(self, world: World) -> None:
        connector = await world.connect()
        assert connector.name == connector.name.lower().strip()
        assert connector.capabilities
        assert connector.capabilities <= set(Capability)

    async def test_what_is_not_declared_is_unsupported(self, world: World) -> None:
        connector = await world.connect()
        calls: dict[Capability, Callable[[], Awaitable[object]]] = {
            Capability.FIND: lambda: connector.find(phone("19900000000")),
            Capability.GET: lambda: connector.get("1"),
            Capability.TIMELINE: lambda: connector.timeline("1", 1),
            Capability.OPEN_CASES: lambda: connector.open_cases("1", 1),
            Capability.ORDERS: lambda: connector.orders("1", 1),
            Capability.LOG_INTERACTION: lambda: connector.log_interaction("k", "1", NOTE),
            Capability.CREATE_CASE: lambda: connector.create_case("k", "1", NewCase("s")),
            Capability.UPDATE_CASE: lambda: connector.update_case("k", "1", CaseChange("closed")),
            Capability.CHANGES: lambda: connector.changes("", 1),
            Capability.ERASE: lambda: connector.erase("1"),
        }
        assert set(calls) == set(Capability)
        world.proxy.seen.clear()
        for capability in set(Capability) - connector.capabilities:
            with pytest.raises(Unsupported):
                await calls[capability]()
        assert not world.proxy.seen

    async def test_health_tells_the_time_of_the_crm(self, world: World) -> None:
        connector = await world.connect()
        told = await connector.health()
        assert told.utcoffset() == timedelta(0)
        assert abs(told - datetime.now(UTC)) < timedelta(days=1)

    @pytest.mark.parametrize(
        ("answer", "expected"),
        [
            (Canned(429, headers={"retry-after": "7"}), RateLimited),
            (Canned(429), RateLimited),
            (Canned(401), Unauthorized),
            (Canned(403), Unauthorized),
            (Canned(400, b'{"message": "no"}'), Invalid),
            (Canned(500, b"<html>oops</html>"), Unavailable),
            (Canned(502), Unavailable),
            (Canned(503, headers={"retry-after": "3"}), Unavailable),
            (Canned(302, headers={"location": "http://127.0.0.1:9/"}), Invalid),
            (Canned(200, b"<html>Please log in</html>"), Invalid),
            (Canned(200, b'{"result": ['), Invalid),
            (Canned(200, b"[" * 200_000), Invalid),
            (Canned(200, b"{}", missing=100), Unavailable),
            (Canned(200, b" " * HUGE), Invalid),
        ],
        ids=lambda value: getattr(value, "__name__", None) or f"{value.status}-{value.body[:9]!r}",
    )
    async def test_faults_have_one_meaning(
        self, world: World, answer: Canned, expected: type[ConnectorError]
    ) -> None:
        connector = await world.connect()
        world.proxy.answer(answer)
        with pytest.raises(expected) as caught:
            await connector.find(phone("19900000000"))
        if isinstance(caught.value, RateLimited):
            assert caught.value.retry_after_seconds == (7 if answer.headers else None)
        world.proxy.heal()
        assert not await connector.find(phone("19900000000"))

    async def test_wrong_credentials_are_unauthorized(self, world: World) -> None:
        connector = await world.connect(wrong=True)
        with pytest.raises(Unauthorized):
            await connector.health()
        with pytest.raises(Unauthorized):
            await connector.find(phone("19900000000"))

    async def test_silence_is_unavailable_within_the_timeout(self, world: World) -> None:
        connector = await world.connect(timeout_seconds=1)
        world.proxy.hang()
        for call in (connector.find(phone("19900000000")), connector.health()):
            with pytest.raises(Unavailable):
                await call
        await world.proxy.none_open()

    async def test_a_crm_that_is_gone_is_unavailable(self, world: World) -> None:
        connector = await world.connect()
        await world.proxy.stop()
        with pytest.raises(Unavailable):
            await connector.find(phone("19900000000"))
        with pytest.raises(Unavailable):
            await connector.health()

    async def test_cancelled_calls_leave_no_connection(self, world: World) -> None:
        digits = fresh_digits()
        stored = await world.add_person(Person("王芳", (digits,)))
        connector = await world.connect()
        world.proxy.hang()
        for _ in range(30):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await asyncio.gather(*(connector.find(phone(digits)) for _ in range(3)))
        world.proxy.heal()
        await world.proxy.none_open()
        assert ids(await connector.find(phone(digits))) == {stored}
        await world.proxy.none_open()

    async def test_nothing_personal_is_logged_or_told(
        self, world: World, caplog: pytest.LogCaptureFixture
    ) -> None:
        digits = fresh_digits()
        secrets = (digits, f"secret{digits}", f"机密{digits}")
        with all_logs(caplog) as lines:
            stored = await world.add_person(
                Person(secrets[2], (digits,), (f"{secrets[1]}@example.com",))
            )
            connector = await world.connect()
            caplog.clear()  # what the test itself said to the CRM
            errors = await self._everything(world, connector, stored, secrets)
        told = " ".join(map(str, lines)) + " ".join(map(chain, errors))
        assert errors
        for secret in secrets:
            assert secret not in told

    @staticmethod
    async def _everything(
        world: World, connector: Connector, stored: str, secrets: tuple[str, ...]
    ) -> list[ConnectorError]:
        """Use all that there is, in good and in bad times; the errors."""
        digits, word, chinese = secrets
        note = Interaction("", "VOICE", NOTE.time, summary=f"{word} {chinese}", agent="a-1")
        case = NewCase(f"{chinese} {word}", digits)
        echo = f'{{"error": "{digits} {word} {chinese}", "message": "{word}"}}'.encode()
        errors: list[ConnectorError] = []
        answers = (None, *(Canned(status, echo) for status in (200, 400, 401, 404, 429, 500)))
        for answer in answers:
            if answer is not None:
                world.proxy.answer(answer)
            calls: tuple[Awaitable[object], ...] = (
                connector.find(phone(digits)),
                connector.find(email(f"{word}@example.com")),
                connector.get(stored),
                connector.timeline(stored, 5),
                connector.open_cases(stored, 5),
                connector.orders(stored, 5),
                connector.log_interaction(f"key-{digits[:3]}", stored, note),
                connector.create_case(f"key-{digits[:3]}", stored, case),
                connector.update_case("key", "1", CaseChange("closed", word)),
                connector.changes("", 50),
            )
            for call in calls:
                try:
                    await call
                except ConnectorError as error:
                    errors.append(error)
            world.proxy.heal()
        return errors
