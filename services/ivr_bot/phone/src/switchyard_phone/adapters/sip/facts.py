"""What an INVITE says of a call."""

from switchyard_phone.adapters.sip.message import Message, user_of
from switchyard_phone.adapters.sip.via import Address
from switchyard_phone.domain.calls import CallFacts, CallId, Line

_WITHHELD = frozenset({"anonymous", "restricted", "unavailable", "unknown", "asterisk"})
_HEADERS = 32
_LONGEST = 512


def facts_of(invite: Message, source: Address) -> CallFacts:
    """Read an INVITE. P-Asserted-Identity (RFC 3325) goes before From, which callers can set."""
    return CallFacts(
        id=CallId(invite.get("Call-ID")),
        line=Line.SIP,
        caller=_caller(invite),
        dialled=user_of(invite.uri) or user_of(invite.get("To")),
        peer=source[0],
        headers=_headers(invite),
    )


def _caller(invite: Message) -> str:
    for name in ("P-Asserted-Identity", "From"):
        user = user_of(invite.get(name))
        if user and user.lower() not in _WITHHELD:
            return user
    return ""


def _headers(invite: Message) -> dict[str, str]:
    own = ((name.lower(), value) for name, value in invite.headers)
    kept = [(name, value[:_LONGEST]) for name, value in own if name.startswith("x-")]
    return dict(kept[:_HEADERS])
