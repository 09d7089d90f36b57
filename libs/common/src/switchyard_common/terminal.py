"""Text that strangers wrote, made fit for a terminal.

Terminals obey what is written to them: escape sequences (ECMA-48) move the cursor, rename the
window or hide what follows, and marks of writing direction (Unicode TR 9) show a text in another
order than it has ("Trojan Source", N. Boucher and R. Anderson, 2021).
"""

import re

_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """The text with everything that a terminal would obey written out, as in `\\x1b`; line ends and
    tabs stay. Cost: one pass."""
    return _OBEYED.sub(lambda found: ascii(found[0])[1:-1], text)
