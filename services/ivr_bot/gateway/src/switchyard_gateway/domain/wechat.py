"""What messages of WeChat official accounts look like from inside. Pure."""

from collections.abc import Iterator, Sequence

from switchyard_gateway.domain.conversation import EntryId

WECHAT = "wechat"
LARGEST_TEXT_BYTES = 2000
"""Of UTF-8 in one text message; the platform refuses longer ones with 45002."""


def letters(texts: Sequence[tuple[EntryId, str]]) -> Iterator[tuple[EntryId | None, str]]:
    """Texts put together into as few messages as fit, in order.

    Each comes with the last entry that it completes, or None for the first parts of a long one.
    """
    held: list[str] = []
    last: EntryId | None = None
    for entry, text in texts:
        parts = pieces(text)
        if held and _bytes("\n\n".join((*held, parts[0]))) > LARGEST_TEXT_BYTES:
            yield last, "\n\n".join(held)
            held = []
        for part in parts[:-1]:
            yield None, "\n\n".join((*held, part))
            held = []
        held.append(parts[-1])
        last = entry
    if held:
        yield last, "\n\n".join(held)


def pieces(text: str) -> list[str]:
    """A text in parts that each fit into one message, cut at sentences or blanks if it has any."""
    parts = []
    rest = text
    while _bytes(rest) > LARGEST_TEXT_BYTES:
        fits = len(rest.encode()[:LARGEST_TEXT_BYTES].decode(errors="ignore"))
        cut = max(rest.rfind(mark, fits // 2, fits) for mark in "\n。！？.!?， ,") + 1
        parts.append(rest[: cut or fits].rstrip())
        rest = rest[cut or fits :].lstrip()
    return [*parts, rest]


def _bytes(text: str) -> int:
    return len(text.encode())
