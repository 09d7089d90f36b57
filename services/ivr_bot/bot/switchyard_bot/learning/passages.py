"""What there is to find: the passages of the knowledge base, and questions that ask for them. Pure.

A file ``<topic>.<zh|en>.md`` holds passages of one topic (``knowledge/README.md`` says how). A file
of questions maps ``topic#section`` to ways of asking; ``none`` lists what no passage answers.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

NONE = "none"
_FRONT = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_SECTION = re.compile(r"^## (?P<heading>.+?) \{#(?P<name>[a-z0-9-]+)\}$", re.MULTILINE)
_SENTENCE_END = re.compile(r"(?<=[。！？；!?])|(?<=\.)\s")


class BadKnowledge(Exception):
    """A file is not as it should be; the text says which, and why."""


@dataclass(frozen=True)
class Passage:
    """One section in one language; ``id`` is the same in both."""

    id: str
    language: str
    title: str
    heading: str
    text: str

    @property
    def titled(self) -> str:
        """The heading with the topic's title, which it may rely on."""
        return f"{self.title} {self.heading}"

    def sentences(self) -> list[str]:
        """The sentences of the answer."""
        return [part.strip() for part in _SENTENCE_END.split(self.text) if part and part.strip()]


@dataclass(frozen=True)
class Question:
    """Something a customer may ask, and the passage that answers; None: no passage does."""

    text: str
    language: str
    answer: str | None


def read_passages(folder: Path) -> list[Passage]:
    """All passages, in a fixed order.

    Raises:
        BadKnowledge: a file without title, or with a section that has no name or no text.
    """
    return [
        passage
        for file in sorted(folder.glob("*.*.md"))
        for passage in _read(file, *file.name.split(".")[:2])
    ]


def read_questions(folder: Path, known: Sequence[str]) -> list[Question]:
    """All questions of ``<zh|en>.yml`` in a folder; none if there is no such folder.

    Raises:
        BadKnowledge: a question asks for a passage that is not among the known ids.
    """
    found = []
    for file in sorted(folder.glob("*.yml")):
        for answer, texts in yaml.safe_load(file.read_text(encoding="utf-8")).items():
            if answer != NONE and answer not in known:
                raise BadKnowledge(f"{file.name}: there is no passage {answer}")
            answered = None if answer == NONE else answer
            found += [Question(str(text), file.stem, answered) for text in texts]
    return found


def _read(file: Path, topic: str, language: str) -> Iterator[Passage]:
    text = file.read_text(encoding="utf-8")
    front = _FRONT.match(text)
    about = yaml.safe_load(front[1]) if front else None
    if not isinstance(about, dict) or "title" not in about:
        raise BadKnowledge(f"{file.name}: begins without a title")
    headings = list(_SECTION.finditer(text))
    ends = [heading.start() for heading in headings[1:]] + [len(text)]
    for heading, end in zip(headings, ends, strict=bool(headings)):
        answer = " ".join(text[heading.end() : end].split())
        if not answer:
            raise BadKnowledge(f"{file.name}: section {heading['name']} is empty")
        yield Passage(
            f"{topic}#{heading['name']}", language, str(about["title"]), heading["heading"], answer
        )
