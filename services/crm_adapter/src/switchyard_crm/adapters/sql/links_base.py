"""What all that changes the customers of one tenant shares: its transaction, its keys, its ids."""

from typing import Any

from sqlalchemy import BindParameter, Row, bindparam
from sqlalchemy.ext.asyncio import AsyncConnection
from switchyard_common.ids import IdFactory

from switchyard_crm.domain.names import TenantId
from switchyard_crm.service.vault import Vault

type AnyRow = Row[*tuple[Any, ...]]

MAX_VALUES = 1000  # in one IN (...)
TENANT: BindParameter[str] = bindparam("tenant")
SOME: BindParameter[Any] = bindparam("some", expanding=True)


class InTenant:
    """Part of a transaction in one tenant."""

    def __init__(
        self, connection: AsyncConnection, tenant: TenantId, vault: Vault, ids: IdFactory
    ) -> None:
        self._connection = connection
        self._tenant = tenant
        self._vault = vault
        self._ids = ids
