"""Who is who, put together: edges and customers on SQL, the comparing of records, the RPCs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from prometheus_client import CollectorRegistry
from switchyard_common.clock import Clock
from switchyard_common.ids import IdFactory
from switchyard_common.lifecycle import Lifecycle

from switchyard_crm.adapters.rules import load_rules
from switchyard_crm.adapters.sql.database import Database
from switchyard_crm.adapters.sql.links import SqlIdentities
from switchyard_crm.adapters.sql.view import View
from switchyard_crm.domain.matching.blocked import BlockedValues, blocked_values
from switchyard_crm.entrypoints.link_metrics import LinkMetrics
from switchyard_crm.entrypoints.links import Links
from switchyard_crm.entrypoints.lookup import Lookup
from switchyard_crm.service.comparing import Comparing
from switchyard_crm.service.context import ContextSource
from switchyard_crm.service.identities import Identities
from switchyard_crm.service.linking import Link, Unlink
from switchyard_crm.service.merging import Merge, Unmerge
from switchyard_crm.service.regrouping import Regrouping
from switchyard_crm.service.relinking import RelinkBatch
from switchyard_crm.service.requests import BlindIndex
from switchyard_crm.service.reviews import DecideReview, ListReview, Suspect
from switchyard_crm.service.showing import ShowCustomer
from switchyard_crm.service.vault import Vault
from switchyard_crm.settings import CrmSettings
from switchyard_crm.wiring.context import Tools


@dataclass(frozen=True, slots=True)
class Identity:
    """What is known of who is who: RPCs, and for others the comparing and the taking in of
    suspicions.
    """

    links: Links
    comparing: Comparing
    suspect: Suspect


def view_of(settings: CrmSettings) -> View:
    """How customers are shown, by the settings' rules. Raises StartError."""
    rules = load_rules(settings.rules_file)
    return View(rules.survivors, rules.tiers)


def sql_identities(database: Database, vault: Vault, clock: Clock) -> Identities:
    """Records, edges and reviews on SQL."""
    return SqlIdentities(database, vault, IdFactory(clock))


def relink_batch(identities: Identities, clock: Clock, blocked: BlockedValues) -> RelinkBatch:
    """The comparing of one batch, for a command beside a service."""
    return RelinkBatch(identities, Regrouping(IdFactory(clock), clock), blocked=blocked)


@asynccontextmanager
async def identifying(
    identities: Identities,
    local: ContextSource,
    tools: Tools,
    lookup: Lookup,
    index: BlindIndex,
    registry: CollectorRegistry,
    lifecycle: Lifecycle,
) -> AsyncIterator[Identity]:
    """The RPCs that change who is who, and the comparing of records, for the length of a block."""
    metrics = LinkMetrics(registry)
    clock = tools.clock
    regrouping = Regrouping(IdFactory(clock), clock)
    blocked = blocked_values(tools.settings.blocked_values)
    comparing = Comparing(
        identities,
        RelinkBatch(identities, regrouping, blocked=blocked),
        metrics,
        tools.settings.relink_seconds,
    )
    links = Links(
        link=Link(identities, regrouping, blocked),
        unlink=Unlink(identities, regrouping),
        merge=Merge(identities, regrouping),
        unmerge=Unmerge(identities, regrouping),
        list_review=ListReview(identities),
        decide_review=DecideReview(identities, regrouping),
        show=ShowCustomer(local, clock),
        wake=comparing.wake,
        index=index,
        reads=lookup.reads,
        metrics=metrics,
        audit=lookup.audit,
    )
    running = lifecycle.supervise(comparing.run(), "comparing of records")
    try:
        yield Identity(links, comparing, Suspect(identities, clock))
    finally:
        await lifecycle.end(running)
