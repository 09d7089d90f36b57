"""Resource names: `tenants/{tenant}/customers/{customer}` and their kin."""

import re
from dataclasses import dataclass
from typing import NewType

from switchyard_crm.domain.errors import InvalidField

TenantId = NewType("TenantId", str)
CustomerId = NewType("CustomerId", str)

_ID = r"[A-Za-z0-9][A-Za-z0-9._~-]{0,63}"
_TENANT = re.compile(rf"tenants/({_ID})")
_CUSTOMER = re.compile(rf"tenants/({_ID})/customers/({_ID})")
_DELIVERY = re.compile(rf"tenants/({_ID})/deliveries/({_ID})")
_PLAIN = re.compile(_ID)
ID_RULE = "1 to 64 letters, digits, '.', '_', '~' or '-', beginning with a letter or digit"


@dataclass(frozen=True, slots=True)
class CustomerName:
    """A customer of a tenant; its text is the resource name."""

    tenant: TenantId
    customer: CustomerId

    def __str__(self) -> str:
        return f"tenants/{self.tenant}/customers/{self.customer}"


def is_id(text: str) -> bool:
    """Whether a text may be the id of a tenant or customer."""
    return _PLAIN.fullmatch(text) is not None


def parse_parent(text: str, field: str) -> TenantId:
    """The tenant of `tenants/{tenant}`; InvalidField otherwise."""
    match = _TENANT.fullmatch(text)
    if match is None:
        raise InvalidField(field, "must be tenants/{tenant}, for instance tenants/demo")
    return TenantId(match[1])


def parse_customer(text: str, field: str) -> CustomerName:
    """The parts of a customer's resource name; InvalidField otherwise."""
    match = _CUSTOMER.fullmatch(text)
    if match is None:
        raise InvalidField(
            field,
            "must be tenants/{tenant}/customers/{customer}, as Resolve returns it",
        )
    return CustomerName(TenantId(match[1]), CustomerId(match[2]))


def delivery_name(tenant: TenantId, delivery: str) -> str:
    """The resource name of a delivery."""
    return f"tenants/{tenant}/deliveries/{delivery}"


def parse_delivery(text: str, field: str) -> tuple[TenantId, str]:
    """The tenant and id of a delivery's resource name; InvalidField otherwise."""
    match = _DELIVERY.fullmatch(text)
    if match is None:
        raise InvalidField(
            field, "must be tenants/{tenant}/deliveries/{delivery}, as a write returned it"
        )
    return TenantId(match[1]), match[2]
