"""What checks proofs, over a real store, with a clock and a sender that tests hold."""

from dataclasses import dataclass, field, replace

from prometheus_client import CollectorRegistry
from switchyard_common.clock import FakeClock
from switchyard_crm.adapters.pin_hashes import ScryptPins
from switchyard_crm.adapters.sql.database import Database
from switchyard_crm.adapters.sql.identity_index import IdentifierReader
from switchyard_crm.adapters.sql.order_book import OrderReader
from switchyard_crm.adapters.sql.view import View
from switchyard_crm.adapters.sql.writer import StoreWriter
from switchyard_crm.adapters.sql.writes import SqlWrites
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.domain.names import CustomerId, CustomerName, TenantId
from switchyard_crm.domain.records import CustomerRecord
from switchyard_crm.entrypoints.self_service_metrics import SelfServiceMetrics
from switchyard_crm.service.claims import Claim, Claimed
from switchyard_crm.service.codes import (
    CodeMessage,
    CodeRules,
    SendCode,
    SenderRefused,
    SenderUnavailable,
)
from switchyard_crm.service.orders import LookupOrder
from switchyard_crm.service.outbox import Room
from switchyard_crm.service.pin_reset import IssueResetLink, RedeemResetLink, ResetLink
from switchyard_crm.service.proof_limits import CodeLimits, ProofKind, ProofLimits
from switchyard_crm.service.requests import WriteRequest
from switchyard_crm.service.resolve import Resolve
from switchyard_crm.service.verifying import (
    CheckOrder,
    Guarded,
    Proof,
    Proofs,
    Verdict,
    VerifyCustomer,
)
from switchyard_crm.wiring.self_service import sql_self_service_store

from tests.fakes.crm.people import DEMO, NOW, order, phone, wang
from tests.fakes.crm.running import vault

PAGE = "https://example.com/pin#token={token}&language={language}"
PIN = "8264"
WANG = CustomerName(DEMO, CustomerId("c-1"))


@dataclass
class RecordingSender:
    """Keeps what it was to send."""

    sent: list[CodeMessage] = field(default_factory=list)
    probes: int = 0
    down: bool = False
    refuses: bool = False

    async def send(self, message: CodeMessage) -> None:
        if self.down:
            raise SenderUnavailable("HTTP 503")
        if self.refuses:
            raise SenderRefused("HTTP 422")
        self.sent.append(message)

    async def probe(self) -> None:
        if self.down:
            raise SenderUnavailable("HTTP 503")
        self.probes += 1


class Proving:
    """The use cases on one database."""

    def __init__(self, database: Database, clock: FakeClock | None = None) -> None:
        self.clock = clock or FakeClock(NOW)
        self.database = database
        self.sender = RecordingSender()
        self.registry = CollectorRegistry()
        view, self.vault = View({}), vault()
        self.writer = StoreWriter(database, self.vault, self.clock)
        self.writes = SqlWrites(database, self.vault, Room(1000), {})
        self.store = sql_self_service_store(database, self.vault, view, self.writes)
        claimed = Claimed(Resolve(IdentifierReader(database, self.vault)))
        guarded, limits = Guarded(self.store.attempts, self.clock), ProofLimits()
        self.lookup = LookupOrder(OrderReader(database, self.vault, view))
        check_order = CheckOrder(self.lookup, claimed, guarded, limits)
        self.proofs = Proofs(claimed, guarded, check_order, limits)
        watch, hasher = SelfServiceMetrics(self.registry), ScryptPins()
        self.verify = VerifyCustomer(
            self.proofs, self.store.pins, hasher, self.store.code_book, self.clock
        )
        self.send = SendCode(
            claimed,
            self.store.attempts,
            self.store.addresses,
            self.store.codes,
            self.sender,
            self.clock,
            watch,
            CodeRules(300.0, CodeLimits()),
        )
        self.issue = IssueResetLink(
            self.store.links, self.store.attempts, self.clock, watch, PAGE, 900.0
        )
        self.redeem = RedeemResetLink(
            self.store.links, hasher, self.store.attempts, limits, self.clock, watch
        )

    async def pin(
        self, pin: str, who: Identifier | CustomerName = WANG, conversation: str = "talk"
    ) -> Verdict:
        return await self.verify.run(claim(who, conversation), Proof(ProofKind.PIN, pin))

    async def code(
        self, code: str, who: Identifier | CustomerName = WANG, conversation: str = "talk"
    ) -> Verdict:
        return await self.verify.run(claim(who, conversation), Proof(ProofKind.CODE, code))

    async def last4(self, digits: str, number: str, conversation: str = "talk") -> Verdict:
        proof = Proof(ProofKind.PHONE_LAST4, digits)
        return await self.verify.run(claim(order_number(number), conversation), proof)

    async def ask_code(
        self, who: Identifier | CustomerName = WANG, conversation: str = "talk", language: str = ""
    ) -> bool:
        return await self.send.run(claim(who, conversation), language)

    async def link(self, request_id: str = "r-1", who: CustomerName = WANG) -> ResetLink:
        return await self.issue.run(who, "zh", request(request_id))


def claim(who: Identifier | CustomerName, conversation: str = "talk") -> Claim:
    if isinstance(who, CustomerName):
        return Claim(who.tenant, Identifier(IdentifierKind.CUSTOMER_ID, who.customer), conversation)
    return Claim(DEMO, who, conversation)


def order_number(key: str) -> Identifier:
    return Identifier(IdentifierKind.ORDER_NUMBER, key)


def request(request_id: str, rpc: str = "IssueResetLink", tenant: TenantId = DEMO) -> WriteRequest:
    return WriteRequest(tenant, request_id, rpc, "d")


def token_of(link: ResetLink) -> str:
    return link.url.partition("#token=")[2].partition("&")[0]


async def wang_with_pin(pin: str = PIN) -> CustomerRecord:
    return replace(wang(), pin_hash=await ScryptPins().hashed(pin))


def li() -> CustomerRecord:
    """Somebody else, who shares no number with Wang."""
    name = CustomerName(DEMO, CustomerId("c-2"))
    profile = replace(
        wang().profile,
        display_name="李雷",
        identifiers=(phone("+8619900005678"),),
        provenance=replace(wang().profile.provenance, source_id="c-2"),
    )
    return CustomerRecord(name, profile, orders=(order("SY20480001"),))
