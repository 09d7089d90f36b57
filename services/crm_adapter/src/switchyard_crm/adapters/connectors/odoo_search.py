"""Domains that find a partner by an identifier.

Phones: `phone_mobile_search` compares digits whatever stands between them, through an index, but
only in the fields `phone` and `mobile`, and not in full-width digits
(`addons/phone_validation/models/mail_thread_phone.py`); other mapped fields, and databases without
it, are searched by a pattern. A domain finds too much rather than too little.
"""

from collections.abc import Iterable
from typing import Any

from switchyard_crm.adapters.connectors.fields import FieldRule
from switchyard_crm.adapters.connectors.mapping import HandleRule, ProfileFields
from switchyard_crm.adapters.connectors.notations import patterns
from switchyard_crm.adapters.connectors.odoo_api import OdooApi, pattern, record_id
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.service.connectors import NotFound

_PARTNER = "res.partner"
_BY_DIGITS = "phone_mobile_search"
_INDEXED = frozenset(("phone", "mobile"))


class PartnerSearch:
    """Domains for one database's partners, by the fields that are mapped."""

    def __init__(self, api: OdooApi, fields: ProfileFields, source: str) -> None:
        """`source` is the connector's name: the namespace of Odoo's own ids."""
        self._api = api
        self._fields = fields
        self._source = source

    async def domain(self, identifier: Identifier) -> list[Any]:
        """A domain that all holders of an identifier fit; empty if there can be none."""
        match identifier.kind:
            case IdentifierKind.PHONE:
                return await self._by_phone(identifier.value)
            case IdentifierKind.EMAIL:
                return await self._by_email(identifier.value)
            case IdentifierKind.HANDLE:
                return await self._by_handle(identifier, self._fields.handles)
            case IdentifierKind.SOURCE_RECORD if identifier.namespace == self._source:
                return _by_id(identifier.value)
            case IdentifierKind.SOURCE_RECORD:
                return await self._by_handle(identifier, self._fields.records)
            case _:
                return []

    async def _by_phone(self, e164: str) -> list[Any]:
        asked = await self._present(self._fields.phones)
        known = await self._api.fields(_PARTNER)
        by_digits = asked & _INDEXED if _BY_DIGITS in known else frozenset[str]()
        like = patterns(e164)
        leaves = [[_BY_DIGITS, "ilike", text.replace("%", "")] for text in like if by_digits]
        leaves += [[name, "=ilike", text] for name in sorted(asked - by_digits) for text in like]
        return _any(leaves)

    async def _by_email(self, address: str) -> list[Any]:
        asked = await self._present(self._fields.emails, "email")
        like = f"%{pattern(address)}%"  # several addresses may stand in one field
        return _any([[name, "=ilike", like] for name in sorted(asked)])

    async def _by_handle(self, identifier: Identifier, rules: Iterable[HandleRule]) -> list[Any]:
        meant = [rule.path for rule in rules if rule.namespace == identifier.namespace]
        asked = await self._present(meant)
        return _any([[name, "=", identifier.value] for name in sorted(asked)])

    async def _present(self, rules: Iterable[FieldRule], *names: str) -> frozenset[str]:
        wanted = frozenset(names).union(*(rule.roots for rule in rules))
        return await self._api.present(_PARTNER, wanted) - {"id"}


def _any(leaves: list[list[Any]]) -> list[Any]:
    """Leaves joined by or, in Odoo's prefix notation."""
    return ["|"] * (len(leaves) - 1) + leaves


def _by_id(text: str) -> list[Any]:
    try:
        return [["id", "=", record_id(text)]]
    except NotFound:
        return []
