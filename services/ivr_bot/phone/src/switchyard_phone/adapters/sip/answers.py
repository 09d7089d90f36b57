"""Responses that the door gives by itself, without keeping anything of the request."""

import hashlib

from switchyard_phone.adapters.sip.message import Message

ALLOW = "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE, NOTIFY"
_TAG = "door-"
_REASONS = {
    200: "OK",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    410: "Gone",
    483: "Too Many Hops",
    486: "Busy Here",
    488: "Not Acceptable Here",
    503: "Service Unavailable",
    603: "Decline",
}
_KEPT = frozenset({"via", "from", "to", "call-id", "cseq"})
_RETRY_SECONDS = 2


def answer(request: Message, status: int) -> Message:
    """A final response; the same for a request that is sent again."""
    headers = [header for header in request.headers if header[0].lower() in _KEPT]
    response = Message(f"SIP/2.0 {status} {reason(status)}", headers)
    if not response.tag("To"):
        digest = hashlib.blake2b(request.get("Call-ID").encode(), digest_size=8).hexdigest()
        response.set("To", f"{response.get('To')};tag={_TAG}{digest}")
    if status in (200, 405):
        response.set("Allow", ALLOW)
    if status == 503:
        response.set("Retry-After", str(_RETRY_SECONDS))
    return response


def is_answered_here(request: Message) -> bool:
    """Whether this is the ACK of such a response."""
    return request.method == "ACK" and request.tag("To").startswith(_TAG)


def reason(status: int) -> str:
    """The words of a status."""
    return _REASONS.get(status, "Refused")
