"""What every place that imports write to keeps."""

from typing import Any, Protocol

import pytest
from switchyard_insights.domain.importing.report import ImportReport
from switchyard_insights.service.importing import ImportedRows

from tests.fakes.insights.call_logs import NamedLog

NAMES = ["tenant", "contact", "origin", "queue", "customer_key", "initial_contact", "arrived_ms"]
LEGS = "contact_legs"


def row(contact: str, queue: str = "billing", key: str = "k1", origin: str = "log/1") -> Any:
    return ("demo", contact, origin, queue, key, f"first-{contact}", 1000)


class Place(Protocol):
    """A port, and what to see and to do behind it."""

    @property
    def port(self) -> ImportedRows:
        """To test."""
        ...

    async def legs(self) -> list[dict[str, Any]]:
        """What stands there, by contact."""
        ...

    async def erase(self, key: str) -> None:
        """Forget a customer."""
        ...


class ImportedRowsContract:
    """Subclasses have a fixture `place`."""

    async def test_rows_with_the_same_key_are_replaced(self, place: Place) -> None:
        await place.port.replace("demo", LEGS, NAMES, [row("a"), row("b"), row("a", "orders")])
        await place.port.replace("demo", LEGS, NAMES, [row("b", "sales")])
        assert [(leg["contact"], leg["queue"]) for leg in await place.legs()] == [
            ("a", "orders"),
            ("b", "sales"),
        ]

    async def test_who_was_erased_is_told_and_stays_unknown(self, place: Place) -> None:
        await place.erase("k1")
        rows = [row("a", key="k2"), row("b"), row("c")]
        assert await place.port.replace("demo", LEGS, NAMES, rows) == [1, 2]
        assert [
            (leg["customer_key"], leg["initial_contact"], leg["erased"])
            for leg in await place.legs()
        ] == [("k2", "first-a", False), ("", "", True), ("", "", True)]

    async def test_what_a_log_brought_is_forgotten_alone(self, place: Place) -> None:
        await place.port.replace("demo", LEGS, NAMES, [row("a"), row("b", origin="log/2")])
        assert await place.port.forget("demo", LEGS, "log/1") == 1
        assert [leg["contact"] for leg in await place.legs()] == ["b"]

    @pytest.mark.parametrize("times", [1, 2])
    async def test_an_import_is_kept_once(self, place: Place, times: int) -> None:
        for _ in range(times):
            await place.port.finished("demo", NamedLog("1"), 5, ImportReport("log/1"))
