"""Which of the things put up for choice was picked by its place."""

import re
from collections.abc import Sequence

from switchyard_actions.domain.heard import Heard

_PLACE = re.compile(r"-?[1-9]")


def nth(heard: Heard, shown: Sequence[str]) -> str:
    """The one at the place named ("the second", "the last", or a bare "2"); empty if none is."""
    said = heard.first("ordinal") or heard.text.strip(" .。)）")
    if not _PLACE.fullmatch(said):
        return ""
    place = int(said)
    index = place - 1 if place > 0 else len(shown) + place
    return shown[index] if 0 <= index < len(shown) else ""
