"""Work for an answer that has an end, and the report of how it went."""

from collections.abc import Callable, Coroutine

import structlog
from switchyard_common.clock import Clock
from switchyard_common.errors import DomainError

from switchyard_crm.domain.context import SourceReport, SourceStatus
from switchyard_crm.service.bounded import Bounded

type Work = Callable[[], Coroutine[object, object, None]]


class Reporter:
    """Runs work of a source until it is done or the time is up, and says which."""

    def __init__(self, bounded: Bounded, clock: Clock) -> None:
        self._bounded = bounded
        self._clock = clock
        self._log = structlog.stdlib.get_logger("switchyard.crm")

    async def run(self, source: str, work: Work, end: float) -> SourceReport:
        """How it went by `end` (monotonic). Raises nothing that the work does."""
        began = self._clock.monotonic()
        status = SourceStatus.FRESH
        try:
            await self._bounded.run(work(), end - began)
        except TimeoutError:
            status = SourceStatus.TIMEOUT
        except DomainError:
            status = SourceStatus.ERROR
        except Exception:  # noqa: BLE001  # logged with its traceback, and told to the caller
            # One broken source must not take the answers of the others with it.
            self._log.exception("source_crashed", source=source)
            status = SourceStatus.ERROR
        return SourceReport(source, status, self._clock.monotonic() - began)
