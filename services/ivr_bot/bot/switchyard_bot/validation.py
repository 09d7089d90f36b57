"""Checks everything the bot is trained from and measured with, before hours are spent. Pure."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from switchyard_bot.language import LANGUAGES
from switchyard_bot.learning import mood
from switchyard_bot.learning.passages import BadKnowledge, read_passages, read_questions
from switchyard_bot.project import Project
from switchyard_bot.text import MAX_LENGTH, normalise

LEAST_EXAMPLES = 20
"""Of an intent in each language: with fewer the classifier guesses."""

_STRANGE = {"nlu_fallback"}
_NUMBER = re.compile(r"[a-z]{0,2}[\d ]+")
_ANNOTATION = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")
Phrases = dict[str, dict[str, list[str]]]
"""Language → intent → phrases."""


def problems(project: Project) -> list[str]:
    """What must be mended, one clear sentence each; empty when all is well."""
    try:
        trained, held = _examples(project.root), _heldout(project.heldout)
    except (OSError, ValueError, yaml.YAMLError) as error:
        return [str(error)]
    return [
        *_about_intents(project.root, trained),
        *_about_phrases(trained),
        *_about_heldout(trained, held),
        *_about_knowledge(project.root),
        *_about_moods(project.root),
    ]


def key(phrase: str) -> str:
    """What makes two phrases the same to the classifier: neither case nor punctuation."""
    plain = normalise(phrase)
    return re.sub(r"[\W_]+", " ", plain.lower()).strip() or plain


def _about_intents(root: Path, trained: Phrases) -> Iterator[str]:
    known = intents(root)
    taught = {intent for found in trained.values() for intent in found}
    for intent in sorted(taught - known):
        yield f"intent {intent} has examples, but the domain does not name it"
    for language in LANGUAGES:
        for intent in sorted(taught):
            count = len(trained.get(language, {}).get(intent, []))
            if count < LEAST_EXAMPLES:
                yield f"{language}: {intent} has {count} examples; it needs {LEAST_EXAMPLES}"


def _about_phrases(trained: Phrases) -> Iterator[str]:
    places: dict[str, set[str]] = defaultdict(set)
    shown: dict[str, str] = {}
    for language, intents in trained.items():
        for intent, phrases in intents.items():
            for phrase in phrases:
                places[key(phrase)].add(intent)
                shown[key(phrase)] = phrase
                if len(phrase) > MAX_LENGTH:
                    yield f"{language}: {intent} has an example of more than {MAX_LENGTH} letters"
    for phrase, intents_of_it in sorted(places.items()):
        if len(intents_of_it) > 1:
            yield f"“{shown[phrase]}” is an example of {' and of '.join(sorted(intents_of_it))}"


def _about_heldout(trained: Phrases, held: Phrases) -> Iterator[str]:
    learned = {
        key(phrase)
        for found in trained.values()
        for phrases in found.values()
        for phrase in phrases
    }
    for language in LANGUAGES:
        found = held.get(language, {})
        for intent in sorted(set(trained.get(language, {})) - set(found)):
            yield f"heldout/{language}.yml: no phrase of {intent}, so nobody knows how it fares"
        for intent in sorted(set(found) - set(trained.get(language, {})) - _STRANGE):
            yield f"heldout/{language}.yml: {intent} has no examples to learn from"
        phrases = {key(phrase) for phrases in found.values() for phrase in phrases}
        # Bare numbers look alike in every set; what is learned from them is their shape.
        leaked = sum(not _NUMBER.fullmatch(phrase) for phrase in phrases & learned)
        if leaked:
            # Not shown: who tends the examples must not know the phrases.
            yield f"heldout/{language}.yml: {leaked} phrases are training examples, too"


def _about_knowledge(root: Path) -> Iterator[str]:
    try:
        passages = read_passages(root / "knowledge")
        ids = {one.id for one in passages}
        for folder in ("knowledge_questions", "knowledge_heldout"):
            read_questions(root / folder, sorted(ids))
    except BadKnowledge as error:
        yield str(error)
        return
    for id_ in sorted(ids):
        lacking = set(LANGUAGES) - {one.language for one in passages if one.id == id_}
        for language in sorted(lacking):
            yield f"knowledge: {id_} is missing in {language}"


def _about_moods(root: Path) -> Iterator[str]:
    try:
        sets = [mood.read(root / "sentiment" / f"{name}.yml") for name in ("train", "test")]
    except (OSError, mood.BadMoods) as error:
        yield str(error)
        return
    learned, measured = ({key(one.text) for one in said} for said in sets)
    if learned & measured:
        yield f"sentiment/test.yml: {len(learned & measured)} texts are training examples, too"


def _examples(root: Path) -> Phrases:
    found: Phrases = {language: {} for language in LANGUAGES}
    for language in LANGUAGES:
        files = sorted((root / "data" / "nlu").glob(f"{language}*.yml"))
        files += sorted((root / "data" / "nlu" / language).glob("**/*.yml"))
        for file in files:
            for entry in _mapping(file).get("nlu", []):
                if "intent" in entry:
                    lines = [line.strip() for line in entry["examples"].splitlines()]
                    phrases = [
                        _ANNOTATION.sub(r"\1", line[2:]) for line in lines if line[:2] == "- "
                    ]
                    found[language].setdefault(entry["intent"], []).extend(phrases)
    return found


def _heldout(folder: Path) -> Phrases:
    found: Phrases = {}
    for file in sorted(folder.glob("*.yml")):
        found[file.stem] = {}
        for intent, phrases in _mapping(file).items():
            odd = [phrase for phrase in phrases if not isinstance(phrase, str)]
            if odd:
                # YAML reads no, yes, 12:30 and 0123 as something else than they are.
                raise ValueError(f"{file.name}: put {odd[0]!r} of {intent} in quotes")
            found[file.stem][intent] = list(phrases)
    return found


def intents(root: Path) -> set[str]:
    """The intents that the domain in this folder names."""
    found: set[str] = set()
    for file in sorted((root / "domain").glob("*.yml")):
        for intent in _mapping(file).get("intents", []):
            found.add(next(iter(intent)) if isinstance(intent, Mapping) else str(intent))
    return found


def _mapping(file: Path) -> Mapping[str, Any]:
    body = yaml.safe_load(file.read_text(encoding="utf-8"))
    if not isinstance(body, Mapping):
        raise ValueError(f"{file}: expected names with values")
    return body
