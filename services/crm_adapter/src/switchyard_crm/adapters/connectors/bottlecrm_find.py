"""Finds contacts in BottleCRM by phone or e-mail, and believes nothing of what its search says.

Three ways are asked at once, since none is complete:

- the list, by a piece of the text: the last four digits of a number, an e-mail as it is. It misses
  numbers in full-width digits or with a gap in those four.
- the check for duplicates, by the number in E.164 and by the address: it misses what BottleCRM
  could not read as a number and inactive contacts, tells ten at most, and may be asked 120 times a
  minute. Being over that only makes an answer as good as the list is.
- custom fields that the mapping names, by their whole text, in the usual notations.
"""

from collections.abc import Iterator, Sequence

import phonenumbers

from switchyard_crm.adapters.connectors.bottlecrm_api import (
    BottleApi,
    Document,
    checked_id,
    document,
    documents,
    person,
)
from switchyard_crm.adapters.connectors.fields import FieldRule
from switchyard_crm.adapters.connectors.mapped import Mapper
from switchyard_crm.adapters.connectors.together import together
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.domain.records import Profile
from switchyard_crm.service.connectors import NotFound, RateLimited

MAX_FOUND = 20
_ROWS = 100
_LAST_DIGITS = 4
_CUSTOM = "custom_fields."


class ContactSearch:
    """Searches one organisation."""

    def __init__(self, api: BottleApi, mapper: Mapper) -> None:
        self._api = api
        self._mapper = mapper
        fields = mapper.mapping.profile
        self._custom = {
            IdentifierKind.PHONE: _custom_fields(fields.phones),
            IdentifierKind.EMAIL: _custom_fields(fields.emails),
        }

    async def find(self, identifier: Identifier) -> Sequence[Profile]:
        """As `Connector.find`, for phones and e-mails; nothing for other kinds."""
        known = identifier.kind in self._custom
        # PostgreSQL's texts have no NUL, and no address or number has control characters.
        if not known or not identifier.value.isprintable():
            return ()
        found = await together(
            [
                self._listed(identifier),
                self._duplicates(identifier),
                *(self._by_custom(asked) for asked in self._exact(identifier)),
            ]
        )
        by_id = {str(row.get("id")): row for rows in found for row in rows}
        profiles = (self._mapper.profile(person(row)) for row in by_id.values())
        return [profile for profile in profiles if identifier in profile.identifiers][:MAX_FOUND]

    async def _listed(self, identifier: Identifier) -> list[Document]:
        by_phone = identifier.kind is IdentifierKind.PHONE
        piece = identifier.value[-_LAST_DIGITS:] if by_phone else identifier.value
        asked = {("phone" if by_phone else "email"): piece, "limit": _ROWS}
        return documents((await self._api.call("GET", "contacts/", asked)).body, "results")

    async def _duplicates(self, identifier: Identifier) -> list[Document]:
        """Whole contacts: the check itself tells too little to verify them by the mapping."""
        try:
            answer = await self._api.call(
                "POST", "contacts/duplicates/", body={identifier.kind.value: identifier.value}
            )
        except RateLimited:
            return []
        hits = documents(answer.body, "duplicates")
        found = await together([self._shown(str(hit.get("id"))) for hit in hits])
        return [row for rows in found for row in rows]

    async def _shown(self, id_: str) -> list[Document]:
        try:
            answer = await self._api.call("GET", f"contacts/{checked_id(id_)}/")
        except NotFound:
            return []  # removed in between
        return [document(answer.body, "contact_obj")]

    async def _by_custom(self, asked: dict[str, str]) -> list[Document]:
        answer = await self._api.call("GET", "contacts/", {**asked, "limit": _ROWS})
        return documents(answer.body, "results")

    def _exact(self, identifier: Identifier) -> Iterator[dict[str, str]]:
        for field in self._custom[identifier.kind]:
            for text in _whole_texts(identifier):
                yield {f"cf_{field}": text}


def _custom_fields(rules: Sequence[FieldRule]) -> tuple[str, ...]:
    paths = (path for rule in rules for path in (rule.path, *rule.paths))
    return tuple(path.removeprefix(_CUSTOM) for path in paths if path.startswith(_CUSTOM))


def _whole_texts(identifier: Identifier) -> tuple[str, ...]:
    """How a value usually stands in a field: four notations of a number, an address as it is."""
    if identifier.kind is not IdentifierKind.PHONE:
        return (identifier.value,)
    number = phonenumbers.parse(identifier.value)
    national = phonenumbers.national_significant_number(number)
    grouped = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    spaced = f"+{number.country_code} {national}"
    return tuple(dict.fromkeys((identifier.value, national, spaced, grouped)))
