"""The demo company from a seed."""

import datetime as dt
import random

from switchyard_demo.company.agents import make_agents
from switchyard_demo.company.bills import make_bills
from switchyard_demo.company.customers import make_customers
from switchyard_demo.company.model import Company, Text
from switchyard_demo.company.orders import make_orders
from switchyard_demo.company.queues import make_queues
from switchyard_demo.company.showcase import (
    LATE_PAYER,
    OWING,
    make_showcase_orders,
    showcase_customers,
)
from switchyard_demo.company.tickets import TicketMaker

COMPANY_NAME = Text("枢纽家居", "Switchyard Home")
CUSTOMERS = 500
DEFAULT_SEED = 2026


def generate(seed: int, as_of: dt.date) -> Company:
    """The whole company as it stands on a day: same arguments, same company.

    Every part draws from a stream of its own, so that a change to one part leaves the others as
    they were. With another day and the same seed, people stay who they are and dates move along.
    """

    def stream(part: str) -> random.Random:
        return random.Random(f"{seed}:{part}")

    queues = make_queues()
    agents = make_agents(queues, stream("agents"))
    known = showcase_customers(as_of)
    customers = make_customers(CUSTOMERS, as_of, known, stream("customers"))
    orders = make_orders(customers, as_of, make_showcase_orders(as_of, known), stream("orders"))
    bills = make_bills(customers, as_of, frozenset({LATE_PAYER}), OWING, stream("bills"))
    tickets = TicketMaker(agents, orders, bills, as_of, stream("tickets")).tickets(customers)
    return Company(COMPANY_NAME, seed, as_of, agents, queues, customers, orders, bills, tickets)
