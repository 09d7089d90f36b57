"""How far the reading of BottleCRM's changes is, as text that may be stored for years."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Self

from switchyard_crm.adapters.connectors.bottlecrm_api import moment
from switchyard_crm.service.connectors import Invalid

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_CHARS = 1000


class Phase(StrEnum):
    """What is being read."""

    REST = "rest"
    SWEEP = "sweep"
    LOG = "log"


@dataclass(frozen=True, slots=True)
class Position:
    """`swept`: when the last whole sweep began. `told`: the last entry of the activity log that was
    told, as time and id. During a sweep: it began at `start`, takes what changed from `since` on,
    and has read `offset` rows, up to the contact `anchor`, which was made at `made`."""

    phase: Phase = Phase.REST
    swept: datetime = BEGINNING
    told: tuple[datetime, str] = (BEGINNING, "")
    start: datetime = BEGINNING
    since: datetime = BEGINNING
    offset: int = 0
    made: datetime = BEGINNING
    anchor: str = ""

    @classmethod
    def read(cls, cursor: str) -> Self:
        """What `write` wrote; the beginning for an empty cursor. Raises Invalid."""
        if not cursor:
            return cls()
        try:
            given = json.loads(cursor[:_MAX_CHARS])
            time, id_ = given["told"]
            return cls(
                Phase(given["phase"]),
                _time(given["swept"]),
                (_time(time), str(id_)),
                _time(given["start"]),
                _time(given["since"]),
                max(int(given["offset"]), 0),
                _time(given["made"]),
                str(given["anchor"]),
            )
        except (ValueError, LookupError, TypeError):
            raise Invalid("the cursor of changes cannot be read; start without one") from None

    def write(self) -> str:
        """As text."""
        return json.dumps(asdict(self), default=datetime.isoformat)


def _time(text: Any) -> datetime:
    time = moment(text)
    if time is None:
        raise ValueError("no time")
    return time
