"""Reads documents of the import format."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from difflib import get_close_matches

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from switchyard_crm.adapters.importing.document import (
    CustomerDocument,
    ForeignIdPart,
    ItemPart,
    MoneyPart,
    WordsPart,
)
from switchyard_crm.domain.customer import (
    LOCAL_SOURCE,
    Bill,
    Case,
    Interaction,
    Money,
    Order,
    OrderItem,
    Provenance,
    Words,
)
from switchyard_crm.domain.errors import InvalidField
from switchyard_crm.domain.identifiers import (
    GivenIdentifier,
    Identifier,
    IdentifierKind,
    Normaliser,
    order_key,
)
from switchyard_crm.domain.names import ID_RULE, CustomerId, CustomerName, TenantId, is_id
from switchyard_crm.domain.records import CustomerRecord, Profile
from switchyard_crm.service.importing import Problem

MAX_BYTES = 4 * 1024 * 1024


class DocumentReader:
    """Turns documents of the import format into records of one tenant and source.

    `observed_time` is when the source held what the document says. Records of another source than
    "local" get names that no other source has.
    """

    def __init__(
        self,
        tenant: TenantId,
        normaliser: Normaliser,
        observed_time: datetime,
        source: str = LOCAL_SOURCE,
    ) -> None:
        self._tenant = tenant
        self._normaliser = normaliser
        self._observed_time = observed_time
        self._source = source

    def record(self, raw: bytes) -> CustomerRecord:
        """The record that a document in JSON describes. Raises Refused."""
        document = _parse(raw)
        _check_unique(document)
        name = document.id if self._source == LOCAL_SOURCE else f"{self._source}~{document.id}"
        if not is_id(name):
            raise Refused(Problem("id", f"must be {ID_RULE}"))
        return CustomerRecord(
            name=CustomerName(self._tenant, CustomerId(name)),
            profile=self._profile(document),
            orders=tuple(_orders(document)),
            bills=tuple(_bills(document)),
            cases=tuple(_cases(document)),
            interactions=tuple(_interactions(document)),
            pin_hash=document.pin_hash,
        )

    def _profile(self, document: CustomerDocument) -> Profile:
        return Profile(
            provenance=Provenance(self._source, document.id, self._observed_time),
            display_name=document.name,
            language=document.language,
            tier=document.tier,
            birth_date=document.birth_date,
            address=document.address,
            since_time=document.since,
            identifiers=tuple(dict.fromkeys(self._identifiers(document))),
        )

    def _identifiers(self, document: CustomerDocument) -> Iterator[Identifier]:
        for index, phone in enumerate(document.phones):
            yield self._identifier(IdentifierKind.PHONE, phone, "", f"phones[{index}]")
        for index, address in enumerate(document.emails):
            yield self._identifier(IdentifierKind.EMAIL, address, "", f"emails[{index}]")
        yield from self._foreign(IdentifierKind.HANDLE, document.handles, "handles")
        yield from self._foreign(IdentifierKind.SOURCE_RECORD, document.records, "records")

    def _foreign(
        self, kind: IdentifierKind, parts: Iterable[ForeignIdPart], name: str
    ) -> Iterator[Identifier]:
        for index, part in enumerate(parts):
            yield self._identifier(kind, part.value, part.namespace, f"{name}[{index}]")

    def _identifier(
        self, kind: IdentifierKind, value: str, namespace: str, field: str
    ) -> Identifier:
        given = GivenIdentifier(kind, value, namespace)
        try:
            found = self._normaliser.normalise(given, self._tenant, field)
        except InvalidField as error:
            problems = (Problem(each.field, each.description) for each in error.violations)
            raise Refused(*problems) from error
        if found is None:
            raise Refused(
                Problem(field, "is a service number or lacks its area code; write it with both")
            )
        return found


class Refused(Exception):
    """Why a document is no record: everything that is wrong with it."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__()
        self.problems = problems


def _parse(raw: bytes) -> CustomerDocument:
    if len(raw) > MAX_BYTES:
        raise Refused(Problem("", f"it is longer than {MAX_BYTES} bytes"))
    try:
        return CustomerDocument.model_validate_json(raw)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=True, include_input=False)
        raise Refused(*map(_problem, found)) from error


def _problem(error: ErrorDetails) -> Problem:
    """In words of ours, and without the value: it may be personal."""
    location = error["loc"]
    field = _path(location)
    match error["type"]:
        case "json_invalid":
            return Problem("", "the line is not JSON; write one document per line, in UTF-8")
        case "missing":
            return Problem(field, "is missing; add it")
        case "extra_forbidden":
            return Problem(field, _unknown_field(location))
        case "timezone_aware":
            return Problem(field, "has no offset; write it like 2026-11-01T08:00:00+08:00")
        case _:
            message = error["msg"].removeprefix("Value error, ")
            return Problem(field, f"{message[0].lower()}{message[1:]}; change it")


def _path(location: Sequence[str | int]) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in location)
    return "".join(steps).removeprefix(".")


def _unknown_field(location: Sequence[str | int]) -> str:
    close = get_close_matches(str(location[-1]), CustomerDocument.model_fields, n=1)
    hint = f"did you mean {close[0]}?" if len(location) == 1 and close else "remove it"
    return f"is not a field of the format; {hint}"


def _check_unique(document: CustomerDocument) -> None:
    orders = [_order_key(order.number, index) for index, order in enumerate(document.orders)]
    lists = {
        "orders[{}].number": orders,
        "bills[{}].number": [bill.number for bill in document.bills],
        "tickets[{}].number": [ticket.number for ticket in document.tickets],
        "interactions[{}].id": [interaction.id for interaction in document.interactions],
    }
    problems = [
        Problem(field.format(index), "is there twice; each needs its own")
        for field, keys in lists.items()
        for index, key in enumerate(keys)
        if key in keys[:index]
    ]
    if problems:
        raise Refused(*problems)


def _order_key(number: str, index: int) -> str:
    field = f"orders[{index}].number"
    try:
        return order_key(number, field)
    except InvalidField as error:
        raise Refused(Problem(field, error.violations[0].description)) from error


def _orders(document: CustomerDocument) -> Iterator[Order]:
    for part in document.orders:
        yield Order(
            number=part.number,
            state=part.state,
            placed_time=part.placed,
            total=_money(part.total),
            items=tuple(map(_item, part.items)),
            delivery_date=part.delivery_date,
            carrier=_words(part.carrier),
            tracking_number=part.tracking_number,
            delivery_address=part.delivery_address,
        )


def _bills(document: CustomerDocument) -> Iterator[Bill]:
    for part in document.bills:
        yield Bill(part.number, part.state, _money(part.amount), part.due_date, part.period)


def _cases(document: CustomerDocument) -> Iterator[Case]:
    for part in document.tickets:
        yield Case(
            number=part.number,
            state=part.state,
            subject=part.subject,
            priority=part.priority,
            create_time=part.created,
            update_time=part.updated,
            order_number=part.order_number,
        )


def _interactions(document: CustomerDocument) -> Iterator[Interaction]:
    for part in document.interactions:
        yield Interaction(
            id=part.id,
            channel=part.channel,
            time=part.time,
            summary=part.summary,
            agent=part.agent,
            disposition=part.disposition,
            contact=part.contact,
        )


def _item(part: ItemPart) -> OrderItem:
    return OrderItem(_words(part.name), part.quantity)


def _words(part: WordsPart | None) -> Words:
    return Words(part.zh, part.en) if part is not None else Words()


def _money(part: MoneyPart) -> Money:
    return Money(part.currency, part.minor_units)
