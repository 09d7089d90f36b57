"""What holds for every request: names are of the caller's tenant, times exist."""

from functools import cache
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from switchyard_common.errors import DomainError, ErrorKind, FieldViolation

_START = "tenants/"
_DEEPEST = 6
_TEXT, _MESSAGE = "text", "message"
_NANOS = 1_000_000_000
# google/protobuf/timestamp.proto and duration.proto say these bounds.
_SECONDS = {
    "google.protobuf.Timestamp": (-62_135_596_800, 253_402_300_799),
    "google.protobuf.Duration": (-315_576_000_000, 315_576_000_000),
}


def check_request(message: Message, tenant: str) -> None:
    """PERMISSION (TENANT_MISMATCH) if a field holds a name of another tenant, INVALID (BAD_FIELD)
    if one holds a time or a duration that protobuf does not allow.

    Looks into messages and lists; free-form values (google.protobuf.Struct) and maps hold no names.
    Costs a step per field that is set.
    """
    _look(message, f"{_START}{tenant}", "", _DEEPEST)


def _look(message: Message, own: str, path: str, deeper: int) -> None:
    looked_at = _fields(message.DESCRIPTOR)
    for field, value in message.ListFields():
        kind = looked_at.get(field.number)
        if kind is None:
            continue
        for each in value if field.is_repeated else (value,):
            if kind is not _TEXT:
                _look_into(each, own, f"{path}{field.name}", deeper)
            elif each.startswith(_START) and each != own and not each.startswith(f"{own}/"):
                raise _foreign(f"{path}{field.name}", own)


def _look_into(message: Message, own: str, path: str, deeper: int) -> None:
    if _is_time(message.DESCRIPTOR):
        if not _exists(message):
            raise _no_time(path)
    elif deeper:
        _look(message, own, f"{path}.", deeper - 1)


@cache
def _fields(descriptor: Any) -> dict[int, str]:
    """Numbers of the fields to look at, and what they hold."""
    looked_at: dict[int, str] = {}
    for field in descriptor.fields:
        inner = field.message_type
        if field.type == FieldDescriptor.TYPE_STRING:
            looked_at[field.number] = _TEXT
        elif _is_time(inner) or _is_ours(inner):
            looked_at[field.number] = _MESSAGE
    return looked_at


def _is_time(descriptor: Any) -> bool:
    return descriptor is not None and descriptor.full_name in _SECONDS


def _is_ours(descriptor: Any) -> bool:
    return (
        descriptor is not None
        and not descriptor.GetOptions().map_entry
        and not descriptor.full_name.startswith("google.protobuf.")
    )


def _exists(value: Any) -> bool:
    name = value.DESCRIPTOR.full_name
    least, most = _SECONDS[name]
    if name.endswith("Timestamp"):
        return bool(least <= value.seconds <= most and 0 <= value.nanos < _NANOS)
    same_sign = value.seconds * value.nanos >= 0
    return bool(least <= value.seconds <= most and abs(value.nanos) < _NANOS and same_sign)


def _foreign(field: str, own: str) -> DomainError:
    return DomainError(
        kind=ErrorKind.PERMISSION,
        reason="TENANT_MISMATCH",
        message=f"{field} names another tenant than the caller's; use names that begin with {own}",
        metadata={"field": field},
    )


def _no_time(field: str) -> DomainError:
    fix = "is no time or duration: seconds or nanos are out of bounds, or their signs differ"
    return DomainError(
        kind=ErrorKind.INVALID,
        reason="BAD_FIELD",
        message=f"{field} {fix}",
        violations=(FieldViolation(field, fix),),
    )
