"""The signature of the webhook channel, both ways. Pure.

    X-Switchyard-Signature: t=<seconds since 1970>,v1=<hex>[,v1=<hex>]

The hex is HMAC-SHA256 (RFC 2104) over `<t>.<body>`. Several v1 let a secret be changed.
"""

import hashlib
import hmac
import re

from switchyard_common.errors import DomainError, ErrorKind

_VALUE = re.compile(r"t=(\d{1,12})((?:,v1=[0-9a-f]{64}){1,4})")


class BadSignature(DomainError):
    """The request does not come from who it says. `reason`: SIGNATURE or REPLAY (too old)."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(kind=ErrorKind.UNAUTHENTICATED, reason=reason, message=message)


def sign(secret: str, seconds: int, body: bytes) -> str:
    """The header's value for a body sent at a moment."""
    return f"t={seconds},v1={_digest(secret, seconds, body)}"


def check(secret: str, value: str, body: bytes, now_seconds: float, window_seconds: float) -> None:
    """Raise BadSignature unless the body was signed with the secret, a short while ago."""
    match = _VALUE.fullmatch(value)
    if match is None:
        raise BadSignature("SIGNATURE", "X-Switchyard-Signature: t=<seconds>,v1=<hex> is missing")
    seconds = int(match[1])
    expected = _digest(secret, seconds, body)
    given = match[2].removeprefix(",v1=").split(",v1=")
    if not any(hmac.compare_digest(expected, each) for each in given):
        raise BadSignature("SIGNATURE", "the signature does not fit the body and the secret")
    if abs(now_seconds - seconds) > window_seconds:
        raise BadSignature(
            "REPLAY", f"t is more than {window_seconds:.0f} s away from now; check the clock"
        )


def _digest(secret: str, seconds: int, body: bytes) -> str:
    return hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
