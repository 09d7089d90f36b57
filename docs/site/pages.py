"""One page's Markdown for one language of the site: its links lead to pages of that language."""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from docs.site.contents import ROOT

_LINK = re.compile(r"(?P<image>!?)\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")
_OTHER_LANGUAGE = re.compile(r"^\[(?:English|中文|中文说明)\]\([^)]*\)\n+", re.MULTILINE)
_FENCE = re.compile(r"^(```.*?^```$)", re.MULTILINE | re.DOTALL)
_ONLY_ENGLISH = "```{note}\n这一页目前只有英文。\n```\n\n"


class BrokenLink(Exception):
    """A page leads to what is not there."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where each page of the repository stands in the site.

    `names` maps a page's path in the repository, in English, to its name without suffix.
    """

    names: dict[Path, str]
    language: str

    def render(self, page: Path) -> str:
        """The text of a page, given by its English path, as the site shows it."""
        source = page.with_suffix(".zh.md") if self.language == "zh" else page
        translated = source.exists()
        source = source if translated else page
        text = _OTHER_LANGUAGE.sub("", source.read_text("utf-8"), count=1)
        text = _outside_code(text, lambda part: self._relink(part, source))
        return text if translated else _after_title(text, _ONLY_ENGLISH)

    def _relink(self, text: str, source: Path) -> str:
        def replaced(match: re.Match[str]) -> str:
            return self._link(match, source)

        return _LINK.sub(replaced, text)

    def _link(self, match: re.Match[str], source: Path) -> str:
        address, mark, anchor = match["target"].partition("#")
        if not address or "://" in address or address.startswith("mailto:"):
            return match[0]
        target = Path(os.path.normpath(source.parent / address))
        if not target.exists():
            raise BrokenLink(f"{source.relative_to(ROOT)}: {match['target']} is not there")
        page = target.with_name(target.name.replace(".zh.md", ".md"))
        here = Path(self.names[_english(source)]).parent
        if page in self.names:
            name = os.path.relpath(self.names[page], here)
            part = "" if self._is_foreign(source, page) else f"{mark}{anchor}"
            return f"[{match['text']}]({name}.md{part})"
        if match["image"]:
            inside = target.relative_to(ROOT / "docs").as_posix()
            return f"![{match['text']}]({os.path.relpath(inside, here)})"
        return _named(match["text"], target.relative_to(ROOT).as_posix())

    def _is_foreign(self, source: Path, page: Path) -> bool:
        """Whether a page without translation leads to one with: its headings have other names."""
        told_in_english = source == _english(source)
        return self.language == "zh" and told_in_english and page.with_suffix(".zh.md").exists()


def _english(source: Path) -> Path:
    return source.with_name(source.name.replace(".zh.md", ".md"))


def _named(text: str, path: str) -> str:
    """What stands only in the repository is named, since the site has no address for it."""
    return f"`{path}`" if text.strip("`") in path else f"{text} (`{path}`)"


def _outside_code(text: str, change: Callable[[str], str]) -> str:
    return "".join(_parts(text, change))


def _parts(text: str, change: Callable[[str], str]) -> Iterator[str]:
    for part in _FENCE.split(text):
        yield part if part.startswith("```") else change(part)


def _after_title(text: str, note: str) -> str:
    title, _, rest = text.partition("\n\n")
    return f"{title}\n\n{note}{rest}"
