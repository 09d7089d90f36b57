"""What the company has written for customers, in passages that answer by themselves."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import yaml

from switchyard_actions.domain.language import Language

_FRONT = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_SECTION = re.compile(r"^## (?P<heading>.+?) \{#(?P<name>[a-z0-9-]+)\}$", re.MULTILINE)


class BadKnowledge(Exception):
    """A file is not as it should be; the message says which, and why."""


@dataclass(frozen=True, slots=True)
class Article:
    """One passage: the question it answers, the answer, and the document a customer can look up."""

    id: str
    heading: str
    text: str
    title: str
    source: str


class Knowledge:
    """Finds passages by id (`<topic>#<section>`) and language."""

    def __init__(self, articles: Mapping[tuple[str, Language], Article]) -> None:
        """Raises BadKnowledge when a passage exists in one language only."""
        ids = {language: {id_ for id_, one in articles if one is language} for language in Language}
        lacking = ids[Language.CHINESE] ^ ids[Language.ENGLISH]
        if lacking:
            raise BadKnowledge(f"in one language only: {', '.join(sorted(lacking))}")
        self._articles = articles

    def __len__(self) -> int:
        return len(self._articles) // len(Language)

    def find(self, id_: str, language: Language) -> Article | None:
        """The passage; None for one that there is not (any more)."""
        return self._articles.get((id_, language))


def read_articles(topic: str, text: str) -> Iterator[Article]:
    """The passages of one Markdown file. Raises BadKnowledge."""
    front = _FRONT.match(text)
    about = yaml.safe_load(front[1]) if front else None
    if not isinstance(about, dict) or not {"title", "source"} <= set(about):
        raise BadKnowledge(f"{topic}: begins without title and source")
    headings = list(_SECTION.finditer(text))
    ends = [found.start() for found in headings[1:]] + [len(text)]
    for found, end in zip(headings, ends, strict=True):
        answer = " ".join(text[found.end() : end].split())
        if not answer:
            raise BadKnowledge(f"{topic}: section {found['name']} is empty")
        name = f"{topic}#{found['name']}"
        yield Article(name, found["heading"], answer, str(about["title"]), str(about["source"]))
