"""Values of the domain as messages of the contract."""

from datetime import date, datetime

from google.protobuf.timestamp_pb2 import Timestamp
from switchyard.crm.v1 import crm_service_pb2 as crm
from switchyard.crm.v1 import customer_pb2 as model

from switchyard_crm.domain.context import AgentContact, CustomerContext, RoutingHints, SourceReport
from switchyard_crm.domain.customer import (
    Bill,
    Case,
    Customer,
    Interaction,
    Money,
    Order,
    SourcedText,
)
from switchyard_crm.domain.names import CustomerName, TenantId
from switchyard_crm.domain.resolution import Resolution
from switchyard_crm.service.context import ContextAnswer
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


def part(answer: ContextAnswer, language: str) -> crm.StreamContextResponse:
    """One response of StreamContext; `language` as in `context`."""
    return crm.StreamContextResponse(update=context(answer, language), complete=answer.complete)


def looked_up(
    held: HeldOrder | None, language: str, *, locked: bool = False
) -> crm.LookupOrderResponse:
    """Response of LookupOrder."""
    if held is None:
        return crm.LookupOrderResponse(found=False, locked=locked)
    return crm.LookupOrderResponse(
        found=True,
        order=order_message(held.order, language or held.language),
        customer=str(held.customer),
    )


def _context(content: CustomerContext, asked_language: str) -> crm.CustomerContext:
    language = asked_language or language_of(content)
    return crm.CustomerContext(
        customer=customer(content.customer) if content.customer is not None else None,
        orders=[order_message(order, language) for order in content.orders],
        bills=map(_bill, content.bills),
        open_cases=map(_case, content.open_cases),
        timeline=map(_interaction, content.timeline),
        routing=_hints(content.routing) if content.routing is not None else None,
    )


def language_of(content: CustomerContext) -> str:
    """The customer's language, BCP 47; empty if unknown."""
    if content.customer is not None and content.customer.language is not None:
        return content.customer.language.value
    return content.routing.language if content.routing is not None else ""


def customer(customer: Customer) -> model.Customer:
    """The view of one customer."""
    return model.Customer(
        name=str(customer.name),
        display_name=_sourced(customer.display_name),
        language=_sourced(customer.language),
        tier=_sourced(customer.tier),
        birth_date=_sourced(customer.birth_date),
        address=_sourced(customer.address),
        phones=map(_present, customer.phones),
        emails=map(_present, customer.emails),
        handles=map(_present, customer.handles),
        since_time=_time(customer.since_time) if customer.since_time is not None else None,
        etag=customer.etag,
    )


def _sourced(known: SourcedText | None) -> model.SourcedValue | None:
    return _present(known) if known is not None else None


def _present(known: SourcedText) -> model.SourcedValue:
    origin = known.provenance
    return model.SourcedValue(
        value=known.value,
        source=origin.source,
        source_id=origin.source_id,
        observed_time=_time(origin.observed_time),
    )


def order_message(order: Order, language: str) -> model.Order:
    """An order; `language` (BCP 47) is that of names."""
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
        delivery_address=order.delivery_address,
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
        kind=case.kind,
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
        last_agents=[contact.agent for contact in hints.last_agents],
        open_cases=hints.open_cases,
        contacts_7d=hints.contacts_7d,
        agent_contacts=map(_agent_contact, hints.last_agents),
    )


def _agent_contact(contact: AgentContact) -> model.AgentContact:
    return model.AgentContact(
        agent=contact.agent, outcome=contact.outcome, time=_time(contact.time)
    )


def _report(report: SourceReport) -> crm.SourceReport:
    message = crm.SourceReport(source=report.source, status=crm.SourceStatus.Value(report.status))
    message.took.FromNanoseconds(int(report.took_seconds * 1e9))
    message.age.FromNanoseconds(int(report.age_seconds * 1e9))
    return message


def _money(money: Money) -> model.Money:
    return model.Money(currency=money.currency, minor_units=money.minor_units)


def _time(moment: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp


def _day(day: date | None) -> str:
    return day.isoformat() if day is not None else ""
