"""A small company for talks: two customers, their orders and bills, on one fixed day."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from switchyard_actions.domain.bills import Bill, BillState
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.money import Money
from switchyard_actions.domain.orders import Order, OrderItem, OrderState
from switchyard_actions.domain.verification import Claim, Outcome, Proof, Verdict
from switchyard_actions.flows.bill_balance import BillBalance
from switchyard_actions.flows.bill_telling import BillTelling
from switchyard_actions.flows.change_address import ChangeAddress
from switchyard_actions.flows.order_status import OrderStatus
from switchyard_actions.flows.order_telling import OrderTelling
from switchyard_actions.flows.payment_arrangement import PaymentArrangement
from switchyard_actions.flows.pin_reset import PinReset
from switchyard_actions.flows.verification import Verification
from switchyard_actions.service.accounts import Accounts
from switchyard_actions.service.engine import Engine
from switchyard_actions.service.flows import Flows
from switchyard_actions.service.limits import Limits
from switchyard_actions.service.ports import Verifier

from tests.fakes.actions.accounts import FakeAccounts
from tests.fakes.actions.talk import Talk, the_texts

TODAY = date(2026, 11, 27)  # a Friday
NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
LIN, WU = "tenants/demo/customers/lin", "tenants/demo/customers/wu"
LAMP, KETTLE, EARBUDS, WUS = "SY20261111", "SY20262222", "SY20263333", "SY20269999"
OCTOBER, SEPTEMBER, AUGUST = "B202610000001", "B202609000001", "B202608000001"
WUS_BILL = "B202610000002"


def order(number: str, state: OrderState, item: str, placed: date, **more: object) -> Order:
    """An order of one thing."""
    return Order(
        number=number,
        state=state,
        items=(OrderItem(item, 1),),
        placed_on=placed,
        **more,  # type: ignore[arg-type]
    )


def accounts() -> FakeAccounts:
    """Lin has three orders and three bills, Wu one of each."""
    return FakeAccounts(
        TODAY,
        {
            LIN: [
                order(EARBUDS, OrderState.PLACED, "Earbuds", date(2026, 11, 26)),
                order(
                    KETTLE,
                    OrderState.PACKED,
                    "Electric kettle",
                    date(2026, 11, 24),
                    delivery_date=date(2026, 11, 30),
                ),
                order(
                    LAMP,
                    OrderState.SHIPPED,
                    "Desk lamp",
                    date(2026, 11, 20),
                    carrier="Blue Goose",
                    tracking_number="BG77",
                    delivery_date=date(2026, 11, 28),
                ),
            ],
            WU: [order(WUS, OrderState.PLACED, "Umbrella", date(2026, 11, 25))],
        },
        {
            LIN: [
                Bill(OCTOBER, BillState.OPEN, Money("CNY", 7900), date(2026, 12, 1), "2026-10"),
                Bill(
                    SEPTEMBER,
                    BillState.OVERDUE,
                    Money("CNY", 8050),
                    date(2026, 10, 31),
                    "2026-09",
                ),
                Bill(AUGUST, BillState.PAID, Money("CNY", 7900), date(2026, 10, 1), "2026-08"),
            ],
            WU: [Bill(WUS_BILL, BillState.OPEN, Money("CNY", 2900), date(2026, 12, 1), "2026-10")],
        },
    )


@dataclass
class FakeVerifier:
    """Knows secrets by proof and what they prove; sends the code 551920."""

    last4_of: Mapping[str, tuple[str, str]] = field(
        default_factory=lambda: {
            LAMP: ("5678", LIN),
            KETTLE: ("5678", LIN),
            EARBUDS: ("5678", LIN),
            WUS: ("4321", WU),
        }
    )
    sent: list[Claim] = field(default_factory=list)

    async def verify(self, claim: Claim, proof: Proof, secret: str, conversation: str) -> Verdict:
        """See Verifier."""
        if proof is Proof.ORDER_PHONE:
            last4, customer = self.last4_of.get(claim.order_number, ("", ""))
            return _verdict(secret == last4, customer)
        if proof is Proof.CODE:
            return _verdict(bool(self.sent) and secret == "551920", LIN)
        return _verdict(secret == "2468", LIN)

    async def send_code(self, claim: Claim, conversation: str, language: Language) -> bool:
        """See Verifier."""
        self.sent.append(claim)
        return True


def _verdict(right: bool, customer: str) -> Verdict:
    return Verdict(Outcome.VERIFIED, customer) if right else Verdict(Outcome.WRONG)


def talk(
    kept: Accounts,
    language: Language = Language.ENGLISH,
    channel: str = "chat",
    verifier: Verifier | None = None,
    today: Callable[[], date] = lambda: TODAY,
) -> Talk:
    """A conversation with the engine over the flows about accounts."""
    texts = the_texts()
    flows = (
        Verification(verifier or FakeVerifier()),
        OrderStatus(kept, OrderTelling(texts), today),
        ChangeAddress(kept, today),
        BillBalance(kept, BillTelling(texts), today),
        PaymentArrangement(kept, today),
        PinReset(kept),
    )
    return Talk(Engine(Flows(flows, 0.6), texts, Limits()), language, channel)
