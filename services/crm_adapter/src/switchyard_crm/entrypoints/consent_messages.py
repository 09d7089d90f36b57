"""Consents: requests as values of the domain."""

from switchyard.crm.v1 import crm_service_pb2 as crm

from switchyard_crm.domain.consents import ALL_CHANNELS, Purpose
from switchyard_crm.domain.errors import InvalidField
from switchyard_crm.domain.names import CustomerName, parse_customer, parse_parent
from switchyard_crm.entrypoints.fields import MAX_CHANNEL, MAX_TEXT, bounded, one_of
from switchyard_crm.entrypoints.requests import Requests
from switchyard_crm.service.consents import ContactQuestion, NewConsent


def consent(request: crm.SetConsentRequest) -> tuple[CustomerName, NewConsent]:
    """The customer, and what was answered."""
    name = parse_customer(request.customer, "customer")
    return name, NewConsent(
        channel=_channel(request.channel) if request.channel else ALL_CHANNELS,
        purpose=_purpose(request.purpose),
        granted=request.granted,
        evidence=bounded(request.evidence, MAX_TEXT, "evidence"),
    )


def question(reads: Requests, request: crm.CheckContactableRequest) -> ContactQuestion:
    """Who is to be contacted, and how."""
    tenant = parse_parent(request.parent, "parent")
    if not request.channel:
        raise InvalidField("channel", "is missing; name how, for instance VOICE or EMAIL")
    return ContactQuestion(
        tenant=tenant,
        subject=reads.subject(request, tenant),
        channel=_channel(request.channel),
        purpose=_purpose(request.purpose),
    )


def _purpose(text: str) -> Purpose:
    return Purpose(one_of(text, Purpose, "purpose"))


def _channel(text: str) -> str:
    """Channels are compared as they are written: voice and VOICE would be two."""
    plain = bounded(text, MAX_CHANNEL, "channel")
    if not plain.isascii() or plain != plain.upper() or not plain.replace("_", "").isalnum():
        raise InvalidField("channel", "must be a word in capitals, for instance VOICE or EMAIL")
    return plain
