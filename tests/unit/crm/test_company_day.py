"""What "today" is when customers ask for something."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import cast
from zoneinfo import ZoneInfo

import pytest
from switchyard_common.clock import FakeClock
from switchyard_crm.entrypoints.self_service import SelfService

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("zone", "today"),
    [("Asia/Shanghai", date(2026, 1, 2)), ("America/Los_Angeles", date(2026, 1, 1))],
)
def test_today_is_the_companys_day_and_not_that_of_greenwich(zone: str, today: date) -> None:
    clock = FakeClock()
    clock.advance((datetime(2026, 1, 1, 20, tzinfo=UTC) - clock.now()) / timedelta(seconds=1))
    service = cast(SelfService, SimpleNamespace(clock=clock, zone=ZoneInfo(zone)))
    assert SelfService.today(service) == today
