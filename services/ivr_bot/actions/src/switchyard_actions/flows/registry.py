"""All flows of the bot, over the systems they need."""

from datetime import date

from switchyard_actions.domain.flow import Flow
from switchyard_actions.flows.appointment import Appointment
from switchyard_actions.flows.bill_balance import BillBalance
from switchyard_actions.flows.bill_telling import BillTelling
from switchyard_actions.flows.branch_telling import BranchTelling
from switchyard_actions.flows.branches import Branches
from switchyard_actions.flows.callback import Callback
from switchyard_actions.flows.change_address import ChangeAddress
from switchyard_actions.flows.complaint import Complaint
from switchyard_actions.flows.knowledge import KnowledgeAnswer
from switchyard_actions.flows.order_status import OrderStatus
from switchyard_actions.flows.order_telling import OrderTelling
from switchyard_actions.flows.payment_arrangement import PaymentArrangement
from switchyard_actions.flows.pin_reset import PinReset
from switchyard_actions.flows.survey import SurveyFlow
from switchyard_actions.flows.systems import Systems
from switchyard_actions.flows.ticket_create import TicketCreate
from switchyard_actions.flows.ticket_status import TicketStatus
from switchyard_actions.flows.ticket_update import TicketUpdate
from switchyard_actions.flows.verification import Verification


def all_flows(systems: Systems) -> tuple[Flow, ...]:
    """One of each."""

    def today() -> date:
        return systems.now().date()

    accounts = systems.accounts
    return (
        Verification(systems.verifier),
        OrderStatus(accounts, OrderTelling(systems.texts), today),
        ChangeAddress(accounts, today),
        BillBalance(accounts, BillTelling(systems.texts), today),
        PaymentArrangement(accounts, today),
        PinReset(accounts),
        *_service_flows(systems),
    )


def _service_flows(systems: Systems) -> tuple[Flow, ...]:
    """Those that need no account, or the customer's tickets only."""
    cases, visits, now, country = systems.cases, systems.visits, systems.now, systems.country
    return (
        TicketCreate(cases, country),
        TicketStatus(cases, now),
        TicketUpdate(cases),
        Complaint(cases, country),
        Branches(visits, BranchTelling(systems.texts), now),
        Appointment(visits, now, country),
        Callback(systems.callbacks, systems.permissions, cases, systems.texts, now, country),
        KnowledgeAnswer(systems.knowledge),
        SurveyFlow(),
    )
