"""Attributes of contacts as expressions see them."""

from collections.abc import Mapping

from google.protobuf.json_format import MessageToDict
from switchyard.router.v1 import contact_pb2


def attributes(detail: bytes) -> Mapping[str, object]:
    """The attributes in the stored detail of a contact; all numbers are floats."""
    found: Mapping[str, object] = MessageToDict(contact_pb2.Contact.FromString(detail).attributes)
    return found
