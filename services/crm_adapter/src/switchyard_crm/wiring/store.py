"""The customer store, put together: to serve from, and to write to beside a service."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from switchyard_common.clock import SystemClock
from switchyard_common.ids import IdFactory
from switchyard_common.sql.sole_server import sole_server

from switchyard_crm.adapters.sql.audit import SqlAccessLog
from switchyard_crm.adapters.sql.database import Database, open_database
from switchyard_crm.adapters.sql.identity_index import IdentifierReader
from switchyard_crm.adapters.sql.links import SqlIdentities
from switchyard_crm.adapters.sql.order_book import OrderReader
from switchyard_crm.adapters.sql.reader import StoreReader
from switchyard_crm.adapters.sql.subjects import SqlSubjects
from switchyard_crm.adapters.sql.view import View
from switchyard_crm.adapters.sql.writes import SqlWrites, Takers
from switchyard_crm.domain.matching.blocked import BLOCKED_BY_DEFAULT, BlockedValues
from switchyard_crm.entrypoints.health import Ping
from switchyard_crm.service.audit import AccessLog
from switchyard_crm.service.context import ContextSource
from switchyard_crm.service.identities import Identities
from switchyard_crm.service.orders import OrderBook
from switchyard_crm.service.outbox import Room
from switchyard_crm.service.resolve import IdentityIndex
from switchyard_crm.service.subjects import SubjectStore
from switchyard_crm.service.vault import Vault
from switchyard_crm.settings import CrmSettings
from switchyard_crm.wiring.context import CrmStore, Known, sql_crm_store
from switchyard_crm.wiring.outbox import WriteStore, sql_write_store
from switchyard_crm.wiring.self_service import SelfServiceStore, sql_self_service_store


@dataclass(frozen=True, slots=True)
class Store:
    """All that serving needs of a store."""

    index: IdentityIndex
    sources: tuple[ContextSource, ...]
    orders: OrderBook
    writes: WriteStore
    identities: Identities
    subjects: SubjectStore
    accesses: AccessLog
    ping: Ping
    self_service: SelfServiceStore
    crm: CrmStore | None = None

    @property
    def known(self) -> Known:
        """What looking up needs."""
        return Known(self.index, self.sources[0], self.orders, self.self_service.attempts, self.crm)


@asynccontextmanager
async def serving_database(settings: CrmSettings) -> AsyncIterator[Database]:
    """The settings' database, for a process that serves. Raises StartError."""
    with sole_server(
        settings.database_url,
        setting=settings.env_name("database_url"),
        replicas=settings.replicas,
        replicas_setting=settings.env_name("replicas"),
    ):
        async with database_of(settings) as database:
            yield database


def database_of(settings: CrmSettings) -> AbstractAsyncContextManager[Database]:
    """The settings' database, also beside a process that serves. Raises StartError."""
    return open_database(
        settings.database_url,
        setting=settings.env_name("database_url"),
        readers=settings.database_readers,
        writers=settings.database_writers,
        busy_seconds=settings.busy_seconds,
    )


def sql_store(
    database: Database,
    vault: Vault,
    view: View,
    to: Takers,
    limit: int,
    blocked: BlockedValues = BLOCKED_BY_DEFAULT,
) -> Store:
    """A store on SQL: sealed by the vault, and shown by the rules of the view.

    `to` says which CRMs get what is written, `limit` how many writes may wait for them,
    `blocked` what proves nothing of whom CRMs find.
    """
    room = Room(limit)
    writes = SqlWrites(database, vault, room, to)
    return Store(
        index=IdentifierReader(database, vault),
        sources=(StoreReader(database, vault, view),),
        orders=OrderReader(database, vault, view),
        writes=sql_write_store(database, vault, writes, room),
        identities=SqlIdentities(database, vault, IdFactory(SystemClock())),
        subjects=SqlSubjects(database, vault),
        accesses=SqlAccessLog(database),
        ping=database.ping,
        self_service=sql_self_service_store(database, vault, view, writes),
        crm=sql_crm_store(database, vault, view, SystemClock(), blocked),
    )
