"""Values of the domain as messages of the contract."""

from datetime import date, datetime

from google.protobuf.timestamp_pb2 import Timestamp
from switchyard.crm.v1 import crm_service_pb2 as crm
from switchyard.crm.v1 import customer_pb2 as model

from switchyard_crm.domain.context import CustomerContext, RoutingHints, SourceReport
from switchyard_crm.domain.customer import (
    Bill,
    Case,
    Customer,
    Interaction,
    Money,
    Order,
    Provenance,
)
from switchyard_crm.domain.identifiers import IdentifierKind
from switchyard_crm.domain.names import CustomerName, TenantId, delivery_name
from switchyard_crm.domain.resolution import Resolution
from switchyard_crm.service.context import ContextAnswer
from switchyard_crm.service.interactions import LoggedInteraction
from switchyard_crm.service.orders import HeldOrder


def resolution(found: Resolution, tenant: TenantId) -> crm.ResolveResponse:
    """Response of Resolve."""
    return crm.ResolveResponse(
        outcome=crm.ResolveOutcome.Value(found.outcome),
        candidates=[
            crm.ResolveCandidate(
                customer=str(CustomerName(tenant, candidate.customer)),
                confidence=candidate.confidence,
                evidence=candidate.evidence,
            )
            for candidate in found.candidates
        ],
    )


def context(answer: ContextAnswer, language: str) -> crm.GetContextResponse:
    """Response of GetContext; `language` is the one asked for, empty: the customer's."""
    return crm.GetContextResponse(
        outcome=crm.ResolveOutcome.Value(answer.outcome),
        context=_context(answer.context, language),
        sources=map(_report, answer.reports),
        partial=answer.missing,
    )


def looked_up(held: HeldOrder | None, language: str) -> crm.LookupOrderResponse:
    """Response of LookupOrder."""
    if held is None:
        return crm.LookupOrderResponse(found=False)
    return crm.LookupOrderResponse(
        found=True,
        order=_order(held.order, language or held.language),
        customer=str(held.customer),
    )


def delivery(customer: CustomerName, logged: LoggedInteraction) -> crm.LogInteractionResponse:
    """Response of LogInteraction: the delivery bears the interaction's id."""
    return crm.LogInteractionResponse(delivery=delivery_name(customer.tenant, logged.id))


def _context(content: CustomerContext, asked_language: str) -> crm.CustomerContext:
    language = asked_language or _language_of(content)
    return crm.CustomerContext(
        customer=_customer(content.customer) if content.customer is not None else None,
        orders=[_order(order, language) for order in content.orders],
        bills=map(_bill, content.bills),
        open_cases=map(_case, content.open_cases),
        timeline=map(_interaction, content.timeline),
        routing=_hints(content.routing) if content.routing is not None else None,
    )


def _language_of(content: CustomerContext) -> str:
    if content.customer is not None:
        return content.customer.language
    return content.routing.language if content.routing is not None else ""


def _customer(customer: Customer) -> model.Customer:
    origin = customer.provenance
    birth_date = customer.birth_date.isoformat() if customer.birth_date is not None else ""
    return model.Customer(
        name=str(customer.name),
        display_name=_sourced(customer.display_name, origin),
        language=_sourced(customer.language, origin),
        tier=_sourced(customer.tier, origin),
        birth_date=_sourced(birth_date, origin),
        address=_sourced(customer.address, origin),
        phones=[_present(known.value, origin) for known in customer.values(IdentifierKind.PHONE)],
        emails=[_present(known.value, origin) for known in customer.values(IdentifierKind.EMAIL)],
        handles=[
            _present(f"{known.namespace}:{known.value}", origin)
            for known in customer.values(IdentifierKind.HANDLE)
        ],
        since_time=_time(customer.since_time) if customer.since_time is not None else None,
        etag=customer.etag,
    )


def _sourced(value: str, origin: Provenance) -> model.SourcedValue | None:
    return _present(value, origin) if value else None


def _present(value: str, origin: Provenance) -> model.SourcedValue:
    return model.SourcedValue(
        value=value,
        source=origin.source,
        source_id=origin.source_id,
        observed_time=_time(origin.observed_time),
    )


def _order(order: Order, language: str) -> model.Order:
    return model.Order(
        number=order.number,
        state=order.state,
        placed_time=_time(order.placed_time),
        delivery_date=_day(order.delivery_date),
        carrier=order.carrier.in_language(language),
        tracking_number=order.tracking_number,
        items=[
            model.OrderItem(name=item.name.in_language(language), quantity=item.quantity)
            for item in order.items
        ],
        total=_money(order.total),
        source=order.source,
    )


def _bill(bill: Bill) -> model.Bill:
    return model.Bill(
        number=bill.number,
        state=bill.state,
        amount=_money(bill.amount),
        due_date=_day(bill.due_date),
        period=bill.period,
        source=bill.source,
    )


def _case(case: Case) -> model.Case:
    return model.Case(
        number=case.number,
        state=case.state,
        subject=case.subject,
        priority=case.priority,
        create_time=_time(case.create_time),
        update_time=_time(case.update_time),
        source=case.source,
        order_number=case.order_number,
    )


def _interaction(interaction: Interaction) -> model.Interaction:
    return model.Interaction(
        id=interaction.id,
        channel=interaction.channel,
        time=_time(interaction.time),
        summary=interaction.summary,
        agent=interaction.agent,
        disposition=interaction.disposition,
        contact=interaction.contact,
        source=interaction.source,
    )


def _hints(hints: RoutingHints) -> model.RoutingHints:
    return model.RoutingHints(
        tier=hints.tier,
        language=hints.language,
        last_agents=hints.last_agents,
        open_cases=hints.open_cases,
        contacts_7d=hints.contacts_7d,
    )


def _report(report: SourceReport) -> crm.SourceReport:
    message = crm.SourceReport(source=report.source, status=crm.SourceStatus.Value(report.status))
    message.took.FromNanoseconds(int(report.took_seconds * 1e9))
    return message


def _money(money: Money) -> model.Money:
    return model.Money(currency=money.currency, minor_units=money.minor_units)


def _time(moment: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp


def _day(day: date | None) -> str:
    return day.isoformat() if day is not None else ""
