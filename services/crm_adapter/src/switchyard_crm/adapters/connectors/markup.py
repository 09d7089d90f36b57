"""Texts that a CRM keeps as HTML."""

import html
import re

from switchyard_crm.adapters.connectors.fields import plain_text

_LINE_END = re.compile(r"</p>|</div>|<br\s*/?>", re.I)


def paragraphs(text: str) -> str:
    """A text as HTML, a paragraph per line; what it holds stays text."""
    return "".join(f"<p>{html.escape(line)}</p>" for line in text.splitlines() if line.strip())


def lines_of(markup: str) -> str:
    """The text of HTML, a line per paragraph."""
    return "\n".join(plain_text(line) for line in _LINE_END.split(markup)).strip()
