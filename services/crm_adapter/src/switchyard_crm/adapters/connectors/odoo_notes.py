"""Messages on Odoo's records: reading a conversation, and posting a note once."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from switchyard_crm.adapters.connectors.odoo_api import (
    Document,
    OdooApi,
    external_name,
    moment,
    number,
    stamp,
)
from switchyard_crm.service.connectors import Invalid

_MESSAGE = "mail.message"
_CONVERSATION = ("comment", "email", "email_outgoing", "sms", "whatsapp_message")


class OdooNotes:
    """Notes, mails and chats; not what Odoo tells by itself."""

    def __init__(self, api: OdooApi) -> None:
        self._api = api

    async def read(
        self, model: str, record: int, names: frozenset[str], limit: int, cursor: str
    ) -> Sequence[Document]:
        """Messages of a record, newest first, from a cursor on. Raises Invalid for a bad one."""
        domain: list[Any] = [
            ["model", "=", model],
            ["res_id", "=", record],
            ["message_type", "in", list(_CONVERSATION)],
            *_before(cursor),
        ]
        fields = await self._api.present(_MESSAGE, names | {"body", "date", "message_type"})
        return await self._api.search_read(_MESSAGE, domain, fields, limit, "date desc, id desc")

    async def post(self, key: str, model: str, record: int, body: str, time: datetime) -> int:
        """The id of the one note with this key, which only employees see; made if there is none."""
        values = {
            "model": model,
            "res_id": str(record),
            "date": stamp(time),
            "message_type": "comment",
            "subtype_id/id": "mail.mt_note",
            "is_internal": "1",
            "body": body,
            "message_id": _message_id(key),
        }
        return await self._api.create_once(_MESSAGE, key, values)

    async def posted(self, key: str) -> bool:
        """Whether there is a note with this key."""
        return await self._api.exists(_MESSAGE, [["message_id", "=", _message_id(key)]])


def cursor_after(record: Document) -> str:
    """A cursor that continues after a message."""
    return json.dumps([stamp(moment(record, "date")), number(record)])


def _before(cursor: str) -> list[Any]:
    if not cursor:
        return []
    try:
        time, last = json.loads(cursor)
        record = {"date": time, "id": last}
        date = stamp(moment(record, "date"))
    except (ValueError, TypeError):
        raise Invalid("the cursor of a timeline cannot be read") from None
    return ["|", ["date", "<", date], "&", ["date", "=", date], ["id", "<", number(record)]]


def _message_id(key: str) -> str:
    return f"<{external_name(_MESSAGE, key)}@switchyard>"
