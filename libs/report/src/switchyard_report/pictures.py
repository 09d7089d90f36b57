"""matplotlib figures as SVG inside the page, with a name for who cannot see them."""

import html
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
from matplotlib.figure import Figure

from switchyard_report.text import Text

_IDS = re.compile(r'(\bid="|href="#|url\(#)')
_TEXT = re.compile(r"(<text\b[^>]*>)([^<]*)(</text>)")
_FONT = re.compile(r"(font(?:-family)?: [^;\"]*?)'DejaVu Sans', sans-serif")


@dataclass(frozen=True, slots=True)
class Picture:
    """Inline SVG and its title, which is also what a screen reader says."""

    svg: str
    title: Text


def picture(figure: Figure, title: Text, words: Sequence[Text] = ()) -> Picture:
    """A figure as it stands; `words` translates texts that matplotlib drew in English.

    The same figure gives the same bytes. Make figures by `Figure(...)`, not by pyplot, which would
    keep them all in memory.
    """
    drawn = io.StringIO()
    with mpl.rc_context(
        {
            "svg.fonttype": "none",
            "svg.hashsalt": "switchyard",
            "font.family": "sans-serif",
            "font.sans-serif": ["DejaVu Sans"],
        }
    ):
        figure.savefig(
            drawn, format="svg", bbox_inches="tight", metadata={"Date": None, "Creator": None}
        )
    svg = drawn.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    return Picture(_translated(_FONT.sub(r"\1sans-serif", svg), words), title)


def placed(drawn: Picture, number: int) -> str:
    """The picture's SVG with ids that no other picture of the page has, and an accessible name."""
    svg = _IDS.sub(rf"\g<1>p{number}-", drawn.svg)
    names = html.escape(f"{drawn.title.en} / {drawn.title.zh}")
    return svg.replace("<svg", f'<svg role="img" aria-label="{names}"', 1)


def _translated(svg: str, words: Sequence[Text]) -> str:
    chinese = {word.en: word.zh for word in words}

    def both(found: re.Match[str]) -> str:
        translation = chinese.get(html.unescape(found[2]))
        if translation is None:
            return found[0]
        return (
            f'{found[1]}<tspan lang="en">{found[2]}</tspan>'
            f'<tspan lang="zh">{html.escape(translation)}</tspan>{found[3]}'
        )

    return _TEXT.sub(both, svg)
