"""The SQL store in one piece, for tests that read and write."""

from switchyard_common.clock import Clock
from switchyard_crm.adapters.sql.database import Database
from switchyard_crm.adapters.sql.identity_index import IdentifierReader
from switchyard_crm.adapters.sql.known_records import SqlCustomerRecords
from switchyard_crm.adapters.sql.order_book import OrderReader
from switchyard_crm.adapters.sql.reader import StoreReader
from switchyard_crm.adapters.sql.view import View
from switchyard_crm.adapters.sql.writer import StoreWriter
from switchyard_crm.adapters.sql.writes import SqlWrites
from switchyard_crm.service.outbox import Room
from switchyard_crm.service.vault import Vault


class SqlStore:
    """All ports of the service, on one database."""

    name = StoreReader.name

    def __init__(
        self, database: Database, vault: Vault, clock: Clock, view: View | None = None
    ) -> None:
        view = view or View({})
        reader = StoreReader(database, vault, view)
        writer = StoreWriter(database, vault, clock)
        self.ping = database.ping
        self.read = reader.read
        self.records_of = SqlCustomerRecords(database, vault).records_of
        self.holders = IdentifierReader(database, vault).holders
        self.find_order = OrderReader(database, vault, view).find_order
        self.order_owners, self.replace = writer.order_owners, writer.replace
        self.append = SqlWrites(database, vault, Room(0), {}).append
