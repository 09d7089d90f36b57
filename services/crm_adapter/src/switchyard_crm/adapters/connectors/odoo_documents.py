"""Odoo's records made ready for the mapping, and our texts made ready for Odoo.

Odoo keeps several addresses in one e-mail field and languages as zh_CN; notes are HTML. What a
mapping cannot take apart is added here beside the fields: `emails`, `language`, `text` and `told`
(channel, agent, disposition and contact of a note that we wrote), `lines` of an order.
"""

import re
from typing import Any

from switchyard_crm.adapters.connectors.footers import mark, read_marked
from switchyard_crm.adapters.connectors.markup import lines_of, paragraphs
from switchyard_crm.adapters.connectors.odoo_api import Document
from switchyard_crm.domain.customer import Interaction

_MAX_NOTE_CHARS = 100_000
_ADDRESS = re.compile(r"[^\s<>,;\"]+@[^\s<>,;\"]+")


def profile_document(record: Document) -> Document:
    """A partner with `emails` and `language`."""
    language = record.get("lang") or ""
    return {
        **record,
        "emails": _ADDRESS.findall(_text(record.get("email"))),
        "language": _text(language).split("@", maxsplit=1)[0].replace("_", "-"),
    }


def message_document(record: Document) -> Document:
    """A message with its `text`, and `told` if it is ours; its author only if that is an agent."""
    marked = read_marked(lines_of(_text(record.get("body"))))
    document = {**record, "text": marked.text, "told": dict(marked.fields)}
    if marked.key or record.get("message_type") == "email":
        document.pop("author_id", None)
    return document


def note(key: str, interaction: Interaction) -> str:
    """An interaction as the HTML of a note."""
    text = mark(
        interaction.summary,
        _MAX_NOTE_CHARS,
        key,
        channel=interaction.channel,
        agent=interaction.agent,
        disposition=interaction.disposition,
        contact=interaction.contact,
    )
    return paragraphs(text)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
