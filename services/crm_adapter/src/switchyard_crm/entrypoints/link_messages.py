"""Links, merges and reviews: requests as values of the domain, and values as answers."""

import base64
import binascii
import re
from typing import Protocol

from switchyard.crm.v1 import crm_service_pb2 as crm
from switchyard_common.actor import ACTOR

from switchyard_crm.domain.errors import InvalidField
from switchyard_crm.domain.names import (
    CustomerId,
    CustomerName,
    TenantId,
    is_id,
    parse_customer,
    parse_parent,
)
from switchyard_crm.entrypoints.fields import required
from switchyard_crm.entrypoints.requests import Requests
from switchyard_crm.service.identities import Review
from switchyard_crm.service.linking import LinkOrder
from switchyard_crm.service.merging import MergeOrder
from switchyard_crm.service.reviews import ReviewPage

_MAX_ACTOR = 128
_DEFAULT_PAGE, _MAX_PAGE = 100, 1000
_REVIEW = re.compile(r"(tenants/[^/]+)/reviews/([^/]+)")


class _Told(Protocol):
    actor: str


def link_order(
    reads: Requests, request: crm.LinkRequest | crm.UnlinkRequest
) -> tuple[CustomerName, LinkOrder]:
    """The customer as it was named, and what to tie to it or untie."""
    name = parse_customer(request.customer, "customer")
    identifier = reads.identifier(request.identifier, name.tenant, "identifier")
    if identifier is None:
        raise InvalidField(
            "identifier.value", "is a service number or has no area code; it identifies nobody"
        )
    return name, LinkOrder(name.customer, identifier, actor(request))


def merge_order(request: crm.MergeRequest) -> tuple[TenantId, MergeOrder]:
    """The tenant, and which customers are one."""
    name = parse_customer(request.customer, "customer")
    other = parse_customer(request.other, "other")
    if other.tenant != name.tenant:
        raise InvalidField("other", "belongs to another tenant than customer")
    return name.tenant, MergeOrder(name.customer, other.customer, actor(request), request.overrule)


def unmerge_order(request: crm.UnmergeRequest) -> tuple[TenantId, str]:
    """The tenant, and the merge to take back."""
    tenant = parse_parent(request.parent, "parent")
    if not is_id(request.merge_id):
        raise InvalidField("merge_id", "must be the id that Merge or DecideReview returned")
    return tenant, request.merge_id


def review_of(request: crm.DecideReviewRequest) -> tuple[TenantId, str]:
    """The tenant, and the review's id."""
    match = _REVIEW.fullmatch(request.name)
    if match is None or not is_id(match[2]):
        raise InvalidField("name", "must be tenants/{tenant}/reviews/{review}, as ListReview says")
    return parse_parent(match[1], "name"), match[2]


def review_page(request: crm.ListReviewRequest) -> tuple[TenantId, str, int]:
    """The tenant, where to go on, and how many."""
    tenant = parse_parent(request.parent, "parent")
    if not 0 <= request.page_size <= _MAX_PAGE:
        fix = f"must be 0 to {_MAX_PAGE}; 0 means {_DEFAULT_PAGE}"
        raise InvalidField("page_size", fix)
    return tenant, _from_token(request.page_token), request.page_size or _DEFAULT_PAGE


def reviews(tenant: TenantId, page: ReviewPage) -> crm.ListReviewResponse:
    """Response of ListReview."""
    return crm.ListReviewResponse(
        items=[_item(tenant, review) for review in page.reviews],
        next_page_token=_token(page.next_token),
    )


def actor(request: _Told) -> str:
    """Who says so: whoever the door knows the caller as; otherwise whom the request names."""
    told = required(request.actor, _MAX_ACTOR, "actor")
    return ACTOR.get() or told


def _item(tenant: TenantId, review: Review) -> crm.ReviewItem:
    item = crm.ReviewItem(
        name=f"tenants/{tenant}/reviews/{review.id}",
        customers=[str(CustomerName(tenant, CustomerId(each))) for each in review.customers],
        probability=review.suspicion.probability,
        evidence=review.suspicion.evidence,
    )
    item.create_time.FromDatetime(review.create_time)
    return item


def _token(after: str) -> str:
    return base64.urlsafe_b64encode(after.encode()).decode() if after else ""


def _from_token(token: str) -> str:
    try:
        after = base64.b64decode(token.encode(), b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError):
        after = "/"
    if after and not is_id(after):
        raise InvalidField("page_token", "must be next_page_token of the last response, unchanged")
    return after
