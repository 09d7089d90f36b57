"""The RPCs that change who is who: links, merges, reviews."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import grpc
from switchyard.crm.v1 import crm_service_pb2 as crm
from switchyard.crm.v1 import customer_pb2 as model

from switchyard_crm.domain.context import Section
from switchyard_crm.domain.names import CustomerId, CustomerName, TenantId
from switchyard_crm.entrypoints import answers
from switchyard_crm.entrypoints import link_messages as messages
from switchyard_crm.entrypoints.link_metrics import LinkMetrics
from switchyard_crm.entrypoints.repeats import write_of
from switchyard_crm.entrypoints.requests import Requests
from switchyard_crm.service.audit import AuditTrail
from switchyard_crm.service.linking import Link, Unlink
from switchyard_crm.service.merging import Merge, Unmerge
from switchyard_crm.service.requests import BlindIndex
from switchyard_crm.service.reviews import DecideReview, ListReview
from switchyard_crm.service.showing import ShowCustomer

type Context = grpc.aio.ServicerContext[Any, Any]


@dataclass(frozen=True, slots=True)
class Links:
    """What linking takes. `wake` says that records wait to be compared."""

    link: Link
    unlink: Unlink
    merge: Merge
    unmerge: Unmerge
    list_review: ListReview
    decide_review: DecideReview
    show: ShowCustomer
    wake: Callable[[], None]
    index: BlindIndex
    reads: Requests
    metrics: LinkMetrics
    audit: AuditTrail


class LinkRpcs:
    """Link, Unlink, Merge, Unmerge, ListReview and DecideReview."""

    _links: Links

    async def Link(self, request: crm.LinkRequest, context: Context) -> crm.LinkResponse:
        """Ties an identifier or record to a customer."""
        name, order = messages.link_order(self._links.reads, request)
        write = write_of(request, name.tenant, self._links.index)
        new = await self._links.link.run(write, order)
        self._done("link", new=new)
        return crm.LinkResponse(customer=await self._shown("Link", name))

    async def Unlink(self, request: crm.UnlinkRequest, context: Context) -> crm.UnlinkResponse:
        """Unties it, for ever."""
        name, order = messages.link_order(self._links.reads, request)
        write = write_of(request, name.tenant, self._links.index)
        new = await self._links.unlink.run(write, order)
        self._done("unlink", new=new)
        return crm.UnlinkResponse(customer=await self._shown("Unlink", name))

    async def Merge(self, request: crm.MergeRequest, context: Context) -> crm.MergeResponse:
        """Declares two customers one."""
        tenant, order = messages.merge_order(request)
        write = write_of(request, tenant, self._links.index)
        merged = await self._links.merge.run(write, order)
        self._done("merge", new=merged.new)
        customer = await self._shown("Merge", CustomerName(tenant, order.customer))
        return crm.MergeResponse(customer=customer, merge_id=merged.merge_id)

    async def Unmerge(self, request: crm.UnmergeRequest, context: Context) -> crm.UnmergeResponse:
        """Takes a merge back; both timelines return."""
        tenant, merge_id = messages.unmerge_order(request)
        write = write_of(request, tenant, self._links.index)
        unmerged = await self._links.unmerge.run(write, merge_id, messages.actor(request))
        self._done("unmerge", new=unmerged.new)
        return crm.UnmergeResponse(customers=await self._both(tenant, unmerged.records))

    async def ListReview(
        self, request: crm.ListReviewRequest, context: Context
    ) -> crm.ListReviewResponse:
        """Reads suspected duplicates."""
        tenant, token, size = messages.review_page(request)
        page = await self._links.list_review.run(tenant, token, size)
        return messages.reviews(tenant, page)

    async def DecideReview(
        self, request: crm.DecideReviewRequest, context: Context
    ) -> crm.DecideReviewResponse:
        """Decides a suspected duplicate."""
        tenant, review_id = messages.review_of(request)
        write = write_of(request, tenant, self._links.index)
        who = messages.actor(request)
        decided = await self._links.decide_review.run(write, review_id, who, same=request.same)
        self._done("same" if request.same else "apart", new=decided.new)
        return crm.DecideReviewResponse(merge_id=decided.merge_id)

    def _done(self, change: str, *, new: bool) -> None:
        self._links.metrics.changed(change, new=new)
        self._links.wake()

    async def _shown(self, rpc: str, name: CustomerName) -> model.Customer | None:
        customer = await self._links.show.run(name)
        if customer is None:
            return None
        self._links.audit.note(rpc, name.tenant, customer.name.customer, Section.PROFILE)
        return answers.customer(customer)

    async def _both(
        self, tenant: TenantId, records: tuple[CustomerId, CustomerId]
    ) -> list[model.Customer]:
        shown = [await self._shown("Unmerge", CustomerName(tenant, record)) for record in records]
        return [customer for customer in shown if customer is not None]
