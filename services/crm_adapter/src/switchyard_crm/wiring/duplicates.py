"""The search for duplicates, put together for a command that runs beside a service."""

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from importlib.util import find_spec

from switchyard_common.clock import SystemClock
from switchyard_common.errors import StartError

from switchyard_crm.adapters.sql.record_pages import SqlRecordPages
from switchyard_crm.domain.matching.blocked import blocked_values
from switchyard_crm.domain.names import TenantId
from switchyard_crm.entrypoints.cli.duplicates import SearchOrder
from switchyard_crm.service.comparing import compare_waiting
from switchyard_crm.service.duplicates import FindDuplicates, PairSearch, SearchProgress
from switchyard_crm.service.identities import Identities
from switchyard_crm.service.relinking import RelinkBatch, Relinked
from switchyard_crm.service.reviews import Suspect
from switchyard_crm.wiring.commands import settings_beside_a_service
from switchyard_crm.wiring.identity import relink_batch, sql_identities
from switchyard_crm.wiring.privacy import open_vault
from switchyard_crm.wiring.store import database_of

_NEEDED = ("splink", "duckdb")


@asynccontextmanager
async def searching(order: SearchOrder) -> AsyncIterator[AsyncIterator[SearchProgress]]:
    """How far a search is, while it runs. Raises StartError, also if splink is not installed."""
    _refuse_without_extra()
    settings = settings_beside_a_service(order.database_url)
    vault, clock = open_vault(settings), SystemClock()
    blocked = blocked_values(settings.blocked_values)
    async with database_of(settings) as database:
        identities = sql_identities(database, vault, clock)
        search = FindDuplicates(
            SqlRecordPages(database, vault),
            _open_search,
            identities,
            Suspect(identities, clock),
            _Relinking(identities, relink_batch(identities, clock, blocked)).run,
            blocked,
        )
        yield search.run(TenantId(order.tenant), order.most)


class _Relinking:
    """Compares what waits, as the service beside does."""

    def __init__(self, identities: Identities, batch: RelinkBatch) -> None:
        self._identities = identities
        self._batch = batch

    async def run(self, tenant: TenantId) -> AsyncIterator[Relinked]:
        async for compared in compare_waiting(self._identities, self._batch, tenant):
            yield compared.done


def _open_search() -> AbstractContextManager[PairSearch]:
    # Loading splink takes seconds and needs the extra: only who searches does it.
    from switchyard_crm.adapters.splink_search import open_splink_search

    return open_splink_search()


def _refuse_without_extra() -> None:
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise StartError(
            f"the search for duplicates needs {' and '.join(missing)}; "
            "install it: uv pip install 'switchyard-crm[matching]'"
        )
