"""Records that were erased and stay out, whatever their sources say later."""

from collections.abc import Collection, Mapping
from itertools import batched

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from switchyard_crm.adapters.sql.tables.audit import erasures
from switchyard_crm.service.vault import Vault

_INDEX_KIND = "erased"
_MAX_VALUES = 1000  # in one IN (...)

type Place = tuple[str, str, str]
"""Tenant, source, id there: what makes a record the same."""

_ANY = select(erasures.c.tenant).limit(1)
_ERASED = select(erasures.c.source_index).where(
    erasures.c.tenant == bindparam("tenant"),
    erasures.c.source == bindparam("source"),
    erasures.c.source_index.in_(bindparam("values", expanding=True)),
)


def source_index(vault: Vault, place: Place) -> str:
    """What an erased record is remembered by: its id in the source may be personal."""
    tenant, source, source_id = place
    return vault.index(tenant, _INDEX_KIND, source, source_id)


async def erased(
    connection: AsyncConnection, vault: Vault, places: Collection[Place]
) -> frozenset[Place]:
    """Those that were erased. Costs one read of no row while nobody ever was."""
    if (await connection.execute(_ANY)).first() is None:
        return frozenset()
    gone: set[Place] = set()
    for (tenant, source), by_index in _by_index(vault, places).items():
        for some in batched(by_index, _MAX_VALUES):
            asked = {"tenant": tenant, "source": source, "values": some}
            gone.update(by_index[index] for (index,) in await connection.execute(_ERASED, asked))
    return frozenset(gone)


def _by_index(
    vault: Vault, places: Collection[Place]
) -> Mapping[tuple[str, str], dict[str, Place]]:
    found: dict[tuple[str, str], dict[str, Place]] = {}
    for place in places:
        found.setdefault(place[:2], {})[source_index(vault, place)] = place
    return found
