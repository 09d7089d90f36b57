"""Texts from the YAML files beside the code: `texts/<subject>.yml`, key → {zh, en}."""

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

import yaml

from switchyard_actions.domain.texts import BadTexts, Texts

_FOLDER = "texts"


def load_texts() -> Texts:
    """All texts. Raises BadTexts."""
    return Texts(read_entries())


def read_entries() -> dict[str, dict[str, str]]:
    """Key (`<subject>.<key>`) → language → text, unchecked. Raises BadTexts for a bad shape."""
    return dict(_entries(files("switchyard_actions") / _FOLDER))


def _entries(folder: Traversable) -> Iterator[tuple[str, dict[str, str]]]:
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if not file.name.endswith(".yml"):
            continue
        subject = file.name.removesuffix(".yml")
        try:
            entries = yaml.safe_load(file.read_text(encoding="utf-8"))
        except yaml.YAMLError as error:
            raise BadTexts(f"{file.name}: not YAML: {error}") from error
        if not isinstance(entries, dict):
            raise BadTexts(f"{file.name}: must map keys to texts")
        for key, variants in entries.items():
            if not isinstance(variants, dict):
                raise BadTexts(f"{subject}.{key}: needs zh and en")
            # YAML 1.1 has words for true and false that are no texts.
            yield f"{subject}.{key}", {str(name): text for name, text in variants.items()}
