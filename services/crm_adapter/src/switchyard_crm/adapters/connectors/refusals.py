"""What an HTTP status of a CRM means to whoever asked."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from switchyard_crm.service.connectors import (
    ConnectorError,
    Invalid,
    NotFound,
    RateLimited,
    Unauthorized,
    Unavailable,
)

_MAX_RETRY_SECONDS = 86_400.0
_TRY_LATER = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.LOCKED)
_NO_ENTRY = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)


def refusal(
    status: int, headers: Mapping[str, str], now: datetime, detail: str = ""
) -> ConnectorError:
    """The error for a status that is no success; `detail` is the CRM's error code, if it has one.

    Redirects count as Invalid: a request with credentials follows nobody.
    """
    text = f"answered {status} ({detail})" if detail else f"answered {status}"
    if status in _NO_ENTRY:
        return Unauthorized(f"{text}: the credentials are refused, or may not do this")
    if status in _GONE:
        return NotFound(text)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited(text, retry_after_seconds(headers, now))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _TRY_LATER:
        return Unavailable(text)
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return Invalid(f"{text}, a redirect, which is not followed: correct the connector's url")
    return Invalid(text)


def retry_after_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that Retry-After asks for (RFC 9110, section 10.2.3): a number or a date.

    A date is held against the CRM's own clock where it sends one. None if there is none, or
    nobody can read it; at most a day.
    """
    text = headers.get("retry-after", "").strip()
    seconds = _number(text)
    if seconds is None:
        until = http_date(text)
        seconds = (
            (until - (http_date(headers.get("date", "")) or now)).total_seconds() if until else None
        )
    return None if seconds is None else min(max(seconds, 0.0), _MAX_RETRY_SECONDS)


def http_date(text: str) -> datetime | None:
    """An HTTP date (RFC 9110, section 5.6.7), or None."""
    try:
        moment = parsedate_to_datetime(text.strip())
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _number(text: str) -> float | None:
    # Some gateways send fractions, which the RFC does not know.
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) else None
