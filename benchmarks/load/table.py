"""Tables for people."""

from collections.abc import Sequence


def show(title: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A title, column heads and rows, right-aligned; absent values are shown as a dash."""
    cells = [[_text(cell) for cell in row] for row in rows]
    widths = [
        max(len(head), *(len(row[column]) for row in cells), 1) for column, head in enumerate(heads)
    ]
    print(f"\n{title}")
    for line in ([*heads], *cells):
        padded = (text.rjust(width) for text, width in zip(line, widths, strict=True))
        print("  " + "  ".join(padded))
    print(flush=True)


def say(text: str) -> None:
    """Progress, at once."""
    print(f"  … {text}", flush=True)


def _text(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:,.2f}" if isinstance(value, float) else str(value)
