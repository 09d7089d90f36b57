"""Search in both languages: words of English by their stem, Chinese by pairs of characters.

Sphinx splits Chinese by a dictionary that has not been kept up since 2020, and does not split what
is searched for. Pairs need no dictionary and find every phrase.
"""

import re
from collections.abc import Iterator

from sphinx.search.en import SearchEnglish

_WORD = re.compile(r"[a-zA-Z0-9_]+")
_CHINESE = re.compile(r"[\u4e00-\u9fff]+")
_SPLIT_QUERY = """
function splitQuery(query) {
  const pairs = run => run.length < 2 ? [run]
    : Array.from({length: run.length - 1}, (_, at) => run.slice(at, at + 2));
  return [...(query.match(/[a-zA-Z0-9_]+/g) || []),
          ...(query.match(/[\\u4e00-\\u9fff]+/g) || []).flatMap(pairs)];
}
"""


class BothLanguages(SearchEnglish):
    """What Sphinx asks for each page and its script for each search."""

    lang = "zh"
    language_name = "English and Chinese"
    js_splitter_code = _SPLIT_QUERY

    def split(self, input: str) -> list[str]:  # noqa: A002  # Sphinx names it so
        """Words, and all pairs of neighbouring Chinese characters."""
        return [*_WORD.findall(input), *_pairs(input)]


def _pairs(text: str) -> Iterator[str]:
    for run in _CHINESE.findall(text):
        yield from (run[at : at + 2] for at in range(max(1, len(run) - 1)))
