"""What customers do alone, put together: the store's part, what sends codes, the RPCs."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from switchyard_common.ids import IdFactory
from switchyard_common.lifecycle import Lifecycle

from switchyard_crm.adapters.branches import load_branches
from switchyard_crm.adapters.pin_hashes import ScryptPins
from switchyard_crm.adapters.sql.appointments import SqlAppointments
from switchyard_crm.adapters.sql.attempts import SqlAttempts
from switchyard_crm.adapters.sql.case_files import SqlCaseFiles
from switchyard_crm.adapters.sql.codes import SqlAddressBook, SqlCodes
from switchyard_crm.adapters.sql.customer_requests import SqlCustomerRequests
from switchyard_crm.adapters.sql.database import Database
from switchyard_crm.adapters.sql.pins import SqlPins
from switchyard_crm.adapters.sql.reset_links import SqlResetLinks
from switchyard_crm.adapters.sql.view import View
from switchyard_crm.adapters.sql.writes import SqlWrites
from switchyard_crm.entrypoints.lookup import Lookup
from switchyard_crm.entrypoints.self_service import SelfService
from switchyard_crm.entrypoints.self_service_requests import SelfServiceRequests
from switchyard_crm.entrypoints.verification import Verification
from switchyard_crm.service.appointments import (
    AppointmentBook,
    BookAppointment,
    Branches,
    CancelAppointment,
    ListAppointmentTimes,
)
from switchyard_crm.service.attempts import Attempts
from switchyard_crm.service.cases import CaseReader, GetCase
from switchyard_crm.service.codes import AddressBook, CodeRules, CodeSender, CodeStore, SendCode
from switchyard_crm.service.customer_requests import (
    ArrangePayment,
    ChangeDeliveryAddress,
    RequestBook,
)
from switchyard_crm.service.pin_reset import (
    IssueResetLink,
    LinkStore,
    RedeemResetLink,
)
from switchyard_crm.service.proof_limits import CodeLimits
from switchyard_crm.service.requests import BlindIndex
from switchyard_crm.service.sweeping import Sweep, keep_sweeping
from switchyard_crm.service.vault import Vault
from switchyard_crm.service.verifying import CodeBook, PinBook, Proofs, VerifyCustomer
from switchyard_crm.wiring.code_sender import code_sender, reset_page
from switchyard_crm.wiring.context import Tools

# Longer than attempts are remembered for, and than codes and links are good for.
_KEPT_DAYS = 8.0


@dataclass(frozen=True, slots=True)
class SelfServiceStore:
    """All that this needs of a store. `sweeps` forget what is over, by what it is."""

    attempts: Attempts
    pins: PinBook
    codes: CodeStore
    code_book: CodeBook
    addresses: AddressBook
    links: LinkStore
    requests: RequestBook
    cases: CaseReader
    appointments: AppointmentBook
    sweeps: Mapping[str, Sweep]


@dataclass(frozen=True, slots=True)
class SelfServiceParts:
    """What the servicer takes."""

    verification: Verification
    self_service: SelfService


def sql_self_service_store(
    database: Database, vault: Vault, view: View, writes: SqlWrites
) -> SelfServiceStore:
    """The store's part on SQL."""
    attempts, codes = SqlAttempts(database, vault), SqlCodes(database, vault)
    links = SqlResetLinks(database, vault)
    return SelfServiceStore(
        attempts=attempts,
        pins=SqlPins(database, vault),
        codes=codes,
        code_book=codes,
        addresses=SqlAddressBook(database, vault, view),
        links=links,
        requests=SqlCustomerRequests(database, vault, writes),
        cases=SqlCaseFiles(database, vault),
        appointments=SqlAppointments(database, vault),
        sweeps={"attempts": attempts.sweep, "codes": codes.sweep, "reset links": links.sweep},
    )


@asynccontextmanager
async def serving_themselves(
    store: SelfServiceStore,
    tools: Tools,
    lookup: Lookup,
    index: BlindIndex,
    lifecycle: Lifecycle,
) -> AsyncIterator[SelfServiceParts]:
    """The RPCs of what customers do alone, for the length of a block. Raises StartError."""
    async with AsyncExitStack() as stack:
        sender = await stack.enter_async_context(code_sender(tools.settings, tools.self_service))
        reads = SelfServiceRequests(lookup.reads)
        for what, sweep in store.sweeps.items():
            sweeping = keep_sweeping(what, sweep, tools.clock, _KEPT_DAYS)
            task = lifecycle.supervise(sweeping, f"{what} sweep")
            stack.push_async_callback(lifecycle.end, task)
        verification = _verification(store, lookup.proofs, tools, sender)
        yield SelfServiceParts(
            Verification(
                *verification,
                code_seconds=tools.settings.code_seconds,
                reads=reads,
                index=index,
                metrics=tools.self_service,
                audit=lookup.audit,
            ),
            _self_service(store, tools, lookup, reads, index),
        )


def _verification(
    store: SelfServiceStore, proofs: Proofs, tools: Tools, sender: CodeSender | None
) -> tuple[VerifyCustomer, SendCode, IssueResetLink, RedeemResetLink]:
    settings, clock, hasher = tools.settings, tools.clock, ScryptPins()
    metrics = tools.self_service
    pause = CodeLimits(settings.codes_per_conversation, settings.codes_per_customer)
    return (
        VerifyCustomer(proofs, store.pins, hasher, store.code_book, clock),
        SendCode(
            proofs.claimed,
            store.attempts,
            store.addresses,
            store.codes,
            sender,
            clock,
            metrics,
            CodeRules(settings.code_seconds, pause),
        ),
        IssueResetLink(
            store.links,
            store.attempts,
            clock,
            metrics,
            reset_page(settings),
            settings.reset_seconds,
        ),
        RedeemResetLink(store.links, hasher, store.attempts, proofs.limits, clock, metrics),
    )


def _self_service(
    store: SelfServiceStore,
    tools: Tools,
    lookup: Lookup,
    reads: SelfServiceRequests,
    index: BlindIndex,
) -> SelfService:
    clock, ids = tools.clock, IdFactory(tools.clock)
    branches = Branches(load_branches(tools.settings.branches_file), clock)
    return SelfService(
        change_address=ChangeDeliveryAddress(store.requests, ids, clock),
        arrange=ArrangePayment(store.requests, ids, clock),
        get_case=GetCase(store.cases),
        branches=branches,
        list_times=ListAppointmentTimes(branches, store.appointments),
        book=BookAppointment(branches, store.appointments),
        cancel=CancelAppointment(store.appointments, clock),
        reads=reads,
        index=index,
        metrics=tools.self_service,
        audit=lookup.audit,
        clock=clock,
        zone=tools.settings.time_zone,
    )
